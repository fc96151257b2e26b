"""Which rows a run trains on: nested subsets, and the part for early stopping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from dataworth.data.base import Data, RowNumbers
from dataworth.data.shuffle import SUBSET_STREAM, VALIDATION_STREAM, shuffled
from dataworth.errors import StudyError

Method = Literal["nested", "prefix"]

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


SAMPLERS: Mapping[str, Sampler] = MappingProxyType(
    {"nested": NestedSampler(), "prefix": PrefixSampler()}
)
"""The samplers that a study can name."""
METHODS = tuple(SAMPLERS)


def subset_rows(
    data: Data, pool: RowNumbers, size: int, *, seed: int, sampler: Sampler
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

    Returns
    -------
    ndarray of int64, shape (size,)

    Raises
    ------
    StudyError
        If there are fewer rows than `size`.
    """
    if not 1 <= size <= len(pool):
        raise StudyError(
            f"size {size:,}: {len(pool):,} samples may be trained on; sizes must lie between 1 "
            "and that number.",
            code="size-out-of-range",
        )
    return sampler.order(data, pool, seed)[:size]


def validation_split(data: Data, rows: RowNumbers, *, seed: int) -> tuple[RowNumbers, RowNumbers]:
    """Take a part out of a subset for early stopping: (training rows, validation rows).

    The part is stratified where the data have classes.

    Raises
    ------
    StudyError
        If the subset is too small to give any.
    """
    count = validation_count(len(rows))
    order = shuffled(rows, data.strata, (VALIDATION_STREAM, seed))
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
