"""Which rows a run trains on: nested subsets, and the part for early stopping."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import format_share
from dataworth.data.base import Data, RowNumbers
from dataworth.data.shuffle import SUBSET_STREAM, VALIDATION_STREAM, shuffled
from dataworth.errors import StudyError

Method = Literal["nested", "prefix", "latest", "earliest"]
Count = Literal["rows", "groups"]
COUNTS: tuple[Count, ...] = ("rows", "groups")
"""What a size counts: rows, or whole groups of rows."""

VALIDATION_SHARE = 0.1


class Sampler(Protocol):
    """Puts the rows that may be trained on into an order; a subset of n rows is its beginning.

    Subsets are nested by construction: the rows of a small one are rows of every larger one.
    """

    def order(self, data: Data, pool: RowNumbers, seed: int) -> RowNumbers:
        """All rows of `pool` in the order of a seed."""


@dataclass(frozen=True)
class NestedSampler:
    """Each seed has a random order of its own, stratified where the data have classes.

    A subset then holds each class in proportion to its share, to within one row.
    """

    def order(self, data: Data, pool: RowNumbers, seed: int) -> RowNumbers:
        """All rows of `pool` in the order of a seed."""
        return shuffled(pool, data.strata, (SUBSET_STREAM, seed))


@dataclass(frozen=True)
class PrefixSampler:
    """The order of the data for every seed: a subset is ``.iloc[:n]``."""

    def order(self, data: Data, pool: RowNumbers, seed: int) -> RowNumbers:
        """`pool` as it is."""
        del data, seed
        return pool


@dataclass(frozen=True)
class TimeSampler:
    """The order of time for every seed; rows of one time are in random order.

    Attributes
    ----------
    latest : bool
        Whether a subset is the latest rows, rather than the earliest.
    """

    latest: bool

    def order(self, data: Data, pool: RowNumbers, seed: int) -> RowNumbers:
        """All rows of `pool` by their time.

        Raises
        ------
        StudyError
            If the data have no times.
        """
        if data.time is None:
            raise StudyError(
                f'subset = "{"latest" if self.latest else "earliest"}": {data.name} has no times. '
                "Give the column of times (time=, --time), or use nested subsets.",
                code="option-missing",
                option="time",
            )
        rows = shuffled(pool, None, (SUBSET_STREAM, seed))
        rank = np.unique(data.time, return_inverse=True)[1][rows]
        return rows[np.argsort(-rank if self.latest else rank, kind="stable")]


SAMPLERS: Mapping[str, Sampler] = MappingProxyType(
    {
        "nested": NestedSampler(),
        "prefix": PrefixSampler(),
        "latest": TimeSampler(latest=True),
        "earliest": TimeSampler(latest=False),
    }
)
"""The samplers that a study can name."""
METHODS = tuple(SAMPLERS)


def units(data: Data, pool: RowNumbers, count: Count) -> int:
    """How many rows, or groups, of `pool` may be trained on.

    Raises
    ------
    StudyError
        If groups are to be counted and the data have none.
    """
    return len(pool) if count == "rows" else len(np.unique(_groups(data)[pool]))


def _groups(data: Data) -> NDArray[Any]:
    if data.groups is None:
        raise StudyError(
            f'count = "groups": {data.name} has no groups. Give their column (groups=, --groups).',
            code="option-missing",
            option="groups",
        )
    return data.groups


def subset_rows(
    data: Data,
    pool: RowNumbers,
    size: int,
    *,
    seed: int,
    sampler: Sampler,
    count: Count = "rows",
    at_least: int = 0,
) -> RowNumbers:
    """The rows of one run: the first `size` of the seed's order.

    Parameters
    ----------
    data : Data
    pool : ndarray of int64
        The rows that may be trained on.
    size : int
        Number of training samples.
    seed : int
        The run's seed.
    sampler : Sampler
    count : {"rows", "groups"}
        What `size` counts. Of groups, all rows of the first `size` groups in the order of the seed
        are taken.
    at_least : int
        The subset holds so many rows of each class of the pool, or all where a class has fewer.

    Returns
    -------
    ndarray of int64, shape (size,)
        Of groups more: all their rows.

    Raises
    ------
    StudyError
        If there are fewer rows than `size`, or it is too small for `at_least`.
    """
    _check_size(data, pool, size, count)
    order = _order(data, pool, sampler, seed)
    if count == "groups":
        of_rows = _groups(data)[order]
        # The groups in the order of their first rows: those of a smaller subset stay.
        first = np.sort(np.unique(of_rows, return_index=True)[1])[:size]
        of_groups: RowNumbers = order[np.isin(of_rows, of_rows[first])]
        return of_groups
    # A copy: a user's function may shuffle its rows in place.
    chosen = _with_each_class(data, order, size, at_least) if at_least else order
    return chosen[:size].copy()


def check_subset(
    data: Data,
    pool: RowNumbers,
    size: int,
    *,
    seed: int,
    sampler: Sampler,
    count: Count = "rows",
    at_least: int = 0,
) -> None:
    """Refuse what `subset_rows` would refuse, without an order of all rows where none is needed.

    Raises
    ------
    StudyError
        See `subset_rows`.
    """
    if at_least or isinstance(sampler, TimeSampler):
        options: dict[str, Any] = {"count": count, "at_least": at_least}
        subset_rows(data, pool, size, seed=seed, sampler=sampler, **options)
    else:
        _check_size(data, pool, size, count)


def _check_size(data: Data, pool: RowNumbers, size: int, count: Count) -> None:
    available = units(data, pool, count)
    if not 1 <= size <= available:
        what = "samples" if count == "rows" else "groups"
        raise StudyError(
            f"size {size:,}: {available:,} {what} may be trained on; sizes must lie between 1 "
            "and that number.",
            code="size-out-of-range",
        )


_ORDERS: WeakKeyDictionary[Data, OrderedDict[tuple[Sampler, int], tuple[RowNumbers, RowNumbers]]]
_ORDERS = WeakKeyDictionary()
_MOST_ORDERED_BYTES = 64 << 20


def _order(data: Data, pool: RowNumbers, sampler: Sampler, seed: int) -> RowNumbers:
    """The order of a seed, which is drawn once for all sizes while there is room for it."""
    orders = _ORDERS.setdefault(data, OrderedDict())
    known = orders.get((sampler, seed))
    if known is not None and known[0] is pool:
        orders.move_to_end((sampler, seed))
        return known[1]
    # Room is made first: an order is drawn in several times its own memory.
    room = _MOST_ORDERED_BYTES - pool.nbytes
    while orders and sum(each.nbytes for _, each in orders.values()) > room:
        orders.popitem(last=False)
    order = sampler.order(data, pool, seed)
    orders[sampler, seed] = (pool, order)
    return order


def _with_each_class(data: Data, order: RowNumbers, size: int, least: int) -> RowNumbers:
    """The order with the first `least` rows of each class at its beginning."""
    strata = data.strata
    if strata is None:
        raise StudyError(
            f"at_least = {least}: {data.name} has no classes of which a subset could hold so many "
            "rows.",
            code="no-classes",
            option="at_least",
        )
    classes = strata[order]
    by_class = np.argsort(classes, kind="stable")
    counts = np.bincount(classes)
    nth = np.empty(len(order), np.int64)
    nth[by_class] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    needed = int(np.minimum(counts, least).sum())
    if size < needed:
        raise StudyError(
            f"size {size:,} with at_least = {least}: {np.count_nonzero(counts)} classes need "
            f"{needed:,} samples. Use larger sizes, or a smaller at_least.",
            code="size-out-of-range",
            option="at_least",
        )
    return order[np.argsort(nth >= least, kind="stable")]


def validation_split(data: Data, rows: RowNumbers, *, seed: int) -> tuple[RowNumbers, RowNumbers]:
    """Take a part out of a subset for early stopping: (training rows, validation rows).

    Of data with groups, it consists of whole groups in random order, a tenth of the rows or more,
    so that no group is on both sides. Otherwise it is stratified where the data have classes.

    Raises
    ------
    StudyError
        If the subset is too small to give any, or all its rows are of one group.
    """
    count = validation_count(len(rows))
    if data.groups is not None:
        return _validation_groups(data.groups[rows], rows, count, seed)
    order = shuffled(rows, data.strata, (VALIDATION_STREAM, seed))
    return order[count:], order[:count]


def _validation_groups(
    groups: NDArray[Any], rows: RowNumbers, count: int, seed: int
) -> tuple[RowNumbers, RowNumbers]:
    """Whole groups with at least `count` rows if some group is left to train on, else fewer."""
    _, group_of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        raise StudyError(
            f"size {len(rows):,} with patience: all its rows are of the group {groups[0]}, and "
            "none could be taken for validation without it. Use larger sizes, or no patience.",
            code="size-out-of-range",
        )
    order = shuffled(np.arange(len(sizes)), None, (VALIDATION_STREAM, seed))
    enough = int(np.searchsorted(np.cumsum(sizes[order]), count)) + 1
    taken = np.isin(group_of_row, order[: min(enough, len(sizes) - 1)])
    mixed = shuffled(np.arange(len(rows)), None, (VALIDATION_STREAM, seed))
    return rows[mixed[~taken[mixed]]], rows[mixed[taken[mixed]]]


def validation_count(size: int) -> int:
    """How many samples of a subset of `size` early stopping validates on: a tenth.

    Raises
    ------
    StudyError
        If that is not a sample.
    """
    count = round(VALIDATION_SHARE * size)
    if count < 1:
        raise StudyError(
            f"size {size:,} with patience: {format_share(VALIDATION_SHARE)} of it is not a sample "
            "to validate on. Use larger sizes, or no patience.",
            code="size-out-of-range",
        )
    return count
