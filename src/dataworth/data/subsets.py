"""Which rows a run may see: held-out split, nested stratified subsets, the paper's prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError

Method = Literal["nested", "prefix"]
Rows = NDArray[np.int64]

METHODS: tuple[str, ...] = get_args(Method)
DEFAULT_HELD_OUT = 0.2
VALIDATION_SHARE = 0.1

# Separate streams of random numbers, so that no choice of one kind ever moves another.
_HELD_OUT_STREAM, _SUBSET_STREAM, _VALIDATION_STREAM = 1, 2, 3


@dataclass(frozen=True)
class Split:
    """The rows of a study: those that may be trained on, and the held-out samples.

    Attributes
    ----------
    rows : ndarray of int64
        Rows of ``Dataset.x_train`` that may be trained on, rising.
    x_test, y_test : ndarray
        Held-out samples: the official split, or rows of ``x_train`` that are not in `rows`.
    official : bool
        Whether the held-out samples are the data set's official split.
    """

    rows: Rows
    x_test: NDArray[Any]
    y_test: NDArray[np.int64]
    official: bool


def split(dataset: Dataset, held_out: float | int | None = None) -> Split:
    """Fix the held-out samples of a study: the official split, else a stratified share.

    Parameters
    ----------
    dataset : Dataset
    held_out : float or int, optional
        A share (below 1) or a number of samples to hold out of data without an official split;
        a fifth by default. The choice depends on the data alone, never on a run's seed.

    Returns
    -------
    Split

    Raises
    ------
    StudyError
        If the data have an official split and `held_out` is given, or too few rows are left.
    """
    if dataset.x_test is not None and dataset.y_test is not None:
        if held_out is not None:
            raise StudyError(
                f"held_out = {held_out}: {dataset.name} has an official held-out split of "
                f"{len(dataset.x_test):,} samples, which is used. Leave held_out out.",
                code="options-conflict",
            )
        every_row = np.arange(dataset.samples, dtype=np.int64)
        return Split(every_row, dataset.x_test, dataset.y_test, official=True)
    count = _held_out_count(dataset, DEFAULT_HELD_OUT if held_out is None else held_out)
    every_row = np.arange(dataset.samples, dtype=np.int64)
    order = _stratified_order(dataset.y_train, every_row, (_HELD_OUT_STREAM,))
    held_rows = np.sort(order[:count])
    return Split(
        rows=np.sort(order[count:]),
        x_test=dataset.x_train[held_rows],
        y_test=dataset.y_train[held_rows],
        official=False,
    )


def subset_rows(
    labels: NDArray[np.int64], rows: Rows, size: int, *, seed: int, method: Method = "nested"
) -> Rows:
    """The rows of one run.

    With ``"nested"`` each seed has its own order of all rows in which every beginning is
    stratified: a subset of n rows holds each class in proportion to its share, to within one row,
    and is contained in every larger subset of the seed. ``"prefix"`` is ``.iloc[:n]``.

    Parameters
    ----------
    labels : ndarray of int64, shape (pool,)
        Class indices of all rows.
    rows : ndarray of int64
        The rows that may be trained on.
    size : int
        Number of training samples.
    seed : int
        The run's seed; has no effect on a prefix.
    method : {"nested", "prefix"}

    Returns
    -------
    ndarray of int64, shape (size,)

    Raises
    ------
    StudyError
        If there are fewer rows than `size`.
    """
    if not 1 <= size <= len(rows):
        raise StudyError(
            f"size {size:,}: {len(rows):,} samples may be trained on; sizes must lie between 1 "
            "and that number.",
            code="size-out-of-range",
        )
    if method == "prefix":
        return rows[:size]
    return _stratified_order(labels, rows, (_SUBSET_STREAM, seed))[:size]


def validation_split(labels: NDArray[np.int64], rows: Rows, *, seed: int) -> tuple[Rows, Rows]:
    """Take a stratified part out of a subset for early stopping: (training rows, validation rows).

    Raises
    ------
    StudyError
        If the subset is too small to give any.
    """
    count = validation_count(len(rows))
    order = _stratified_order(labels, rows, (_VALIDATION_STREAM, seed))
    return order[count:], order[:count]


def validation_count(size: int) -> int:
    """How many samples of a subset of `size` early stopping looks at: a tenth.

    Raises
    ------
    StudyError
        If that is no sample.
    """
    count = round(VALIDATION_SHARE * size)
    if count < 1:
        raise StudyError(
            f"size {size:,} with patience: {VALIDATION_SHARE:.0%} of it is no sample to validate "
            "on. Use larger sizes, or no patience.",
            code="size-too-small",
        )
    return count


def _stratified_order(labels: NDArray[np.int64], rows: Rows, stream: tuple[int, ...]) -> Rows:
    """Order rows so that each beginning holds every class in proportion to its share.

    The k-th of a class's m rows stands at (k + 1/2) / m of the whole: a class has its first row
    in a beginning as soon as its share of that beginning rounds to one.
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence(stream)))
    shuffled = rows[random.permutation(len(rows))]
    by_class = np.argsort(labels[shuffled], kind="stable")
    counts = np.bincount(labels[rows])
    counts = counts[counts > 0]
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    position = (np.arange(len(rows)) - starts + 0.5) / np.repeat(counts, counts)
    # Classes of equal size tie at every position: let the shuffle, not the class index, decide.
    return shuffled[by_class[np.lexsort((by_class, position))]]


def _held_out_count(dataset: Dataset, held_out: float | int) -> int:
    count = round(held_out * dataset.samples) if 0 < held_out < 1 else int(held_out)
    if not 1 <= count < dataset.samples:
        raise StudyError(
            f"held_out = {held_out}: expected a share between 0 and 1, or a number of samples "
            f"below the {dataset.samples:,} of {dataset.name}.",
            code="not-a-share",
        )
    return count
