"""What Ray costs: many short runs on a local Ray cluster, against as many local processes.

    python benchmarks/ray_overhead.py [--runs 1000] [--seconds 0.1]

Each run sleeps, so that nothing but the executors differs. Both have as many slots as there are
cores. Times are from the first run that was submitted to the last record, without the start of the
cluster and of the processes, which is printed beside it. Exit code 1 above the bar of 1.2.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from dataworth.execution.base import Executor
from dataworth.execution.processes import LocalProcesses
from dataworth.execution.ray import Ray
from dataworth.records.record import RunKey
from dataworth.testing.executors import MemoryCheckpoints
from markdown_table import table
from sleeping import Sleeping

BAR = 1.2


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=0.1)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    objective = Sleeping(options.seconds)

    def local(folder: Path) -> Executor:
        return LocalProcesses(objective, MemoryCheckpoints(), _ignore, folder, cores or 1)

    def on_ray(folder: Path) -> Executor:
        return Ray().executor(objective, MemoryCheckpoints(), _ignore, folder)

    rows, seconds = [], {}
    for name, make in (("local processes", local), ("Ray", on_ray)):
        start, seconds[name] = measured(make, options.runs, cores or 1)
        per_run = 1e3 * (seconds[name] * (cores or 1) / options.runs - options.seconds)
        rows.append([name, f"{start:.1f}", f"{seconds[name]:.1f}", f"{per_run:.1f}"])
    ratio = seconds["Ray"] / seconds["local processes"]
    print(f"{date.today()}, {cores} cores, {options.runs:,} runs of {options.seconds:g} s")
    print(table(rows, ["executor", "start, s", "runs, s", "ms a run besides it"]))
    print(f"Ray / local processes: {ratio:.2f}; the bar is {BAR:g}")
    return int(ratio > BAR)


def measured(make: Callable[[Path], Executor], runs: int, slots: int) -> tuple[float, float]:
    """Seconds until each slot has done one run, and seconds of the other runs."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        executor = make(Path(folder) / "work")
        try:
            for key in _keys(0, slots):
                executor.submit(key)
            for _ in executor.outcomes():
                pass
            begun = time.perf_counter()
            waiting = _keys(slots, runs)
            for key in [waiting.pop() for _ in range(slots)]:
                executor.submit(key)
            for _ in executor.outcomes():
                if waiting:
                    executor.submit(waiting.pop())
            return begun - started, time.perf_counter() - begun
        finally:
            executor.close()


def _keys(first: int, count: int) -> list[RunKey]:
    return [RunKey("model", n + 1, 0, f"{n:032x}") for n in range(first, first + count)]


def _ignore(*_: Any) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
