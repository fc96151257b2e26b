"""Reading of a mapped file in a random order when the file does not fit in memory.

Each random read of a small row costs a page of the file and a wait for the disk. So the rows are
sorted in two passes, as in an external distribution sort. The file is read once from beginning to
end, in blocks; the rows of each block are written to a temporary file, sorted by the windows of the
order that they belong to. Then each window is read, a part of it from every block.
"""

from __future__ import annotations

import math
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import cycle, pairwise
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from dataworth.data import features
from dataworth.data.base import RowNumbers

T = TypeVar("T")
WINDOW_BYTES = 64 << 20
_BLOCK_BYTES = 64 << 20
_ALIGNMENT = 4_096
"""Bytes; places and lengths of what is written and read without the page cache are multiples."""


class Stopped(Exception):  # noqa: N818
    """The rows are not needed any more."""


class Window(NamedTuple):
    """Consecutive rows of an order: ``rows[places]``.

    Attributes
    ----------
    rows : ndarray, shape (n, ...)
    places : ndarray of int64, shape (n,)
    """

    rows: NDArray[Any]
    places: NDArray[np.int64]


def has_room(folder: Path, size: int) -> bool:
    """Whether the disk of a folder takes so many bytes, and as many again are left."""
    return shutil.disk_usage(folder).free > 2 * size


