"""The study on real EMNIST images: conversion to the official files, loading, curve, audit.

    python benchmarks/real_emnist.py WORK_FOLDER --real FOLDER_WITH_REAL_DATA

The images (pooled, 47 classes, 26,000 held out) are written as the official IDX files and as
Kaggle's CSV, loaded through the ordinary loaders, which must agree to the bit, and studied with
the paper's kind of network (784-128-47, 10 epochs, batch 128, 3 seeds).

The reference figures were measured with plain random subsets and without each epoch's last,
smaller batch. The study's own way (stratified subsets, every sample trained on) does better at the
smallest size, so it is measured both ways: as a study does it, and as the reference did it, with
rows in random order and as many optimizer steps. ``--cnn`` adds the convolutional network at the
largest size, with 3 seeds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
from rich.console import Console

import dataworth as dw
from dataworth.cli.show.tables import curve_table
from dataworth.observers.terminal import TerminalObserver
from dataworth.records.store import Store
from dataworth.study.spec import Study
from dataworth.testing.contexts import MemoryContext

# Held-out nats of 784-128-47, 10 epochs, batch 128, measured before this code existed.
EXPECTED = {1_000: 1.76, 3_000: 1.21, 9_000: 0.918, 27_000: 0.673, 80_000: 0.510, 190_000: 0.442}
LARGEST = max(EXPECTED)
EPOCHS, BATCH = 10, 128


def main() -> int:
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("work", type=Path)
    parser.add_argument("--real", default=os.environ.get("DATAWORTH_REAL_DATA"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--cnn", action="store_true")
    options = parser.parse_args()
    if not options.real:
        parser.error("give --real, or set DATAWORTH_REAL_DATA")
    files = options.work / "files"
    if not files.is_dir():
        script = Path(__file__).with_name("emnist_files.py")
        forms = ["--names", "bymerge", "--forms", "idx", "csv"]
        command = [sys.executable, str(script), str(files), "--real", options.real, *forms]
        subprocess.run(command, check=True)
    print(f"{date.today()}, {os.cpu_count()} cores")
    print("agreement of the forms:", _agree(files))
    failed = _study(options.work / "mlp", files, options.workers)
    failed |= _as_reference(files)
    if options.cnn:
        failed |= _cnn(options.work / "cnn", files)
    return int(failed)


def _agree(files: Path) -> str:
    prints = {}
    for name in sorted(path.name for path in files.iterdir() if path.is_dir()):
        started = time.perf_counter()
        data = dw.load("emnist/bymerge", folder=files / name)
        prints[name] = data.fingerprint
        print(f"{name}: {data} in {time.perf_counter() - started:.2f} s")
    return "identical" if len(set(prints.values())) == 1 else f"DIFFERENT: {prints}"


def _study(out: Path, files: Path, workers: int) -> bool:
    study = _asked(files, "mlp", list(EXPECTED), 3)
    outcome = study.run_in(out, workers, TerminalObserver(Console(stderr=True)))
    if outcome.curve is None:
        print(outcome.failures())
        return True
    Console().print(curve_table(outcome.curve))
    wrong = any(finding.severity == "error" for finding in outcome.findings)
    print("as a study does it:")
    for point in outcome.curve.summary():
        _compare(point.samples, point.mean)
    _forecast(outcome.curve)
    print("findings:", [f"{f.severity} {f.code}" for f in outcome.findings] or "none")
    return wrong or bool(outcome.failed)


def _forecast(curve: dw.Curve) -> None:
    """Forecasts of the largest size from the smaller ones."""
    measured = float(curve.values[curve.samples == LARGEST].mean())
    for most in (80_000, 27_000):
        rows = curve.samples <= most
        seen = dw.Curve(curve.samples[rows], curve.values[rows], curve.seeds[rows], "loss")
        forecast = dw.forecast(seen, family="mlp")
        low, inner, middle, upper, high = forecast.quantiles(
            [LARGEST], [0.05, 0.25, 0.5, 0.75, 0.95]
        )[:, 0]
        print(
            f"from {most:,} or fewer: {middle:.4f} (90 % {low:.4f} to {high:.4f}, 50 % {inner:.4f} "
            f"to {upper:.4f}), {middle / measured - 1:+.1%} off {measured:.4f}"
        )


def _as_reference(files: Path) -> bool:
    data = dw.load("emnist/bymerge", folder=files / "idx")
    losses: dict[int, list[float]] = {size: [] for size in EXPECTED}
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(data.samples)
        shuffled = dw.Dataset(data.x[order], data.y[order], data.x_test, data.y_test)
        for size in EXPECTED:
            steps = EPOCHS * (size // BATCH)
            study = Study(
                shuffled,
                sizes=[size],
                seeds=[seed],
                steps=steps,
                batch_size=BATCH,
                subset="prefix",
            )
            resolved = study.resolve()
            (key,) = resolved.runs()
            record = resolved.objective(key, MemoryContext())
            losses[size].append(record.scores["loss"])
    print("as the reference did it:")
    agree = [_compare(size, float(np.mean(values))) for size, values in losses.items()]
    return not all(agree)


def _compare(size: int, loss: float) -> bool:
    ratio = loss / EXPECTED[size]
    print(f"{size:>8,}  {loss:.4f}  reference {EXPECTED[size]}  x{ratio:.3f}")
    return abs(ratio - 1) <= 0.03


def _cnn(out: Path, files: Path) -> bool:
    study = _asked(files, "cnn", [LARGEST], 3)
    study.run_in(out, progress=TerminalObserver(Console(stderr=True)))
    with Store(out) as store:
        found = store.table(["accuracy"]).values["accuracy"].tolist()
    accuracy = float(np.mean(found))
    seeds = ", ".join(f"{one:.4f}" for one in found)
    print(f"cnn at {LARGEST:,}: accuracy {accuracy:.4f} (expected at least 0.885; seeds: {seeds})")
    return accuracy < 0.885


def _asked(files: Path, model: str, sizes: list[int], seeds: int) -> Study:
    return Study(
        data="emnist/bymerge",
        data_options={"folder": str(files / "idx")},
        model=model,
        sizes=sizes,
        seeds=seeds,
        epochs=EPOCHS,
        batch_size=BATCH,
        name=f"emnist-{model}",
    )


if __name__ == "__main__":
    sys.exit(main())
