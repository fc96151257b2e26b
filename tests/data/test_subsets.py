import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.data.subsets import split, subset_rows, validation_split
from dataworth.errors import StudyError

labels_of = st.lists(st.integers(0, 4), min_size=12, max_size=200).map(
    lambda values: np.array(values, np.int64)
)


def dataset(labels: NDArray[np.int64], *, official: bool = False) -> Dataset:
    x = np.arange(len(labels), dtype=np.float32)[:, None]
    held = (x[:3] + 0.5, labels[:3]) if official else (None, None)
    return Dataset(x, labels, *held, class_names=list("abcde"))


@given(labels_of, st.integers(0, 5), st.data())
def test_larger_subsets_contain_smaller(
    labels: NDArray[np.int64], seed: int, data: st.DataObject
) -> None:
    rows = np.arange(len(labels))
    large = data.draw(st.integers(2, len(labels)))
    small = data.draw(st.integers(1, large))
    inner = subset_rows(labels, rows, small, seed=seed)
    outer = subset_rows(labels, rows, large, seed=seed)
    assert len(set(outer.tolist())) == large
    assert set(inner.tolist()) <= set(outer.tolist())


@given(labels_of, st.integers(0, 5), st.data())
def test_every_class_is_within_one_row_of_its_share(
    labels: NDArray[np.int64], seed: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(labels)))
    chosen = labels[subset_rows(labels, np.arange(len(labels)), size, seed=seed)]
    share = np.bincount(labels, minlength=5) * size / len(labels)
    classes = (share > 0).sum()
    assert (np.abs(np.bincount(chosen, minlength=5) - share) < max(1.0, classes / 2)).all()


def test_balanced_classes_are_all_there_as_soon_as_they_can_be() -> None:
    labels = np.repeat(np.arange(10), 50)
    chosen = labels[subset_rows(labels, np.arange(500), 10, seed=3)]
    assert sorted(chosen.tolist()) == list(range(10))


def test_seeds_choose_other_rows_and_the_same_seed_the_same() -> None:
    labels = np.arange(300) % 5
    first, again, other = (
        subset_rows(labels, np.arange(300), 60, seed=seed).tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert set(first) != set(other)


def test_prefix_is_the_first_rows_whatever_the_seed() -> None:
    rows = np.array([2, 3, 5, 7, 11])
    for seed in (0, 9):
        taken = subset_rows(np.zeros(20, np.int64), rows, 3, seed=seed, method="prefix")
        assert taken.tolist() == [2, 3, 5]


@pytest.mark.parametrize("size", [0, 13])
def test_impossible_sizes_are_refused(size: int) -> None:
    with raises("size-out-of-range", StudyError, "12 samples"):
        subset_rows(np.zeros(12, np.int64), np.arange(12), size, seed=0)


@given(labels_of, st.floats(0.1, 0.6))
def test_held_out_rows_are_never_trainable(labels: NDArray[np.int64], share: float) -> None:
    data = dataset(labels)
    parts = split(data, share)
    held = {int(value) for value in parts.x_test[:, 0]}
    assert not held & set(parts.rows.tolist())
    assert len(held) + len(parts.rows) == len(labels)
    assert not parts.official
    assert (labels[np.sort([*held])] == parts.y_test).all()


def test_the_official_split_is_used_whole() -> None:
    data = dataset(np.arange(50) % 5, official=True)
    parts = split(data)
    assert parts.official
    assert len(parts.rows) == 50
    assert parts.x_test is data.x_test
    with raises("options-conflict", StudyError, "held_out.* 3 samples"):
        split(data, 0.3)


@pytest.mark.parametrize("held_out", [0, -1, 50, 1.5e9])
def test_impossible_held_out_is_refused(held_out: float) -> None:
    with raises("not-a-share", StudyError, "held_out"):
        split(dataset(np.arange(50) % 5), held_out)


def test_validation_rows_are_a_stratified_tenth_of_the_subset() -> None:
    labels = np.arange(1000) % 5
    subset = subset_rows(labels, np.arange(1000), 500, seed=0)
    training, validation = validation_split(labels, subset, seed=0)
    assert sorted([*training, *validation]) == sorted(subset)
    assert np.bincount(labels[validation]).tolist() == [10] * 5
    with raises("size-too-small", StudyError, "patience"):
        validation_split(labels, subset[:4], seed=0)
