"""Training speed: Keras on TensorFlow, Keras on JAX, a plain torch loop and dataworth, in turns.

    python benchmarks/training.py [--quick] [--rounds 3] [--only mlp-32,cnn]

Same networks, same data (random uint8 images 28x28 and labels of 62 classes: the work does not
depend on what they show), same batch size, Adam, float32. Every contender runs in a process of its
own, in turns, `rounds` times; its first epoch, which holds the compilation, is stated apart. The
rate of each is the median over all later epochs of all rounds. The share of the GEMM rate is the
time that the network's matrix products alone take (forward, weight gradients, and input gradients
of all layers but the first) over the time of a whole training step.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTENDERS = ("keras-tensorflow", "keras-jax", "torch", "dataworth")
GEMM_LIBRARIES = ("jax", "torch", "numpy")


@dataclass(frozen=True)
class Case:
    """A row of the table: a preset of dataworth, a batch size and a number of samples."""

    model: str
    batch: int
    samples: int


CASES = {
    "mlp-32": Case("mlp:128", 32, 60_000),
    "mlp-128": Case("mlp:128", 128, 60_000),
    "mlp-512-512": Case("mlp:512,512", 128, 30_000),
    "cnn": Case("cnn", 128, 6_400),
}


@dataclass
class Timings:
    """What one contender's processes measured, in seconds."""

    first: list[float] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)


def measure(kind: str, name: str, case: str, epochs: int) -> dict[str, Any] | str:
    """Run one contender in a process of its own; a text says why there is no result."""
    command = [sys.executable, str(Path(__file__).with_name("training_contenders.py"))]
    settings = [kind, name, json.dumps(vars(CASES[case])), str(epochs)]
    done = subprocess.run([*command, *settings], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["it failed without a word"])[-1]
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def run_case(case: str, rounds: int, epochs: int) -> None:
    """Measure all contenders of a row in turns, and print the row."""
    timings = {name: Timings() for name in CONTENDERS}
    gemm: dict[str, list[float]] = {name: [] for name in GEMM_LIBRARIES}
    skipped: dict[str, str] = {}
    flops = 0
    for _ in range(rounds):
        for name in (n for n in CONTENDERS if n not in skipped):
            result = measure("train", name, case, epochs)
            if isinstance(result, str):
                skipped[name] = result
            else:
                timings[name].first.append(result["first"])
                timings[name].epochs += result["epochs"]
        for name in GEMM_LIBRARIES:
            result = measure("gemm", name, case, epochs)
            if not isinstance(result, str):
                gemm[name].append(result["seconds"])
                flops = result["flops"]
    print_case(case, timings, skipped, gemm, flops)


def print_case(
    case: str,
    timings: dict[str, Timings],
    skipped: dict[str, str],
    gemm: dict[str, list[float]],
    flops: int,
) -> None:
    """Print samples per second, ratios to dataworth, and the share of the GEMM rate."""
    work = CASES[case]
    medians = {name: statistics.median(t.epochs) for name, t in timings.items() if t.epochs}
    ours = medians.get("dataworth")
    print(f"\n## {work.model}, batch {work.batch}, {work.samples:,} samples an epoch\n")
    print("| contender | samples/s | dataworth is faster by | first epoch, s |")
    print("|---|---:|---:|---:|")
    for name, timing in timings.items():
        if name in skipped:
            print(f"| {name} | skipped: {skipped[name]} | | |")
            continue
        ratio = f"{medians[name] / ours:.2f}x" if ours else ""
        first = statistics.median(timing.first)
        print(f"| {name} | {work.samples / medians[name]:,.0f} | {ratio} | {first:.2f} |")
    steps = -(-work.samples // work.batch)
    print(f"\nMatrix products of a step: {flops / 1e6:,.1f} MFLOP.")
    for name, seconds in gemm.items():
        if not seconds:
            continue
        best = statistics.median(seconds)
        share = f"; dataworth's step runs at {best * steps / ours:.0%} of that" if ours else ""
        print(f"- in {name} alone: {best * 1e3:.3f} ms, {flops / best / 1e9:.0f} GFLOP/s{share}")
    sys.stdout.flush()


def machine() -> str:
    """Say when, where and with what."""
    versions = []
    for package in ("dataworth", "keras", "jax", "tensorflow-cpu", "tensorflow", "torch", "numpy"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{now}; {platform.platform()}, {cores} cores; {', '.join(versions)}"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="one round of one timed epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(CASES), help="rows, separated by commas")
    options = parser.parse_args()
    print(machine())
    for case in options.only.split(","):
        if case not in CASES:
            parser.error(f"no row {case!r}; choose from {', '.join(CASES)}")
        run_case(case, 1 if options.quick else options.rounds, 1 if options.quick else 3)


if __name__ == "__main__":
    main()
