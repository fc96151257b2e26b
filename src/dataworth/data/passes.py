"""Passes over the samples of a run: their features, read in the order of an epoch.

How they are read depends on the memory of the machine; what is read does not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dataworth._util.machine import available_memory
from dataworth.data import features
from dataworth.data.base import RowNumbers
from dataworth.data.spool import Spool, has_room

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

    def in_order(self, order: RowNumbers) -> Read:
        """Begin to read the rows of `order`; what was begun before is not read any more."""

    def take(self, rows: RowNumbers) -> NDArray[Any]:
        """The features of `rows`, in their order."""


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
    distinct = np.unique(rows)
    if features.bytes_of(x, len(distinct)) <= _SUBSET_SHARE * memory:
        return Copied(x, distinct)
    if is_mapped and has_room(folder(), features.bytes_of(x, len(rows))):
        return Spooled(x, folder())
    return InPlace(x)


class InPlace:
    """Samples that are read where they are: in memory, in a mapped file, or made when needed."""

    def __init__(self, x: Any) -> None:
        self._x = x
        self.like = features.as_held(x[:0])

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


class Copied:
    """Samples of some rows, which are copied into memory.

    Parameters
    ----------
    x : ndarray or images, shape (n, ...)
    rows : ndarray of int64
        Distinct and rising; no other rows are read.
    """

    def __init__(self, x: Any, rows: RowNumbers) -> None:
        self._rows = rows
        self.like = features.as_held(x[:0])
        copy = np.empty((len(rows), *self.like.shape[1:]), self.like.dtype)
        for start, block in features.blocks(copy):
            features.copy_rows(x, rows[start : start + len(block)], block)
        self._copy = InPlace(copy)

    def in_order(self, order: RowNumbers) -> Read:
        """See `Samples`."""
        return self._copy.in_order(np.searchsorted(self._rows, order))

    def take(self, rows: RowNumbers) -> NDArray[Any]:
        """See `Samples`."""
        return self._copy.take(np.searchsorted(self._rows, rows))


class Spooled(InPlace):
    """Samples of a mapped file, of which an epoch is read through a `Spool`."""

    def __init__(self, x: NDArray[Any], folder: Path) -> None:
        super().__init__(x)
        self._spool = Spool(x, folder)

    def in_order(self, order: RowNumbers) -> Read:
        """See `Samples`."""
        windows = self._spool.windows(order)
        left = self.like

        def read(out: NDArray[Any]) -> None:
            nonlocal left
            done = 0
            while done < len(out):
                left = left if len(left) else next(windows)
                count = min(len(left), len(out) - done)
                out[done : done + count] = left[:count]
                left, done = left[count:], done + count

        return read
