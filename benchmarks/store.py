"""Speed and size of run directories with many runs, and of starts, each with its bar.

    python benchmarks/store.py [--keep DIR]

Two directories are filled with made-up records. The first has 10,000 runs, as a study of two
optimizer steps an epoch leaves them: six metrics, a history of 300 epochs (600 steps) of steps,
samples, training loss (a float64 with all its digits) and seconds, a confusion matrix of ten
classes and the loss of each class. The second has 100,000 runs of two metrics, without histories.
The median time to add a record is of the last 500 of the first directory, each a transaction.

Commands are timed from start to end, in processes of their own, each once more than it is counted:
to go on with the study when all of its runs are finished, to forecast its curve and to write its
report; and, of a CSV of 18 runs, a forecast with the picture that it writes, beside the start of
the package and of the program. A forecast after import is the median of ten in one process.

Beside the wall time stand the seconds of a core that the command took: where other programs run,
these alone mean something.
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
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

import dataworth as dw
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.study.spec import Study

SIZES = tuple(round(100 * 1.3**place) for place in range(20))
LAST, BATCH, TIMES = 500, 1_000, 10
METRICS = ("loss", "accuracy", "macro_f1", "brier", "ece", "train_loss")
HERE = Path(__file__).parent
CURVE = "samples,value,seed\n" + "".join(
    f"{size},{0.2 + 8 * size**-0.4 + 0.01 * seed:.4f},{seed}\n"
    for size in (200, 600, 1_800, 5_400, 16_200, 48_600)
    for seed in range(3)
)


@dataclass(frozen=True)
class Case:
    """A directory that is measured, and its bars in seconds, milliseconds and megabytes.

    Attributes
    ----------
    metrics, epochs, classes : int
        Of each record; without epochs it has no history, without classes no arrays.
    together : bool
        Whether many records are added in one transaction.
    """

    runs: int
    metrics: int
    epochs: int
    classes: int
    together: bool
    resume: float
    forecast: float
    report: float
    size: float


CASES = (
    Case(10_000, 6, 300, 10, False, resume=2, forecast=2, report=6, size=40),
    Case(100_000, 2, 0, 0, True, resume=5, forecast=3, report=10, size=10),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the run directories here")
    options = parser.parse_args()
    print(
        f"{date.today()}; {platform.platform()}, {os.cpu_count()} cores; Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, numpy {np.__version__}"
    )
    print("\n| what | wall | of a core | bar |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        place = (options.keep or Path(folder)).resolve()
        for case in CASES:
            measure(case, place / f"{case.runs}-runs")
        measure_starts(Path(folder))
    measure_forecast("one forecast after import, 30 points", 30, 0.1)
    measure_forecast("one forecast after import, 6 points", 6, 0.05)


def measure(case: Case, directory: Path) -> None:
    """Fill a directory and print its figures."""
    study, name = study_of(case.runs), f"{case.runs:,} runs"
    seconds = fill(directory, study, case)
    if not case.together:
        add = 1e3 * statistics.median(seconds[-LAST:])
        print(f"| {name}: add a record | {add:.2f} ms | | 2 ms |")
    with Store(directory) as store:
        print(f"| {name}: size | {store.path.stat().st_size / 1e6:.1f} MB | | {case.size:g} MB |")
    # Writes what the records leave out of a study: its description, its curve, its picture.
    study.run_in(directory, progress=False)
    if case.classes:
        names = [str(index) for index in range(case.classes)]
        with Store(directory, write=True) as store:
            store.set_meta({"classes": case.classes, "class_names": names})
    for command in ("run", "forecast", "report"):
        bar = case.resume if command == "run" else getattr(case, command)
        title = "run with nothing to do" if command == "run" else command
        measure_command(f"{name}: {title}", bar, command, str(directory))


def measure_starts(folder: Path) -> None:
    """Print how long the package and the program take to start, and a forecast of a file."""
    (folder / "curve.csv").write_text(CURVE)
    python = [sys.executable, "-c"]
    measure_process("python -c pass", None, [*python, "pass"], folder)
    measure_process(
        "import dataworth, Python included", 0.05, [*python, "import dataworth"], folder
    )
    measure_command("dataworth --help", 0.25, "--help", folder=folder)
    title = "dataworth forecast curve.csv, with its picture"
    measure_command(title, 1.0, "forecast", "curve.csv", folder=folder)


def measure_forecast(title: str, points: int, bar: float) -> None:
    """Print the median time of forecasts in this process."""
    sizes = np.geomspace(100, 100_000, points).round()
    curve = dw.Curve(sizes, 0.2 + 8 * sizes**-0.4)
    seconds, of_core = [], []
    for _ in range(TIMES + 1):
        started, began = time.perf_counter(), time.process_time()
        dw.forecast(curve).predict([1e6])
        seconds.append(time.perf_counter() - started)
        of_core.append(time.process_time() - began)
    middle, cores = statistics.median(seconds[1:]), statistics.median(of_core[1:])
    print(f"| {title} | {middle:.3f} s | {cores:.3f} s | {bar:g} s |")


def train(run: dw.Run) -> dict[str, float]:
    """The model of the study, which no command runs: all of its runs are in the store."""
    raise AssertionError(f"a finished run was done again: {run.size}, seed {run.seed}")


def study_of(runs: int) -> Study:
    """A study of a function, with a multiple of 20 runs."""
    model = f"{Path(__file__).stem}:train"
    return Study(data=50_000, model=model, metric="loss", sizes=SIZES, seeds=runs // len(SIZES))


def fill(directory: Path, study: Study, case: Case) -> list[float]:
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
        for first in range(0, len(keys), BATCH):
            with store.together() if case.together else nullcontext():
                for key in keys[first : first + BATCH]:
                    record = made_up(random, key, case)
                    start = time.perf_counter()
                    store.add(record)
                    seconds.append(time.perf_counter() - start)
    return seconds


def made_up(random: np.random.Generator, key: RunKey, case: Case) -> Record:
    """A record whose losses fall with the size and with the epochs, with noise."""
    loss = float((0.2 + 5 * key.size**-0.4) * np.exp(random.normal(0, 0.01)))
    error = min(0.8, loss / 3)
    figures = (loss, 1 - error, 1 - error, loss / 4, 0.02, loss)
    scores = dict(zip(METRICS[: case.metrics], figures, strict=False))
    if not case.epochs:
        return Record(key, scores, seconds=float(random.uniform(0.1, 1)))
    classes, epochs = case.classes, case.epochs
    of_class = np.full((classes, classes), error / max(classes - 1, 1))
    np.fill_diagonal(of_class, 1 - error)
    confusion = random.multinomial(100, of_class / of_class.sum(axis=1, keepdims=True))
    accuracy = float(np.trace(confusion) / confusion.sum())
    done = np.arange(1, epochs + 1, dtype=np.float64)
    losses = loss * (0.5 + 2 * done**-0.5) * np.exp(random.normal(0, 0.01, epochs))
    times = np.abs(random.normal(8e-4, 1e-4, epochs))
    return Record(
        key,
        scores | {"accuracy": accuracy, "macro_f1": accuracy, "train_loss": float(losses[-1])},
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


def measure_command(title: str, bar: float, *arguments: str, folder: Path = HERE) -> None:
    """Print how long a command of dataworth takes; a study's function is found in `folder`."""
    command = [sys.executable, "-m", "dataworth.cli.main", *arguments]
    measure_process(title, bar, command, folder)


def measure_process(title: str, bar: float | None, command: list[str], folder: Path) -> None:
    """Print how long a process takes from start to end, after one that is not counted."""
    # As installed, with bytecode: a setting of this machine must not compile the source each time.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(2):
        started, before = time.perf_counter(), os.times()
        subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        wall, after = time.perf_counter() - started, os.times()
    cores = sum(after[2:4]) - sum(before[2:4])
    limit = "" if bar is None else f"{bar:g} s"
    print(f"| {title} | {wall:.2f} s | {cores:.2f} s | {limit} |", flush=True)


if __name__ == "__main__":
    main()
