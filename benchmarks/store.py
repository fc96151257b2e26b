"""The store of a run directory with many runs: time to add one, size, and time to read.

    python benchmarks/store.py [--runs 10000] [--epochs 300] [--classes 10] [--keep DIR]

A directory is filled with made-up records, as a study of two optimizer steps an epoch leaves them:
six metrics, a history of steps, samples, training loss (a float64 with all its digits) and
seconds, a confusion matrix and the loss of each class. The median time to add a record is of the
last 500.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from dataworth.records.record import Record, RunKey, run_key
from dataworth.records.store import Store

SIZES = 20
LAST = 500
METRICS = ("loss", "accuracy", "macro_f1", "brier", "ece", "train_loss")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the run directory here")
    options = parser.parse_args()
    print(
        f"{date.today()}; {platform.platform()}, {os.cpu_count()} cores; Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, numpy {np.__version__}"
    )
    with tempfile.TemporaryDirectory() as folder:
        directory = options.keep or Path(folder) / "run"
        print(f"{options.runs:,} runs, {options.epochs} epochs, {options.classes} classes")
        seconds = fill(directory, options.runs, options.epochs, options.classes)
        print(f"add a record: {1e3 * statistics.median(seconds[-LAST:]):.2f} ms (median)")
        with Store(directory) as store:
            print(f"size: {store.path.stat().st_size / 1e6:.1f} MB")
        time_of("open", directory, lambda _: None)
        time_of("digests", directory, lambda store: store.digests("finished"))
        time_of("table of 6 metrics", directory, lambda store: store.table(METRICS))
        time_of("records", directory, lambda store: store.records())
        time_of(
            "records, all histories unpacked",
            directory,
            lambda store: [record.history["samples"].sum() for record in store.records()],
        )
        time_of(
            "records, all arrays unpacked",
            directory,
            lambda store: [r.arrays["confusion"].sum() for r in store.records(arrays=True)],
        )


def fill(directory: Path, runs: int, epochs: int, classes: int) -> list[float]:
    """Fill a run directory.

    Returns
    -------
    list of float
        The seconds that it took to add each record.
    """
    random = np.random.Generator(np.random.Philox(0))
    seconds = []
    with Store(directory, write=True) as store:
        store.set_meta(meta(classes))
        for number in range(runs):
            record = made_up(random, number, epochs, classes)
            start = time.perf_counter()
            store.add(record)
            seconds.append(time.perf_counter() - start)
    return seconds


def made_up(random: np.random.Generator, number: int, epochs: int, classes: int) -> Record:
    """A record whose losses fall with the size and with the epochs, with noise."""
    seed, place = divmod(number, SIZES)
    size = round(100 * 1.3**place)
    key = RunKey("mlp", size, seed, run_key({"benchmark": 1}, size, seed))
    loss = float((0.2 + 5 * size**-0.4) * np.exp(random.normal(0, 0.01)))
    error = min(0.8, loss / 3)
    of_class = np.full((classes, classes), error / max(classes - 1, 1))
    np.fill_diagonal(of_class, 1 - error)
    confusion = random.multinomial(100, of_class / of_class.sum(axis=1, keepdims=True))
    accuracy = float(np.trace(confusion) / confusion.sum())
    done = np.arange(1, epochs + 1, dtype=np.float64)
    losses = loss * (0.5 + 2 * done**-0.5) * np.exp(random.normal(0, 0.01, epochs))
    times = np.abs(random.normal(8e-4, 1e-4, epochs))
    return Record(
        key,
        dict(
            zip(METRICS, (loss, accuracy, accuracy, loss / 4, 0.02, float(losses[-1])), strict=True)
        ),
        history={
            "steps": np.full(epochs, 2.0),
            "samples": np.full(epochs, float(min(size, 256))),
            "loss": losses,
            "seconds": times,
            "validation_loss": np.full(epochs, np.nan),
        },
        facts={"parameters": 101_770.0},
        arrays={
            "confusion": confusion,
            "class_losses": loss * np.exp(random.normal(0, 0.1, classes)),
        },
        seconds=float(times.sum()),
    )


def meta(classes: int) -> dict[str, object]:
    """What a study says of all its runs."""
    names = [str(index) for index in range(classes)]
    return {
        "name": "benchmark",
        "data": "made up",
        "source": {},
        "fingerprint": "0" * 32,
        "samples": 50_000,
        "held_out": 100 * classes,
        "held_out_official": True,
        "classes": classes,
        "class_names": names,
        "class_counts": [5_000] * classes,
        "shape": [28, 28],
        "dtype": "uint8",
        "model": "mlp",
        "learner": {"learner": "keras", "preset": "mlp"},
        "subset": "nested",
        "mistakes": {},
        "machine": {"system": "none", "processor": "none", "cores": 2, "python": "3"},
        "versions": {"dataworth": "0.1.0"},
        "identity": {
            "budget": {"epochs": 10, "steps": 600, "batch_size": 128, "patience": None},
            "held_out": 100 * classes,
        },
        "findings": [],
    }


def time_of(what: str, directory: Path, read: Callable[[Store], object]) -> None:
    """Print how long it takes to open a store and read something from it."""
    start = time.perf_counter()
    with Store(directory) as store:
        read(store)
    print(f"{what}: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main()
