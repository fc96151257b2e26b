"""A run directory with many runs: time to add one, size, time to read, and of commands.

    python benchmarks/store.py [--runs 10000] [--epochs 300] [--classes 10] [--keep DIR]

A directory is filled with made-up records, as a study of two optimizer steps an epoch leaves them:
six metrics, a history of steps, samples, training loss (a float64 with all its digits) and
seconds, a confusion matrix and the loss of each class. The median time to add a record is of the
last 500. The commands are timed from start to end, in processes of their own: to go on with the
study when all of its runs are finished, to forecast its curve from the directory and from a CSV,
and to write its report with the details of classes.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

import dataworth as dw
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.study.spec import Study

SIZES = tuple(round(100 * 1.3**place) for place in range(20))
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
        directory = (options.keep or Path(folder) / "run").resolve()
        print(f"{options.runs:,} runs, {options.epochs} epochs, {options.classes} classes")
        study = study_of(options.runs)
        seconds = fill(directory, study, options.epochs, options.classes)
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
        # Writes what the records leave out of a study: its description, its curve, its picture.
        study.run_in(directory, progress=False)
        names = [str(index) for index in range(options.classes)]
        with Store(directory, write=True) as store:
            store.set_meta({"classes": options.classes, "class_names": names})
        time_of_command("report", directory)
        time_of_command("run", directory)
        time_of_command("forecast", directory)
        time_of_command("forecast", directory / "curve.csv", "--out", directory / "csv.png")


def train(run: dw.Run) -> dict[str, float]:
    """The model of the study, which no command runs: all of its runs are in the store."""
    raise AssertionError(f"a finished run was done again: {run.size}, seed {run.seed}")


def study_of(runs: int) -> Study:
    """A study of a function, with a multiple of 20 runs."""
    model = f"{Path(__file__).stem}:train"
    return Study(data=50_000, model=model, metric="loss", sizes=SIZES, seeds=runs // len(SIZES))


def fill(directory: Path, study: Study, epochs: int, classes: int) -> list[float]:
    """Fill a run directory with the runs of a study.

    Returns
    -------
    list of float
        The seconds that it took to add each record.
    """
    random = np.random.Generator(np.random.Philox(0))
    # As runs end: the sizes of one seed, then those of the next.
    keys = sorted(study.resolve().runs(), key=lambda key: (key.seed, key.size))
    seconds = []
    with Store(directory, write=True) as store:
        for key in keys:
            record = made_up(random, key, epochs, classes)
            start = time.perf_counter()
            store.add(record)
            seconds.append(time.perf_counter() - start)
    return seconds


def made_up(random: np.random.Generator, key: RunKey, epochs: int, classes: int) -> Record:
    """A record whose losses fall with the size and with the epochs, with noise."""
    loss = float((0.2 + 5 * key.size**-0.4) * np.exp(random.normal(0, 0.01)))
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
            "samples": np.full(epochs, float(min(key.size, 256))),
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


def time_of(what: str, directory: Path, read: Callable[[Store], object]) -> None:
    """Print how long it takes to open a store and read something from it."""
    start = time.perf_counter()
    with Store(directory) as store:
        read(store)
    print(f"{what}: {time.perf_counter() - start:.3f} s")


def time_of_command(name: str, *arguments: str | Path) -> None:
    """Print how long a command takes from start to end."""
    command = [sys.executable, "-m", "dataworth.cli.main", name, *map(str, arguments)]
    start = time.perf_counter()
    # The current folder is where the study's function is found.
    folder = Path(__file__).parent
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    print(f"dataworth {name} {Path(arguments[0]).name}: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
