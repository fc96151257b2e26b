"""SizeGroups: the runs of a curve by size, so that each size is not averaged by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SizeGroups:
    """Rows of a curve, grouped by size.

    A log of training has tens of thousands of sizes. Those with the same number of runs are
    therefore computed at once, to the same bits as each size by itself.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Numbers of the rows, sizes rising.
    lengths : ndarray of int, shape (m,)
        How many of them each size has.
    """

    rows: Rows
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Rows]:
        """The rows of each size."""
        for start, length in zip(self._starts.tolist(), self.lengths.tolist(), strict=True):
            yield self.rows[start : start + length]

    def where(self, kept: NDArray[np.bool_]) -> SizeGroups:
        """The groups of some sizes, `kept` of shape (m,)."""
        return SizeGroups(self.rows[np.repeat(kept, self.lengths)], self.lengths[kept])

    def without(self, dropped: Rows) -> SizeGroups:
        """The groups without some rows; a size may have none left."""
        mask = ~np.isin(self.rows, dropped)
        which = np.repeat(np.arange(len(self)), self.lengths)
        return SizeGroups(self.rows[mask], np.bincount(which[mask], minlength=len(self)))

    def each(self, figure: Callable[[Rows], Floats]) -> Floats:
        """A figure of each size, shape (m,); NaN for a size without rows.

        `figure` takes rows of shape (k, length), and returns an array of shape (k,).
        """
        found, starts = np.full(len(self), np.nan), self._starts
        for length in np.unique(self.lengths[self.lengths > 0]).tolist():
            these = np.flatnonzero(self.lengths == length)
            found[these] = figure(self.rows[starts[these][:, None] + np.arange(length)])
        return found

    @property
    def _starts(self) -> NDArray[np.int64]:
        return np.cumsum(self.lengths) - self.lengths


def size_groups(samples: NDArray[np.int64], rows: NDArray[np.bool_]) -> SizeGroups:
    """Group some rows of a curve.

    Parameters
    ----------
    samples : ndarray of int, shape (n,)
        Numbers of training samples, rising.
    rows : ndarray of bool, shape (n,)
        Which rows to take. A size of which none is taken has an empty group.
    """
    first = np.ones(len(samples), bool)
    first[1:] = samples[1:] != samples[:-1]
    which = np.cumsum(first) - 1
    count = int(first.sum())
    return SizeGroups(np.flatnonzero(rows), np.bincount(which[rows], minlength=count))
