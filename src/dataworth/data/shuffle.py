"""Random orders of rows: the same on every machine, and stratified where there are classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import RowNumbers

# Separate streams of random numbers, so that a choice of one kind never moves another.
HELD_OUT_STREAM, SUBSET_STREAM, VALIDATION_STREAM = 1, 2, 3


def shuffled(
    rows: RowNumbers, strata: NDArray[np.int64] | None, stream: tuple[int, ...]
) -> RowNumbers:
    """Put rows into a random order in which each beginning holds every class by its share.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
    strata : ndarray of int64, shape (at least the largest of `rows` plus 1,), optional
        The class index of each row of the data; without it the order is plainly random.
    stream : tuple of int
        Which random numbers are used.
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence(stream)))
    order = rows[random.permutation(len(rows))]
    return order if strata is None else stratified(order, strata)


def stratified(rows: RowNumbers, strata: NDArray[np.int64]) -> RowNumbers:
    """Interleave the classes of shuffled rows, each class in the order that it has.

    The k-th of a class's m rows stands at (k + 1/2) / m of the whole: a class has its first row
    in a beginning as soon as its share of that beginning rounds to one.
    """
    classes = strata[rows]
    counts = np.bincount(classes)
    # In the smallest type, for which the stable sort is quick; all in few arrays of many rows.
    classes = classes.astype(np.min_scalar_type(len(counts)))
    by_class = np.argsort(classes, kind="stable").astype(np.min_scalar_type(len(rows)))
    del classes
    counts = counts[counts > 0]
    position = np.arange(len(rows), dtype=np.float64)
    position -= np.repeat(np.cumsum(counts) - counts, counts)
    position += 0.5
    position /= np.repeat(counts, counts)
    # Classes of equal size tie at every position: let the shuffle, not the class index, decide.
    order: RowNumbers = rows[by_class[np.lexsort((by_class, position))]]
    return order
