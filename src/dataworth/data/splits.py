"""The held-out rows of a study."""

from __future__ import annotations

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
        "official", "groups", "latest", "stratified", "random", or "none" where no row is held out.
    """

    pool: View
    held_out: View
    how: str

    @property
    def official(self) -> bool:
        """Whether the held-out rows are the data's official split."""
        return self.how == OFFICIAL


def split(data: Data, held_out: float | int | None = None) -> Split:
    """Fix the held-out rows of a study: the official split, else a share of the rows.

    Of data with `groups`, whole groups in random order are held out, so that no group is on both
    sides; of data with `time`, the latest rows; of others a random share, stratified where there
    are classes.

    Parameters
    ----------
    data : Dataset or Rows
    held_out : float or int, optional
        A share (below 1) or a number of rows to hold out of data without an official split; a
        fifth by default. Whole groups, and rows of one time, may make it more. The choice depends
        on the data alone, never on a run's seed. 0 holds out nothing, for `Rows` alone: the model
        then scores itself.

    Raises
    ------
    StudyError
        If the data have an official split and `held_out` is given, have both groups and times, or
        too few rows are left.
    """
    every_row = np.arange(len(data), dtype=np.int64)
    official = data.official_test
    if official is not None:
        if held_out is not None:
            raise StudyError(
                f"held_out = {held_out}: {data.name} has an official held-out split of "
                f"{len(official):,} samples, which is used. Leave held_out out.",
                code="options-conflict",
            )
        held_rows = np.arange(len(official), dtype=np.int64)
        return Split(View(data, every_row), View(official, held_rows), OFFICIAL)
    if held_out == 0 and isinstance(data, Rows):
        return without_held_out(data)
    count = _held_out_count(data, DEFAULT_HELD_OUT if held_out is None else held_out)
    if data.groups is not None and data.time is not None:
        raise StudyError(
            f"{data.name} has groups and times; rows are held out by one of them. Leave one out.",
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
            f"held_out = {held_out}: expected a share between 0 and 1, or a number of samples "
            f"below the {len(data):,} of {data.name}.",
            code="not-a-share",
        )
    return count
