"""A file system of a few kilobytes, on which writing fails as on a full disk."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[[int], None]]:
    """Mount a tmpfs of so many bytes at a folder; skips the test where that is not allowed.

    Yields
    ------
    callable
        Sets its size.
    """
    folder.mkdir(exist_ok=True)

    def mount(size: int, how: str = "") -> int:
        command = ["mount", "-t", "tmpfs", "-o", f"{how}size={size}", "tmpfs", str(folder)]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode
        except FileNotFoundError:
            return 1

    if mount(size):
        pytest.skip("a small file system can be mounted by root on Linux only")
    try:
        yield lambda size: (mount(size, "remount,"), None)[1]
    finally:
        subprocess.run(["umount", str(folder)], check=True)
