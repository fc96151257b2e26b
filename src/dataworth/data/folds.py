"""Folds: each seed of a study trains on other rows and is scored on the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import Data, RowNumbers, View
from dataworth.data.shuffle import HELD_OUT_STREAM, shuffled
from dataworth.data.splits import Split
from dataworth.errors import StudyError

Folds = tuple[tuple[RowNumbers, RowNumbers], ...]


def split_into_folds(data: Data, cv: Any) -> Split:
    """Divide the rows of data into folds; an official held-out split is ignored.

    Parameters
    ----------
    data : Dataset or Rows
    cv : int, splitter or iterable of (training rows, held-out rows)
        A number of folds: of data with groups, whole groups are held out; of data with times, each
        fold is trained on the past and scored on what follows; of classes, folds hold them by their
        share. Or an object with scikit-learn's method ``split(X, y, groups)``.

    Returns
    -------
    Split
        With ``folds``.

    Raises
    ------
    StudyError
        If there are too few rows or groups, or a fold has no rows or rows on both sides.
    """
    if isinstance(cv, int):
        folds = _own(data, cv)
    elif hasattr(cv, "split"):
        folds = _of_splitter(data, cv)
    else:
        folds = tuple((np.asarray(pool), np.asarray(held)) for pool, held in cv)
    checked = tuple(
        _checked(data, index, *map(np.asarray, pair)) for index, pair in enumerate(folds)
    )
    pool, held_out = checked[0]
    return Split(View(data, pool), View(data, held_out), "folds", checked)


def number_of_folds(cv: Any) -> int:
    """How many folds `cv` gives.

    Raises
    ------
    StudyError
        If `cv` cannot be folds.
    """
    if isinstance(cv, int | np.integer) and not isinstance(cv, bool) and cv >= 2:
        return int(cv)
    if hasattr(cv, "split") and hasattr(cv, "get_n_splits"):
        try:
            return int(cv.get_n_splits())
        except (TypeError, ValueError):
            raise StudyError(
                f"cv = {cv!r}: how many folds it gives depends on the data. Say how many seeds: "
                "each seed has one fold.",
                code="option-missing",
                option="seeds",
            ) from None
    if isinstance(cv, list | tuple) and cv:
        return len(cv)
    raise StudyError(
        f"cv = {cv!r}: expected a number of folds from 2 on, a splitter of scikit-learn, or a list "
        "of pairs (training rows, held-out rows).",
        code="wrong-type",
        option="cv",
    )


def _own(data: Data, count: int) -> Folds:
    rows = np.arange(len(data), dtype=np.int64)
    if data.time is not None and data.groups is None:
        return _forward(data.time, count)
    units = len(data) if data.groups is None else len(np.unique(data.groups))
    if units < count:
        what = "rows" if data.groups is None else "groups"
        raise StudyError(
            f"cv = {count}: {data.name} has {units:,} {what}; expected at least one for each fold.",
            code="no-rows",
        )
    if data.groups is not None:
        fold = _of_groups(data.groups, count)
    else:
        order = shuffled(rows, None, (HELD_OUT_STREAM,))
        if data.strata is not None:
            # Class by class: each is dealt out to all folds in turn.
            order = order[np.argsort(data.strata[order], kind="stable")]
        fold = np.empty(len(rows), np.int64)
        fold[order] = np.arange(len(rows)) % count
    return tuple((rows[fold != each], rows[fold == each]) for each in range(count))


def _of_groups(groups: NDArray[Any], count: int) -> NDArray[np.int64]:
    """A fold for each row: the largest groups first, each to the fold that has the fewest rows."""
    _, group_of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = shuffled(np.arange(len(sizes)), None, (HELD_OUT_STREAM,))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(count, np.int64)
    fold_of_group = np.empty(len(sizes), np.int64)
    for group in order:
        fold_of_group[group] = filled.argmin()
        filled[fold_of_group[group]] += sizes[group]
    folds: NDArray[np.int64] = fold_of_group[group_of_row]
    return folds


def _forward(time: NDArray[Any], count: int) -> Folds:
    """Each fold is scored on one of `count` later parts of the rows and trained on all before."""
    times, time_of_row = np.unique(time, return_inverse=True)
    if len(times) <= count:
        raise StudyError(
            f"cv = {count}: the rows are of {len(times)} different times; expected more than one "
            "for each fold.",
            code="no-rows",
        )
    # Rows of one time stay together.
    ends = np.cumsum(np.bincount(time_of_row))
    part_of_time = np.minimum((ends - 1) * (count + 1) // len(time), count)
    part = part_of_time[time_of_row]
    rows = np.arange(len(time), dtype=np.int64)
    return tuple((rows[part < each], rows[part == each]) for each in range(1, count + 1))


def _of_splitter(data: Data, cv: Any) -> Folds:
    rows = np.arange(len(data), dtype=np.int64)
    strata = data.strata
    try:
        pairs: Iterable[Any] = list(cv.split(rows[:, None], strata, data.groups))
    except (ValueError, TypeError) as error:
        raise StudyError(
            f"cv = {cv!r} cannot split {data.name}: {error}", code="value-out-of-range", option="cv"
        ) from None
    return tuple((np.asarray(pool), np.asarray(held)) for pool, held in pairs)


def _checked(
    data: Data, index: int, pool: NDArray[Any], held: NDArray[Any]
) -> tuple[RowNumbers, RowNumbers]:
    for rows, what in ((pool, "training"), (held, "held-out")):
        whole = rows.ndim == 1 and rows.dtype.kind in "iu" and len(rows)
        if not whole or rows.min() < 0 or rows.max() >= len(data):
            raise StudyError(
                f"cv: the {what} rows of fold {index} are not numbers of rows "
                f"0..{len(data) - 1:,} of {data.name}.",
                code="value-out-of-range",
                option="cv",
            )
    both = np.intersect1d(pool, held)
    if len(both):
        raise StudyError(
            f"cv: row {int(both[0]):,} is trained on and held out in fold {index}.",
            code="options-conflict",
            option="cv",
        )
    return np.unique(pool).astype(np.int64), np.unique(held).astype(np.int64)