class Spool:
    """The rows of an order, sorted by its windows in a temporary file.

    Nothing is left of the file when it is closed or the process ends.

    Parameters
    ----------
    x : ndarray, shape (n, ...)
        Mapped from a file.
    order : ndarray of int64
    folder : Path
        Where the temporary file is made.
    is_unwanted : Event
        Once it is set, the sorting stops.
    window_bytes, block_bytes : int
        Two windows and three blocks are held in memory.

    Raises
    ------
    Stopped
        If `is_unwanted` is set.
    OSError
        If the file cannot be written.
    """

    def __init__(
        self,
        x: NDArray[Any],
        order: RowNumbers,
        folder: Path,
        is_unwanted: Event,
        window_bytes: int = WINDOW_BYTES,
        block_bytes: int = _BLOCK_BYTES,
    ) -> None:
        self._order = order
        self._like = features.as_held(x[:0])
        self._row_bytes = features.bytes_of(x, 1)
        self._window = max(1, window_bytes // self._row_bytes)
        self._block = max(1, block_bytes // self._row_bytes)
        self._blocks_of_file = -(-len(x) // self._block)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        # Of each block, where in the file the rows of each window begin.
        self._starts: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []
        try:
            self._sort(x, is_unwanted)
        except BaseException:
            self.close()
            raise

    def windows(self) -> Generator[Window]:
        """The rows of the order in consecutive pieces; the next piece is read ahead.

        A piece may be used until the next one is taken, as they share memory.
        """
        windows = range(-(-len(self._order) // self._window))
        # New memory for each would take longer than the reading, as the system clears its pages.
        buffers = cycle([_Buffer(self._window * self._row_bytes) for _ in range(2)])
        most = max((int(each.max()) for each in self._counts), default=0)
        part = _Buffer(most * self._row_bytes + 2 * _ALIGNMENT)
        yield from ahead(partial(self._read, each, next(buffers), part) for each in windows)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _sort(self, x: NDArray[Any], is_unwanted: Event) -> None:
        of_rows = self._blocks(self._order)
        by_block = np.argsort(of_rows, kind="stable")
        sizes = np.bincount(of_rows, minlength=1)
        bounds = [0, *np.cumsum(sizes).tolist()]
        del of_rows
        windows = -(-len(self._order) // self._window)
        # One is written while rows are copied to the other.
        buffers = cycle([_Buffer(int(sizes.max()) * self._row_bytes) for _ in range(2)])

        def gathered(block: int, start: int, stop: int) -> tuple[NDArray[np.uint8], Any]:
            """The rows of a block, window by window, and how many each window has."""
            places = by_block[start:stop]
            begin = block * self._block
            part = x[begin : begin + self._block]
            buffer = next(buffers)
            out = buffer.rows(stop - start, self._like)
            with _mapped_ahead(part):
                features.copy_rows(part, self._order[places] - begin, out)
            counts = np.bincount(places // self._window, minlength=windows)
            return buffer.padded(out.nbytes), counts

        place = 0
        calls = (
            partial(gathered, block, start, stop)
            for block, (start, stop) in enumerate(pairwise(bounds))
            if start < stop
        )
        _bypass_cache(self._file.fileno())
        for data, counts in ahead(calls):
            if is_unwanted.is_set():
                raise Stopped
            _write_at(self._file.fileno(), data, place)
            self._counts.append(counts)
            self._starts.append(place + (np.cumsum(counts) - counts) * self._row_bytes)
            place += len(data)

    def _read(self, window: int, buffer: _Buffer, part: _Buffer) -> Window:
        """The rows of a window, in `buffer`; those of each block are read through `part`."""
        order = self._order[window * self._window : (window + 1) * self._window]
        rows = buffer.rows(len(order), self._like)
        data, done = rows.reshape(-1).view(np.uint8), 0
        for starts, counts in zip(self._starts, self._counts, strict=True):
            start, size = int(starts[window]), int(counts[window]) * self._row_bytes
            before = start % _ALIGNMENT
            read = part.padded(before + size)
            _read_at(self._file.fileno(), read, start - before)
            data[done : done + size] = read[before : before + size]
            done += size
        # The rows of a window are by their block, and within it in the order.
        places = np.empty(len(order), np.int64)
        by_block = np.argsort(self._blocks(order), kind="stable")
        places[by_block] = np.arange(len(order))
        return Window(rows, places)

    def _blocks(self, rows: RowNumbers) -> NDArray[Any]:
        # Whole numbers of up to 16 bits are sorted by their digits, in a tenth of the time.
        return (rows // self._block).astype(np.min_scalar_type(self._blocks_of_file))


class _Buffer:
    """Memory for rows that begins at a page, as a file without the page cache needs."""

    def __init__(self, size: int) -> None:
        self._bytes = np.frombuffer(mmap.mmap(-1, max(1, _padded(size))), np.uint8)

    def rows(self, count: int, like: NDArray[Any]) -> NDArray[Any]:
        """An array of so many rows at the beginning of the buffer."""
        shape = (count, *like.shape[1:])
        return self._bytes[: math.prod(shape) * like.itemsize].view(like.dtype).reshape(shape)

    def padded(self, size: int) -> NDArray[np.uint8]:
        """The first bytes, and whatever follows up to a multiple of the alignment."""
        return self._bytes[: _padded(size)]


@contextmanager
def _mapped_ahead(part: NDArray[Any]) -> Iterator[None]:
    """Have the pages of an array read in sequence, and unmapped afterwards.

    Rows are copied in an order in which the system does not read ahead, and a mapped page is slower
    to drop from the page cache than another.
    """
    owner: Any = part
    while not isinstance(owner, mmap.mmap) and owner is not None:
        owner = getattr(owner, "base", None)
    if owner is None or not hasattr(owner, "madvise") or not part.flags.c_contiguous:
        yield
        return
    start = part.ctypes.data - np.frombuffer(owner, np.uint8).ctypes.data
    length = part.nbytes + start % mmap.PAGESIZE
    start -= start % mmap.PAGESIZE
    owner.madvise(mmap.MADV_WILLNEED, start, length)
    yield
    owner.madvise(mmap.MADV_DONTNEED, start, length)


def _bypass_cache(file: int) -> None:
    """Have a file written and read without the page cache, where its file system can.

    Written pages count as memory of a control group until the disk has them. A process that writes
    faster than the disk is made to wait with all its threads, those that train too.
    """
    direct = getattr(os, "O_DIRECT", 0)
    if not direct:
        return
    import fcntl  # not on every system

    before = fcntl.fcntl(file, fcntl.F_GETFL)
    try:
        fcntl.fcntl(file, fcntl.F_SETFL, before | direct)
        os.pwrite(file, mmap.mmap(-1, _ALIGNMENT), 0)
    except OSError:
        fcntl.fcntl(file, fcntl.F_SETFL, before)


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _write_at(file: int, data: NDArray[np.uint8], place: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(file, data[done:].data, place + done)


def _read_at(file: int, data: NDArray[np.uint8], place: int) -> None:
    done = 0
    while done < len(data):
        done += os.preadv(file, [data[done:].data], place + done)


def ahead(calls: Iterable[Callable[[], T]]) -> Iterator[T]:
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
