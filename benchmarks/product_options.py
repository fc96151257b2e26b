"""What XLA's options for matrix products make of the speed of training, on this processor.

    python benchmarks/product_options.py [--rounds 40] [--only mlp-32,mlp-512-512]

All variants are compiled in one process and timed one after the other, round by round, in a random
order. Stated are medians, over the rounds, of a variant's time over that of the options that
dataworth uses: below 1 is faster.
"products" are the matrix products of a step alone, in one compiled loop; "training" is dataworth's
loop of whole steps. Options with which the compiled products are equal to those without are not
timed but named. ``training.py`` times the products of other libraries.
"""

from __future__ import annotations

import argparse
import datetime
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from dataworth.data.passes import InPlace
from dataworth.learners.keras import program
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.losses import crossentropy
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.optimizer import Adam
from dataworth.learners.keras.presets import mlp
from training_gemm import products
from training_network import CLASSES, hidden

CASES = {
    "mlp-32": ("mlp:128", 32),
    "mlp-128": ("mlp:128", 128),
    "mlp-512-512": ("mlp:512,512", 128),
}
FUSION = "xla_cpu_experimental_ynn_fusion_type"
VARIANTS: dict[str, dict[str, Any]] = {
    "as used": {},
    "Eigen in place of YNNPACK": {FUSION: ""},
    "YNNPACK, products joined with what follows": {FUSION: "LIBRARY_FUSION_TYPE_DOT"},
    "YNNPACK for all operations": {
        FUSION: "LIBRARY_FUSION_TYPE_DOT,LIBRARY_FUSION_TYPE_ELTWISE,LIBRARY_FUSION_TYPE_REDUCE"
    },
    "vectors of 256 bits": {"xla_cpu_prefer_vector_width": 256},
    "XNNPACK": {"xla_cpu_use_xnnpack": True},
    "oneDNN calls": {"xla_cpu_use_onednn": True, "xla_cpu_experimental_onednn_custom_call": True},
    "oneDNN fusions": {"xla_cpu_experimental_onednn_fusion_type": "LIBRARY_FUSION_TYPE_DOT"},
    "scheduler for concurrency": {"xla_cpu_enable_concurrency_optimized_scheduler": True},
    "one thread for a product": {"xla_cpu_multi_thread_eigen": False},
}
FLOATING_POINT_OPERATIONS = 2e9


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default=",".join(CASES))
    options = parser.parse_args()
    load_keras()
    print(f"{datetime.date.today()}, jax {jax.__version__}, {os.cpu_count()} cores, {processor()}")
    for case in options.only.split(","):
        model, batch = CASES[case]
        print(f"\n{model}, batch {batch}")
        print("| options | products | training |\n|---|---:|---:|")
        alone, same = product_runs(model, batch)
        rows = {"products": ratios(alone, options.rounds)}
        rows["training"] = ratios(training_runs(model, batch, same), options.rounds)
        for name in {**rows["training"], **alone}:
            found = [rows[kind].get(name) for kind in ("products", "training")]
            shown = ["" if each is None else f"{each:.2f}" for each in found]
            print(f"| {name} | {' | '.join(shown)} |")
        print(f"The same products as without the options: {', '.join(same) or 'none'}.", flush=True)


def product_runs(model: str, batch: int) -> tuple[dict[str, Callable[[], object]], list[str]]:
    """Loops over the products of a step by variant, and the variants that change no program."""
    shapes = products(model, batch)
    random = np.random.default_rng(0)
    pairs = [
        tuple(random.normal(size=size).astype(np.float32) for size in ((m, k), (k, n)))
        for m, k, n in shapes
    ]
    turns = int(FLOATING_POINT_OPERATIONS / sum(2 * m * k * n for m, k, n in shapes)) + 1
    firsts = [jax.numpy.asarray(a) for a, _ in pairs]
    seconds = [jax.numpy.asarray(b) for _, b in pairs]

    def loop(firsts: Any, seconds: Any) -> Any:
        def turn(_: Any, firsts: Any) -> Any:
            found = [a @ b for a, b in zip(firsts, seconds, strict=True)]
            return [a.at[0, 0].set(1e-20 * c[0, 0]) for a, c in zip(firsts, found, strict=True)]

        return jax.lax.fori_loop(0, turns, turn, firsts)

    runs: dict[str, Callable[[], object]] = {}
    same, texts = [], set()
    for name, options in VARIANTS.items():
        settings = program.COMPILER_OPTIONS | options
        compiled = jax.jit(loop, compiler_options=settings).lower(firsts, seconds).compile()
        text = compiled.as_text()
        if text in texts and not {"xla_cpu_prefer_vector_width", "xla_cpu_multi_thread_eigen"} & {
            *options
        }:
            same.append(name)
            continue
        texts.add(text)
        runs[name] = partial(_done, compiled, firsts, seconds)
    return runs, same


def _done(compiled: Callable[..., object], *arrays: object) -> object:
    """Compute, and wait for the result."""
    return jax.block_until_ready(compiled(*arrays))


def training_runs(model: str, batch: int, left_out: list[str]) -> dict[str, Callable[[], object]]:
    """Epochs of the training loop by variant."""
    random = np.random.default_rng(0)
    x = InPlace(random.integers(0, 256, (100 * batch, 28, 28), np.uint8))
    y = random.integers(0, CLASSES, 100 * batch)
    order = np.arange(len(y))
    network = Network(
        lambda shape, outputs: mlp(shape, outputs, tuple(hidden(model))), (28, 28), CLASSES
    )
    runs: dict[str, Callable[[], object]] = {}
    used = dict(program.COMPILER_OPTIONS)
    for name, options in VARIANTS.items():
        if name in left_out and FUSION not in options:
            continue
        program.COMPILER_OPTIONS.clear()
        program.COMPILER_OPTIONS.update(used | options)
        made = program.Program(network, 1 / 255, crossentropy, Adam(1e-3))

        def run(made: Any = made) -> None:
            made.epoch(made.fresh_weights(network), x, y, order, batch)

        runs[name] = run
    program.COMPILER_OPTIONS.clear()
    program.COMPILER_OPTIONS.update(used)
    return runs


def ratios(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Medians of the time of each over that of the first, from rounds in which all take turns."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    order = np.random.default_rng(0)
    for _ in range(rounds):
        for name in order.permutation(list(runs)).tolist():
            started = time.perf_counter()
            runs[name]()
            times[name].append(time.perf_counter() - started)
    first = times[next(iter(runs))]
    return {
        name: statistics.median(mine / base for mine, base in zip(each, first, strict=True))
        for name, each in times.items()
    }


def processor() -> str:
    """The processor's name, as Linux gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown processor"
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    main()
