"""The held-out rows of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import Data, RowNumbers, View
from dataworth.data.rows import Rows
from dataworth.data.shuffle import HELD_OUT_STREAM, shuffled
from dataworth.errors import StudyError

DEFAULT_HELD_OUT = 0.2
OFFICIAL = "official"


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of a study: those that may be trained on, and those that are held out.

    Attributes
    ----------
    pool : View
        Rows that may be trained on, rising.
    held_out : View
        Held-out rows, rising: the official split, or rows of the same data that are not in `pool`.
    how : str
        "official", "groups", "latest", "stratified", "random", "rows" (those that the user gave),
        "folds", or "none" where no row is held out.
    folds : tuple of (ndarray of int64, ndarray of int64)
        The pool and the held-out rows of each fold; seed s has fold s modulo their number. `pool`
        and `held_out` are then those of the first fold.
    """

    pool: View
    held_out: View
    how: str
    folds: tuple[tuple[RowNumbers, RowNumbers], ...] = ()

    @property
    def official(self) -> bool:
        """Whether the held-out rows are the data's official split."""
        return self.how == OFFICIAL

    def of(self, seed: int) -> Split:
        """The split of a seed: its fold, or the split itself where there are no folds."""
        if not self.folds:
            return self
        pool, held_out = self.folds[seed % len(self.folds)]
        data = self.pool.data
        return Split(View(data, pool), View(data, held_out), self.how)

    def on(self, data: Data) -> Split:
        """The same split of another form of the same data."""
        test = data.official_test if self.official else data
        assert test is not None
        held_out = View(test, self.held_out.rows)
        return Split(View(data, self.pool.rows), held_out, self.how, self.folds)

    @property
    def identity(self) -> dict[str, str]:
        """A hash of the rows, where the data and the number of held-out rows do not determine them.

        Empty for a split that does.
        """
        if self.how not in ("rows", "folds"):
            return {}
        digest = hashlib.blake2b(digest_size=16)
        for _, held_out in self.folds or [(self.pool.rows, self.held_out.rows)]:
            digest.update(len(held_out).to_bytes(8, "little") + held_out.tobytes())
        return {"folds" if self.folds else "held_out_rows": digest.hexdigest()}


def split(
    data: Data, held_out: float | int | Sequence[int] | NDArray[np.integer[Any]] | None = None
) -> Split:
    """Fix the held-out rows of a study: the official split, else a share of the rows.

    Of data with `groups`, whole groups in random order are held out, so that no group is on both
    sides; of data with `time`, the latest rows; of others a random share, stratified where there
    are classes.

    Parameters
    ----------
    data : Dataset or Rows
    held_out : float, int or sequence of int, optional
        A share (below 1) or a number of rows to hold out of data without an official split; a
        fifth by default. Or the numbers of the rows themselves, counted from 0, which replace an
        official split too. Whole groups, and rows of one time, may make it more. The choice depends
        on the data alone, never on a run's seed. 0 holds out nothing, for `Rows` alone: the model
        then scores itself.

    Raises
    ------
    StudyError
        If the data have an official split and `held_out` is a share or a number, have both groups
        and times, or too few rows are left; or if row numbers are none of the data's.
    """
    every_row = np.arange(len(data), dtype=np.int64)
    if held_out is not None and not isinstance(held_out, float | int):
        return _of_rows(data, np.asarray(held_out))
    official = data.official_test
    if official is not None:
        if held_out is not None:
            raise StudyError(
                f"held_out = {held_out}: {data.name} has an official held-out split of "
                f"{len(official):,} samples, which is used. Omit held_out.",
                code="options-conflict",
            )
        held_rows = np.arange(len(official), dtype=np.int64)
        return Split(View(data, every_row), View(official, held_rows), OFFICIAL)
    if held_out == 0 and isinstance(data, Rows):
        return without_held_out(data)
    count = _held_out_count(data, DEFAULT_HELD_OUT if held_out is None else held_out)
    if data.groups is not None and data.time is not None:
        raise StudyError(
            f"{data.name} has groups and times; rows are held out by one of them. Omit one.",
            code="options-conflict",
        )
    if data.groups is not None:
        held, how = _whole_groups(data.groups, count), "groups"
    elif data.time is not None:
        held, how = _latest(data.time, count), "latest"
    else:
        order = shuffled(every_row, data.strata, (HELD_OUT_STREAM,))
        held = np.zeros(len(data), bool)
        held[order[:count]] = True
        how = "random" if data.strata is None else "stratified"
    if held.all():
        raise StudyError(
            f"held_out = {held_out}: all rows of {data.name} would be held out, as they are of one "
            f"{'group' if how == 'groups' else 'time'} or nearly so. Hold out fewer.",
            code="no-rows",
        )
    return Split(View(data, every_row[~held]), View(data, every_row[held]), how)


def _of_rows(data: Data, rows: NDArray[Any]) -> Split:
    """The split that the user gives by its held-out rows."""
    count = len(data)
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or not len(rows):
        raise StudyError(
            f"held_out: an array of {rows.dtype} and shape {rows.shape}; expected numbers of rows, "
            "counted from 0.",
            code="shape-mismatch",
        )
    outside = rows[(rows < 0) | (rows >= count)]
    if len(outside):
        raise StudyError(
            f"held_out: row {int(outside[0]):,} is none of the rows 0..{count - 1:,} of "
            f"{data.name}.",
            code="value-out-of-range",
        )
    held = np.zeros(count, bool)
    held[rows] = True
    if held.sum() < len(rows):
        twice = int(np.flatnonzero(np.bincount(rows.astype(np.int64)) > 1)[0])
        raise StudyError(f"held_out: row {twice:,} is given twice.", code="named-twice")
    if held.all():
        raise StudyError(
            f"held_out: all {count:,} rows of {data.name} would be held out.", code="no-rows"
        )
    pool, held_rows = np.flatnonzero(~held), np.flatnonzero(held)
    return Split(View(data, pool), View(data, held_rows), "rows")


def _whole_groups(groups: NDArray[Any], count: int) -> NDArray[np.bool_]:
    """Rows of randomly chosen groups that together have at least `count` rows."""
    _, group_of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = shuffled(np.arange(len(sizes)), None, (HELD_OUT_STREAM,))
    enough = int(np.searchsorted(np.cumsum(sizes[order]), count)) + 1
    return np.isin(group_of_row, order[:enough])


def _latest(time: NDArray[Any], count: int) -> NDArray[np.bool_]:
    """The `count` latest rows, and those of the same time as the earliest of them."""
    return np.asarray(time >= np.sort(time)[-count])


def without_held_out(data: Data) -> Split:
    """All rows, none of them held out."""
    every_row: RowNumbers = np.arange(len(data), dtype=np.int64)
    return Split(View(data, every_row), View(data, every_row[:0]), "none")


def _held_out_count(data: Data, held_out: float | int) -> int:
    count = round(held_out * len(data)) if 0 < held_out < 1 else int(held_out)
    if not 1 <= count < len(data):
        raise StudyError(
            f"held_out = {held_out}: that would hold out {count:,} of the {len(data):,} samples of "
            f"{data.name}; expected at least one held out, and one left to train on.",
            code="value-out-of-range",
        )
    return count
