"""The held-out rows of a study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
        "official", "stratified", "random", or "none" where no row is held out.
    """

    pool: View
    held_out: View
    how: str

    @property
    def official(self) -> bool:
        """Whether the held-out rows are the data's official split."""
        return self.how == OFFICIAL


def split(data: Data, held_out: float | int | None = None) -> Split:
    """Fix the held-out rows of a study: the official split, else a random share.

    The share is stratified where the data have classes.

    Parameters
    ----------
    data : Dataset or Rows
    held_out : float or int, optional
        A share (below 1) or a number of rows to hold out of data without an official split; a
        fifth by default. The choice depends on the data alone, never on a run's seed. 0 holds out
        nothing, for `Rows` alone: the model then scores itself.

    Raises
    ------
    StudyError
        If the data have an official split and `held_out` is given, or too few rows are left.
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
    strata = data.strata
    order = shuffled(every_row, strata, (HELD_OUT_STREAM,))
    pool, held_rows = np.sort(order[count:]), np.sort(order[:count])
    how = "random" if strata is None else "stratified"
    return Split(View(data, pool), View(data, held_rows), how)


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
