from dataclasses import dataclass, field

import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataworth.data.base import Data, RowNumbers
from dataworth.data.rows import Rows
from dataworth.data.subsets import (
    SAMPLERS,
    NestedSampler,
    PrefixSampler,
    subset_rows,
    validation_split,
)
from dataworth.errors import StudyError

labels_of = st.lists(st.integers(0, 4), min_size=12, max_size=200).map(
    lambda values: np.array(values, np.int64)
)


def order_of(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    data = Rows(len(labels), stratify=labels)
    return NestedSampler().order(data, np.arange(len(labels)), seed)


@given(labels_of, st.integers(0, 5), st.sampled_from(sorted(SAMPLERS)))
def test_an_order_holds_every_row_of_the_pool_once(
    labels: NDArray[np.int64], seed: int, method: str
) -> None:
    pool = np.flatnonzero(np.arange(len(labels)) % 3)
    data = Rows(len(labels), stratify=labels, time=labels % 3)
    order = SAMPLERS[method].order(data, pool, seed)
    assert sorted(order.tolist()) == pool.tolist()


@given(labels_of, st.integers(0, 5), st.data())
def test_every_class_is_within_one_row_of_its_share(
    labels: NDArray[np.int64], seed: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(labels)))
    chosen = labels[order_of(labels, seed)[:size]]
    share = np.bincount(labels, minlength=5) * size / len(labels)
    classes = (share > 0).sum()
    assert (np.abs(np.bincount(chosen, minlength=5) - share) < max(1.0, classes / 2)).all()


def test_balanced_classes_are_all_there_as_soon_as_they_can_be() -> None:
    labels = np.repeat(np.arange(10), 50)
    assert sorted(labels[order_of(labels, 3)[:10]].tolist()) == list(range(10))


@pytest.mark.parametrize("stratify", [None, np.arange(300) % 5])
def test_seeds_choose_other_rows_and_the_same_seed_the_same(
    stratify: NDArray[np.int64] | None,
) -> None:
    data, pool = Rows(300, stratify=stratify), np.arange(300)
    first, again, other = (
        NestedSampler().order(data, pool, seed)[:60].tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert set(first) != set(other)


def test_prefix_is_the_first_rows_whatever_the_seed() -> None:
    rows = np.array([2, 3, 5, 7, 11])
    for seed in (0, 9):
        taken = subset_rows(Rows(20), rows, 3, seed=seed, sampler=PrefixSampler())
        assert taken.tolist() == [2, 3, 5]


def test_a_seed_takes_the_rows_that_it_always_took() -> None:
    data = Rows(12, stratify=[0, 1, 2] * 4)
    taken = subset_rows(data, np.arange(12), 6, seed=5, sampler=NestedSampler())
    assert taken.tolist() == [5, 1, 6, 11, 10, 9]


@pytest.mark.parametrize("size", [0, 13])
def test_impossible_sizes_are_refused(size: int) -> None:
    with pytest.raises(StudyError, match="12 samples may be trained on"):
        subset_rows(Rows(12), np.arange(12), size, seed=0, sampler=NestedSampler())


def test_validation_rows_are_a_stratified_tenth_of_the_subset() -> None:
    labels = np.arange(1000) % 5
    data = Rows(1000, stratify=labels)
    subset = order_of(labels, 0)[:500]
    training, validation = validation_split(data, subset, seed=0)
    assert sorted([*training, *validation]) == sorted(subset)
    assert np.bincount(labels[validation]).tolist() == [10] * 5
    with pytest.raises(StudyError, match="patience"):
        validation_split(data, subset[:4], seed=0)


@given(
    st.lists(st.integers(0, 12), min_size=12, max_size=120).filter(lambda g: len(set(g)) > 1),
    st.integers(0, 5),
)
def test_validation_rows_are_whole_groups(groups: list[int], seed: int) -> None:
    group_of_row = np.array(groups)
    data = Rows(len(groups), stratify=np.arange(len(groups)) % 2, groups=group_of_row)
    subset = np.arange(len(groups))[::-1]
    training, validation = validation_split(data, subset, seed=seed)
    assert sorted([*training, *validation]) == sorted(subset)
    assert not set(group_of_row[training]) & set(group_of_row[validation])
    assert len(training)
    least = round(len(groups) / 10)
    assert len(validation) >= least or len(set(group_of_row[training])) == 1
    # No group more than is needed.
    if len(set(group_of_row[validation])) > 1:
        largest = np.bincount(group_of_row[validation]).max()
        assert len(validation) - largest < least
    for _ in range(2):
        again = validation_split(data, subset, seed=seed)
        np.testing.assert_array_equal(again[0], training)
        np.testing.assert_array_equal(again[1], validation)


def test_a_subset_of_one_group_has_no_rows_for_validation() -> None:
    data = Rows(100, groups=np.repeat(["ann", "bob"], 50))
    assert len(validation_split(data, np.arange(100), seed=0)[1]) == 50
    with raises("size-out-of-range", StudyError, "50 with patience.*ann"):
        validation_split(data, np.arange(50), seed=0)


@dataclass(frozen=True)
class Counting:
    """A sampler that counts how often it draws."""

    drawn: list[int] = field(default_factory=list, hash=False, compare=False)

    def order(self, data: Data, pool: RowNumbers, seed: int) -> RowNumbers:
        self.drawn.append(seed)
        return NestedSampler().order(data, pool, seed)


def test_an_order_is_drawn_once_for_all_sizes_of_a_seed_and_pool() -> None:
    data, pool, sampler = Rows(100), np.arange(100), Counting()
    rows = [
        subset_rows(data, pool, size, seed=seed, sampler=sampler)
        for size in (10, 20)
        for seed in (0, 1)
    ]
    assert sampler.drawn == [0, 1]
    expected = NestedSampler().order(data, pool, 0)
    # What a user's function does with its rows is not seen by later runs.
    rows[0].sort()
    assert rows[2].tolist() == expected[:20].tolist()
    assert subset_rows(data, pool, 10, seed=0, sampler=sampler).tolist() == expected[:10].tolist()
    fold = np.arange(50)
    assert subset_rows(data, fold, 50, seed=0, sampler=sampler).max() < 50
