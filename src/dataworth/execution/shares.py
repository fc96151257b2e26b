"""Shares of the cores: which cores the processes of a study compute on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def shares_of_cores(workers: int) -> list[list[int]]:
    """Divide the cores that this process may use: as equal as can be, none left idle."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if not cores:
        return [[] for _ in range(workers)]
    if workers >= len(cores):
        return [[cores[worker % len(cores)]] for worker in range(workers)]
    return [cores[worker::workers] for worker in range(workers)]


def confine(process: int, cores: list[int]) -> None:
    """Let all threads of a process compute on some cores, and no others."""
    threads = Path(f"/proc/{process}/task")
    if not cores or not threads.is_dir():
        return
    # A thread may end in between, and so may the process.
    with suppress(OSError):
        for thread in threads.iterdir():
            with suppress(OSError):
                os.sched_setaffinity(int(thread.name), cores)
