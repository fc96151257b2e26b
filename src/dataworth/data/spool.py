"""Reading of a mapped file in a random order when the file does not fit in memory.

Each random read of a small row costs a page of the file and a wait for the disk. So the rows are
sorted in two passes, as in an external distribution sort. The file is read once from beginning to
end, and each row is written to that part of a temporary file which holds its window of the order.
Then each window is read as a whole and put into order in memory.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dataworth.data import features
from dataworth.data.base import RowNumbers

T = TypeVar("T")
WINDOW_BYTES = 64 << 20
_BLOCK_BYTES = 64 << 20


def has_room(folder: Path, size: int) -> bool:
    """Whether the disk of a folder takes so many bytes, and as many again are left."""
    return shutil.disk_usage(folder).free > 2 * size


class Spool:
    """A temporary file for the rows of an array; nothing is left of it when the process ends.

    Parameters
    ----------
    x : ndarray, shape (n, ...)
        Mapped from a file.
    folder : Path
        Where the temporary file is made.
    window_bytes : int
        Three times as much is held in memory.
    """

    def __init__(self, x: NDArray[Any], folder: Path, window_bytes: int = WINDOW_BYTES) -> None:
        self._x = x
        self._like = features.as_held(x[:0])
        self._row_bytes = features.bytes_of(x, 1)
        self._window = max(1, window_bytes // self._row_bytes)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def windows(self, order: RowNumbers) -> Iterator[NDArray[Any]]:
        """The rows of `order` in consecutive pieces; the next piece is read ahead.

        One order is read at a time.
        """
        self._distribute(order)
        starts = range(0, len(order), self._window)
        yield from _ahead(partial(self._read, order, start) for start in starts)

    def _distribute(self, order: RowNumbers) -> None:
        """Write each row into the window that it has in the order; those of a window rise."""
        by_row = np.argsort(order, kind="stable")
        rows = order[by_row]
        windows = (by_row // self._window).astype(np.uint32)
        del by_row
        places = np.arange(0, len(order), self._window)
        step = max(1, _BLOCK_BYTES // self._row_bytes)
        bounds = np.searchsorted(rows, np.arange(0, len(self._x) + step, step)).tolist()

        def block(start: int, stop: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
            """Rows of a part of the file, window by window, and how many each window has."""
            by_window = np.argsort(windows[start:stop], kind="stable")
            counts = np.bincount(windows[start:stop], minlength=len(places))
            return features.take(self._x, rows[start:stop][by_window]), counts

        for part, counts in _ahead(partial(block, *each) for each in pairwise(bounds)):
            ends = np.cumsum(counts)
            for window in np.flatnonzero(counts).tolist():
                self._write(part[ends[window] - counts[window] : ends[window]], int(places[window]))
            places += counts

    def _read(self, order: RowNumbers, start: int) -> NDArray[Any]:
        """The window from position `start` of the order on, in order."""
        rows = order[start : start + self._window]
        written = np.empty((len(rows), *self._like.shape[1:]), self._like.dtype)
        data, done = _bytes(written), 0
        while done < len(data):
            place = start * self._row_bytes + done
            done += os.preadv(self._file.fileno(), [data[done:]], place)
        ordered = np.empty_like(written)
        ordered[np.argsort(rows, kind="stable")] = written
        return ordered

    def _write(self, rows: NDArray[Any], place: int) -> None:
        data, done = _bytes(rows), 0
        while done < len(data):
            done += os.pwrite(self._file.fileno(), data[done:], place * self._row_bytes + done)


def _ahead(calls: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The results of calls, each made by a thread while the result before it is used."""
    with ThreadPoolExecutor(1) as thread:
        before: Future[T] | None = None
        for call in calls:
            begun = thread.submit(call)
            if before is not None:
                yield before.result()
            before = begun
        if before is not None:
            yield before.result()


def _bytes(rows: NDArray[Any]) -> memoryview:
    return rows.reshape(-1).view(np.uint8).data
