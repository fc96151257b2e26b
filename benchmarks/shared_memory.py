"""The memory of a study on a large frame with several workers.

Prints the peak of the memory that the processes do not share with files: what must fit into the
machine, as the pages of mapped files can be dropped at any time. The bar is 1.3 times the frame and
600 MB.

    python benchmarks/shared_memory.py [--megabytes 200] [--workers 2] [--library pandas]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

import dataworth as dw
from frame_learner import HashedLinear

NUMBERS, TEXTS = 8, 4
FACTOR, EXTRA = 1.3, 600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="size of the frame")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--library", choices=("pandas", "polars"), default="pandas")
    options = parser.parse_args()
    frame, size = make_frame(options.megabytes, options.library)
    rows = len(frame)
    labels = np.random.default_rng(1).integers(0, 2, rows)
    data = dw.Dataset(frame, labels, name="made up")
    sizes = [rows // 1_000, rows // 200, rows // 50]
    study = dw.Study(
        data, HashedLinear(), sizes=sizes, seeds=2, held_out=min(10_000, rows // 10), name="memory"
    )
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder, watch:
        started = time.perf_counter()
        study.run(Path(folder) / "run", workers=options.workers, progress=False)
        seconds = time.perf_counter() - started
    bar = FACTOR * size + EXTRA
    print(
        f"{options.library}, {rows:,} rows, frame of {size:,.0f} MB, {options.workers} workers, "
        f"{seconds:.0f} s: peak of {watch.peak:,.0f} MB in all processes "
        f"({watch.mapped:,.0f} MB of mapped files beside it); the bar is {bar:,.0f} MB"
    )


def make_frame(megabytes: int, library: str) -> tuple[Any, float]:
    """A frame of numbers and texts, and its size in MB."""
    random = np.random.default_rng(0)
    rows = max(10_000, megabytes * 1_000_000 // (8 * NUMBERS + 60 * TEXTS))
    columns: dict[str, Any] = {f"number{k}": random.normal(size=rows) for k in range(NUMBERS)}
    for k in range(TEXTS):
        codes = random.integers(0, 100_000, rows)
        columns[f"text{k}"] = [f"value {code}" for code in codes.tolist()]
    if library == "polars":
        import polars as pl

        table = pl.DataFrame(columns)
        return table, table.estimated_size() / 1e6
    import pandas as pd

    frame = pd.DataFrame(columns)
    return frame, float(frame.memory_usage(deep=True).sum()) / 1e6


class Watch:
    """The peak memory of this process and those that it started, looked at ten times a second."""

    def __init__(self) -> None:
        self.peak = self.mapped = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            own, mapped = 0.0, 0.0
            for process in family(os.getpid()):
                memory = memory_of(process)
                if process != os.getpid() and is_copy_of_parent(process):
                    continue
                own += memory.get("RssAnon", 0) + memory.get("RssShmem", 0)
                mapped = max(mapped, memory.get("RssFile", 0))
            if own > self.peak:
                self.peak, self.mapped = own, mapped


def family(process: int) -> list[int]:
    """A process and all that it started, directly or not."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for task in Path(f"/proc/{process}/task").iterdir():
            children += (task / "children").read_text().split()
    except OSError:
        children = []
    found = [process]
    for child in sorted(set(map(int, children))):
        found += family(child)
    return found


def is_copy_of_parent(process: int) -> bool:
    """Whether a process has not begun its own program yet: until then it has its parent's memory.

    It lasts some milliseconds, and longer where the processors are busy; the memory exists once.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
        parent = next(line.split()[1] for line in status.splitlines() if line[:5] == "PPid:")
        lines = [Path(f"/proc/{each}/cmdline").read_bytes() for each in (process, parent)]
    except OSError:
        return False
    return lines[0] == lines[1]


def memory_of(process: int) -> dict[str, float]:
    """The lines of ``/proc/PID/status`` about resident memory, in MB."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = [line.split() for line in lines if line.startswith("Rss")]
    return {name.rstrip(":"): int(kilobytes) / 1e3 for name, kilobytes, _ in fields}


if __name__ == "__main__":
    main()
