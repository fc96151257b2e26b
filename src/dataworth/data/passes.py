"""Passes over the samples of a run: their features, read in the order of an epoch.

How they are read depends on the memory of the machine; what is read does not.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dataworth._util.machine import available_memory
from dataworth.data import features
from dataworth.data.base import RowNumbers
from dataworth.data.spool import Spool, Window, ahead, has_room

Read = Callable[[NDArray[Any]], None]
"""Copies the next rows of an order into an array: as many as it has."""
_SUBSET_SHARE = 0.25
"""Of the available memory; runs side by side, the network and the system need the rest."""


class Samples(Protocol):
    """Features of a data set that a run reads in the order of each epoch.

    Attributes
    ----------
    like : ndarray of uint8 or float32, shape (0, ...)
        The dtype and the shape of the samples.
    """

    like: NDArray[Any]

    def prepare(self, order: RowNumbers) -> None:
        """Begin what must be done before the rows of `order`, which follow later, can be read."""

    def in_order(self, order: RowNumbers) -> Read:
        """Begin to read the rows of `order`; what was begun before is not read any more."""

    def take(self, rows: RowNumbers) -> NDArray[Any]:
        """The features of `rows`, in their order."""

    def close(self) -> None:
        """End what was begun; nothing is read any more."""


def open_samples(x: Any, rows: RowNumbers, folder: Callable[[], Path]) -> Samples:
    """Choose how the features of a run are read.

    Those that fit in the available memory are read where they are. Of others, the rows of the run
    are copied into memory if they take up to a quarter of it. Otherwise a mapped file is read
    through a temporary file (`Spool`), if there is room for one. Images that are decoded or drawn
    when their rows are taken are read so.

    Parameters
    ----------
    x : ndarray or images, shape (n, ...)
    rows : ndarray of int64
        All rows that the run trains on or validates on.
    folder : callable
        The folder for a temporary file; called if one is made.
    """
    memory = available_memory()
    is_mapped = features.is_mapped(x)
    size = x.nbytes if is_mapped else features.bytes_of(x, len(x))
    if memory is None or size <= memory or not (is_mapped or features.is_lazy(x)):
        return InPlace(x)
    if features.bytes_of(x, len(rows)) <= _SUBSET_SHARE * memory:
        return Copied(x, np.unique(rows))
    if is_mapped and has_room(folder(), features.bytes_of(x, len(rows))):
        return Spooled(x, folder())
    return InPlace(x)


def in_pieces(samples: Samples, order: RowNumbers, size: int) -> Iterator[NDArray[Any]]:
    """The features of the rows of an order, in pieces of `size`; the next piece is read ahead.

    The last piece may be smaller.
    """
    read = samples.in_order(order)

    def piece(count: int) -> NDArray[Any]:
        out = np.empty((count, *samples.like.shape[1:]), samples.like.dtype)
        read(out)
        return out

    starts = range(0, len(order), size)
    yield from ahead(partial(piece, min(size, len(order) - start)) for start in starts)


class InPlace:
    """Samples that are read where they are: in memory, in a mapped file, or made when needed."""

    def __init__(self, x: Any) -> None:
        self._x = x
        self.like = features.as_held(x[:0])

    def prepare(self, order: RowNumbers) -> None:
        """See `Samples`."""

    def in_order(self, order: RowNumbers) -> Read:
        """See `Samples`."""
        begun = 0

        def read(out: NDArray[Any]) -> None:
            nonlocal begun
            features.copy_rows(self._x, order[begun : begun + len(out)], out)
            begun += len(out)

        return read

    def take(self, rows: RowNumbers) -> NDArray[Any]:
        """See `Samples`."""
        taken: NDArray[Any] = features.take(self._x, rows)
        return taken

    def close(self) -> None:
        """See `Samples`."""


class Copied(InPlace):
    """Samples of some rows, which are copied into memory.

    Parameters
    ----------
    x : ndarray or images, shape (n, ...)
    rows : ndarray of int64
        Distinct and rising; no other rows are read.
    """

    def __init__(self, x: Any, rows: RowNumbers) -> None:
        self._rows = rows
        like = features.as_held(x[:0])
        copy = np.empty((len(rows), *like.shape[1:]), like.dtype)
        for start, block in features.blocks(copy):
            features.copy_rows(x, rows[start : start + len(block)], block)
        super().__init__(copy)

    def in_order(self, order: RowNumbers) -> Read:
        """See `Samples`."""
        return super().in_order(np.searchsorted(self._rows, order))

    def take(self, rows: RowNumbers) -> NDArray[Any]:
        """See `Samples`."""
        return super().take(np.searchsorted(self._rows, rows))


class Spooled(InPlace):
    """Samples of a mapped file, of which an epoch is read through a `Spool`.

    The rows of an order that is prepared are sorted by a thread, in the order of preparation.

    Parameters
    ----------
    x : ndarray, shape (n, ...)
        Mapped from a file.
    folder : Path
        For temporary files: that of the present order, and that of the next one if there is room.
    """

    def __init__(self, x: NDArray[Any], folder: Path) -> None:
        super().__init__(x)
        self._folder = folder
        self._thread = ThreadPoolExecutor(1)
        self._begun: list[_Begun] = []
        self._windows: Generator[Window] | None = None

    def prepare(self, order: RowNumbers) -> None:
        """See `Samples`."""
        if has_room(self._folder, features.bytes_of(self._x, len(order))):
            self._begin(order)

    def in_order(self, order: RowNumbers) -> Read:
        """See `Samples`."""
        self._end_until(order)
        if not self._begun:
            self._begin(order)
        spool = self._begun[0].spool
        rows, places = self.like, np.empty(0, np.int64)

        def read(out: NDArray[Any]) -> None:
            nonlocal rows, places
            if self._windows is None:
                self._windows = spool.result().windows()
            done = 0
            while done < len(out):
                if not len(places):
                    rows, places = next(self._windows)
                count = min(len(places), len(out) - done)
                features.copy_rows(rows, places[:count], out[done : done + count])
                places, done = places[count:], done + count

        return read

    def close(self) -> None:
        """See `Samples`."""
        self._end_until(None)
        self._thread.shutdown()

    def _begin(self, order: RowNumbers) -> None:
        is_unwanted = Event()
        spool = self._thread.submit(Spool, self._x, order, self._folder, is_unwanted)
        self._begun.append(_Begun(order, spool, is_unwanted))

    def _end_until(self, order: RowNumbers | None) -> None:
        """End what was begun before `order`."""
        if self._windows is not None:
            self._windows.close()
            self._windows = None
        while self._begun and self._begun[0].order is not order:
            begun = self._begun.pop(0)
            begun.is_unwanted.set()
            if not begun.spool.cancel() and begun.spool.exception() is None:
                begun.spool.result().close()


class _Begun(NamedTuple):
    """An order, its rows as they will be sorted, and what stops that."""

    order: RowNumbers
    spool: Future[Spool]
    is_unwanted: Event
