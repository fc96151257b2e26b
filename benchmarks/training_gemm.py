"""The matrix products of a training step, timed alone."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training_network import CLASSES, hidden

GEMM_SECONDS = 0.3


def products(model: str, batch: int) -> list[tuple[int, int, int]]:
    """List the matrix products (rows, inner, columns) of one step."""
    if model == "cnn":
        pixels = batch * 14 * 14
        first = (4 * pixels, 9, 32)
        second = [(pixels, 288, 64), (288, pixels, 64), (pixels, 64, 288)]
        return [first, (9, 4 * pixels, 32), *second, *dense_products([3136, 128], batch, True)]
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
    """Time each of the step's matrix products alone, repeated, and add the times up."""
    shapes = products(model, batch)
    seconds = sum(gemm_seconds(library, *shape) for shape in shapes)
    return {"seconds": seconds, "flops": sum(2 * m * k * n for m, k, n in shapes)}


def gemm_seconds(library: str, rows: int, inner: int, columns: int) -> float:
    """Return the shortest time of one product of float32 matrices, over repeated turns."""
    random = np.random.default_rng(0)
    a = random.normal(size=(rows, inner)).astype(np.float32)
    b = random.normal(size=(inner, columns)).astype(np.float32)
    turns = max(1, int(2e9 / (2 * rows * inner * columns)))
    run = {"jax": jax_products, "torch": torch_products, "numpy": numpy_products}[library](
        a, b, turns
    )
    run()
    times: list[float] = []
    ends = time.perf_counter() + GEMM_SECONDS
    while time.perf_counter() < ends or len(times) < 3:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times) / turns


def jax_products(a: NDArray[Any], b: NDArray[Any], turns: int) -> Callable[[], object]:
    """Multiply in one compiled loop; each turn depends on the one before, so none is saved."""
    import jax

    @jax.jit
    def loop(a: Any, b: Any) -> Any:
        def turn(_: Any, a: Any) -> Any:
            return a.at[0, 0].set(1e-20 * (a @ b)[0, 0])

        return jax.lax.fori_loop(0, turns, turn, a)

    first, second = jax.numpy.asarray(a), jax.numpy.asarray(b)
    return lambda: loop(first, second).block_until_ready()


def torch_products(a: NDArray[Any], b: NDArray[Any], turns: int) -> Callable[[], object]:
    """Multiply into one result, in a Python loop."""
    torch = importlib.import_module("torch")
    first, second = torch.from_numpy(a), torch.from_numpy(b)
    result = torch.empty(len(a), b.shape[1])

    def run() -> None:
        for _ in range(turns):
            torch.mm(first, second, out=result)

    return run


def numpy_products(a: NDArray[Any], b: NDArray[Any], turns: int) -> Callable[[], object]:
    """Multiply into one result, in a Python loop."""
    result = np.empty((len(a), b.shape[1]), np.float32)

    def run() -> None:
        for _ in range(turns):
            np.matmul(a, b, out=result)

    return run
