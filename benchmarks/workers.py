"""What `workers="auto"` gains over one worker and over one for each core, and loses to a busy core.

    python benchmarks/workers.py [--case forests|networks|quickstart|busy ...] [--rounds 1]

Each study runs in a process of its own, from its start to its end, by turns with the other numbers
of workers; the shortest time of each counts. The cases:

forests: 40 fits of about a second, random forests of one thread (4 sizes, 10 seeds).
networks: 12 runs of about 10 seconds of the preset `mlp` on digits (2 sizes, 6 seeds).
quickstart: the shipped study.
busy: the quickstart with "auto", alone and while another program keeps one core busy.

Prints each measurement as it ends, then one table with the bars, and whether all figures of a case
are the same to the bit. Wall times need a quiet machine; the CPU seconds of the processes stand
beside them, and the seconds in which a core was idle: cores x wall - CPU. Exit code 1 if a bar is
missed or figures differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from markdown_table import table

SECONDS_OF_FIT, SECONDS_OF_RUN = 1.0, 10.0


class Measured(NamedTuple):
    """A study: seconds of wall time and of CPU time, and a hash of its figures."""

    wall: float
    cpu: float
    figures: str


class Case(NamedTuple):
    """A case: whether "auto" is held against one worker or against the best number; the bar."""

    against: str
    bar: float


CASES = {
    "forests": Case("1 worker", 1.7),
    "networks": Case("1 worker", 1.6),
    "quickstart": Case("the best", 0.95),
}
BUSY, BUSY_BAR = "busy", 1.7


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--case", action="append", choices=(*CASES, BUSY))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--study", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.study is not None:
        case, workers, effort = options.study
        print(json.dumps(run(case, workers, int(effort))))
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = os.environ.get("OMP_NUM_THREADS", "unset")
    print(f"{date.today()}, {cores} cores, OMP_NUM_THREADS {threads}", flush=True)
    rows, missed = [], False
    cases = options.case or [*CASES, BUSY]
    for name in cases:
        if name == BUSY:
            missed |= not holds_beside_another(options.rounds)
            continue
        row, holds = compare(name, options.rounds, cores or 1)
        rows.append(row)
        missed |= not holds
    if not rows:
        return int(missed)
    numbers = ["1 worker, s", f"{cores} workers, s", "auto, s"]
    print(
        table(
            rows,
            [
                "case",
                *numbers,
                "CPU s of each",
                "idle s of each",
                "auto is faster by",
                "bar",
                "figures",
            ],
        )
    )
    return int(missed)


def compare(name: str, rounds: int, cores: int) -> tuple[list[str], bool]:
    """A row of the table, and whether its bar is reached with the same figures."""
    effort = calibrate(name)
    best: dict[str, Measured] = {}
    figures = set()
    for _ in range(rounds):
        for workers in ("1", str(cores), "auto"):
            found = in_a_process(name, workers, effort)
            idle = cores * found.wall - found.cpu
            print(
                f"{name}, workers {workers}: {found.wall:.1f} s, CPU {found.cpu:.1f} s, "
                f"idle {idle:.1f} s",
                flush=True,
            )
            figures.add(found.figures)
            if workers not in best or found.wall < best[workers].wall:
                best[workers] = found
    one, several, auto = best["1"], best[str(cores)], best["auto"]
    against, bar = CASES[name]
    base = one.wall if against == "1 worker" else min(one.wall, several.wall)
    ratio = base / auto.wall
    reached = ratio >= bar
    row = [
        name,
        *(f"{each.wall:.1f}" for each in (one, several, auto)),
        " / ".join(f"{each.cpu:.0f}" for each in (one, several, auto)),
        " / ".join(f"{cores * each.wall - each.cpu:.0f}" for each in (one, several, auto)),
        f"{ratio:.2f} (than {against})",
        f"{bar:g} {'reached' if reached else 'missed'}",
        "the same" if len(figures) == 1 else "differ",
    ]
    return row, reached and len(figures) == 1


def holds_beside_another(rounds: int) -> bool:
    """Print how much slower the quickstart is while a core is busy; whether the bar is reached."""
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(in_a_process("quickstart", "auto", 0).wall)
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
            try:
                beside.append(in_a_process("quickstart", "auto", 0).wall)
            finally:
                other.kill()
        print(f"busy: {alone[-1]:.1f} s alone, {beside[-1]:.1f} s beside another", flush=True)
    ratio = min(beside) / min(alone)
    reached = ratio <= BUSY_BAR
    print(
        f"busy: {ratio:.2f} times as long while a core is busy; the bar is {BUSY_BAR:g}, "
        f"{'reached' if reached else 'missed'}"
    )
    return reached


def in_a_process(name: str, workers: str, effort: int) -> Measured:
    """Measure a study from the start of its process to its end."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--study", name, workers, str(effort)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Measured(wall, cpu, json.loads(done.stdout.splitlines()[-1]))


def run(name: str, workers: str, effort: int) -> str:
    """Run a study of a case; a hash of its figures."""
    number: Any = int(workers) if workers.isdecimal() else workers
    with tempfile.TemporaryDirectory() as folder:
        curve = study_of(name, effort).run(Path(folder) / "run", workers=number, progress=False)
    return hashlib.sha256(curve.samples.tobytes() + curve.values.tobytes()).hexdigest()


def study_of(name: str, effort: int) -> Any:
    """The study of a case; `effort` is the number of trees or of steps of a run."""
    import dataworth as dw
    from dataworth.study.toml import read_studies

    if name == "quickstart":
        return read_studies(name)[0]
    if name == "networks":
        return dw.Study("digits", "mlp", sizes=[1_000, 1_200], seeds=6, steps=effort)
    from sklearn.ensemble import RandomForestClassifier

    x, y = rows()
    model = RandomForestClassifier(effort, n_jobs=1)
    data = dw.Dataset(x, y, name="made up")
    return dw.Study(data, model, sizes=[8_000, 8_200, 8_400, 8_600], seeds=10)


def calibrate(name: str) -> int:
    """Trees or steps that take about as long as a run of the case shall."""
    if name == "quickstart":
        return 0
    if name == "networks":
        # The first runs load libraries and compile; the last one takes a good part of the time.
        steps, seconds = 1_000, 0.0
        while seconds < SECONDS_OF_RUN / 4:
            steps *= 2
            seconds = seconds_of_training(steps)
        return round(steps * SECONDS_OF_RUN / seconds)
    from sklearn.ensemble import RandomForestClassifier

    x, y = rows()
    started = time.perf_counter()
    RandomForestClassifier(10, n_jobs=1, random_state=0).fit(x[:8_000], y[:8_000])
    return max(1, round(10 * SECONDS_OF_FIT / (time.perf_counter() - started)))


def seconds_of_training(steps: int) -> float:
    """The seconds of a run of the networks without those in which it is compiled."""
    import dataworth as dw

    with tempfile.TemporaryDirectory() as folder:
        study = dw.Study("digits", "mlp", sizes=[1_200], seeds=1, steps=steps)
        study.run(Path(folder) / "run", workers=1, progress=False)
        runs = dw.read_runs(Path(folder) / "run")
    return float(runs["seconds"][0]) - float(runs["fact_compile_seconds"][0])


def rows() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """20,000 rows of 20 columns, of 3 classes."""
    from sklearn.datasets import make_classification

    x, y = make_classification(20_000, 20, n_informative=10, n_classes=3, random_state=0)
    return x, y


if __name__ == "__main__":
    sys.exit(main())
