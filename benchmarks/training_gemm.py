"""The matrix products of a training step, timed alone."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training_network import CLASSES, hidden

GEMM_SECONDS = 2.0
Pairs = Sequence[tuple[NDArray[np.float32], ...]]


def products(model: str, batch: int) -> list[tuple[int, int, int]]:
    """List the matrix products (rows, inner, columns) of one step."""
    if model == "cnn":
        wide, narrow = batch * 28 * 28, batch * 14 * 14
        first = [(wide, 9, 32), (9, wide, 32)]
        second = [(narrow, 288, 64), (288, narrow, 64), (narrow, 64, 288)]
        return [*first, *second, *dense_products([3136, 128], batch, True)]
    return dense_products([784, *hidden(model)], batch, False)


def dense_products(widths: list[int], batch: int, inner: bool) -> list[tuple[int, int, int]]:
    """List those of dense layers; `inner`: the first layer's input gradient is needed too."""
    found = []
    for index, (have, make) in enumerate(zip(widths, [*widths[1:], CLASSES], strict=True)):
        found += [(batch, have, make), (have, batch, make)]
        if index or inner:
            found.append((batch, make, have))
    return found


def gemm(library: str, model: str, batch: int) -> dict[str, Any]:
    """Time all the step's matrix products in turn, each on matrices of its own, as in a step."""
    shapes = products(model, batch)
    random = np.random.default_rng(0)
    pairs = [
        tuple(random.normal(size=size).astype(np.float32) for size in ((m, k), (k, n)))
        for m, k, n in shapes
    ]
    flops = sum(2 * m * k * n for m, k, n in shapes)
    turns = max(1, int(2e10 / flops))
    run = {"jax": jax_products, "torch": torch_products, "numpy": numpy_products}[library](
        pairs, turns
    )
    run()
    times: list[float] = []
    ends = time.perf_counter() + GEMM_SECONDS
    while time.perf_counter() < ends or len(times) < 5:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return {"seconds": statistics.median(times) / turns, "flops": flops}


def jax_products(pairs: Pairs, turns: int) -> Callable[[], object]:
    """Multiply in one compiled loop; each turn depends on the one before, so none is saved."""
    import jax

    firsts = [jax.numpy.asarray(a) for a, _ in pairs]
    seconds = [jax.numpy.asarray(b) for _, b in pairs]

    @jax.jit
    def loop(firsts: Any, seconds: Any) -> Any:
        def turn(_: Any, firsts: Any) -> Any:
            found = [a @ b for a, b in zip(firsts, seconds, strict=True)]
            return [a.at[0, 0].set(1e-20 * c[0, 0]) for a, c in zip(firsts, found, strict=True)]

        return jax.lax.fori_loop(0, turns, turn, firsts)

    return lambda: jax.block_until_ready(loop(firsts, seconds))


def torch_products(pairs: Pairs, turns: int) -> Callable[[], object]:
    """Multiply into results that are kept, in a Python loop."""
    torch = importlib.import_module("torch")
    tensors = [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in pairs]
    results = [torch.empty(len(a), b.shape[1]) for a, b in pairs]

    def run() -> None:
        for _ in range(turns):
            for (a, b), result in zip(tensors, results, strict=True):
                torch.mm(a, b, out=result)

    return run


def numpy_products(pairs: Pairs, turns: int) -> Callable[[], object]:
    """Multiply into results that are kept, in a Python loop."""
    results = [np.empty((len(a), b.shape[1]), np.float32) for a, b in pairs]

    def run() -> None:
        for _ in range(turns):
            for (a, b), result in zip(pairs, results, strict=True):
                np.matmul(a, b, out=result)

    return run
