"""Which rows are held out: rows of the user's own, folds, groups and times; and small subsets."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from errors import raises
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, LeaveOneOut, ShuffleSplit, StratifiedKFold

from dataworth.data.dataset import Dataset
from dataworth.data.folds import number_of_folds, split_into_folds
from dataworth.data.rows import Rows
from dataworth.data.splits import split
from dataworth.data.subsets import SAMPLERS, subset_rows, units
from dataworth.errors import StudyError

RANDOM = np.random.default_rng(3)
GROUPS = RANDOM.integers(0, 40, 300)
CLASSES = np.repeat([0, 1, 2], [240, 50, 10])
FEATURES = RANDOM.normal(size=(300, 2))


def test_rows_of_ones_own_are_held_out_beside_an_official_split() -> None:
    data = Dataset(FEATURES, CLASSES, FEATURES[:5], CLASSES[:5])
    found = split(data, [7, 3, 299])
    assert found.how == "rows"
    assert found.held_out.rows.tolist() == [3, 7, 299]
    assert len(found.pool) == 297
    assert not set(found.pool.rows) & {3, 7, 299}
    assert found.held_out.data is data
    assert found.identity != split(data, [7, 3, 298]).identity
    assert split(data).identity == split(Dataset(FEATURES, CLASSES)).identity == {}


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ([300], "value-out-of-range", "row 300 .*0..299"),
        ([-1], "value-out-of-range", "row -1 "),
        ([3, 3], "named-twice", "row 3 "),
        ([0.5, 1.5], "shape-mismatch", "float64"),
        ([[1], [2]], "shape-mismatch", r"\(2, 1\)"),
        (list(range(300)), "no-rows", "300"),
    ],
)
def test_rows_that_cannot_be_held_out(rows: Any, code: str, says: str) -> None:
    with raises(code, StudyError, says):
        split(Dataset(FEATURES, CLASSES), rows)


def test_folds_hold_out_every_row_once_and_classes_by_their_share() -> None:
    found = split_into_folds(Dataset(FEATURES, CLASSES), 5)
    held = [fold.held_out.rows for fold in map(found.of, range(5))]
    assert sorted(np.concatenate(held)) == list(range(300))
    for rows in held:
        assert np.bincount(CLASSES[rows], minlength=3).tolist() == [48, 10, 2]
    assert found.of(7).held_out.rows.tolist() == held[2].tolist()
    for fold in map(found.of, range(5)):
        assert not np.intersect1d(fold.pool.rows, fold.held_out.rows).size


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 12), min_size=30, max_size=60), st.integers(2, 4))
def test_no_group_is_on_both_sides_of_a_fold(groups: list[int], folds: int) -> None:
    data = Rows(len(groups), groups=groups)
    if len(set(groups)) < folds:
        with raises("no-rows", StudyError, "groups"):
            split_into_folds(data, folds)
        return
    found = split_into_folds(data, folds)
    sides = np.array(groups)
    for pool, held in found.folds:
        assert not set(sides[pool]) & set(sides[held])
    assert sorted(np.concatenate([held for _, held in found.folds])) == list(range(len(groups)))


def test_folds_of_times_train_on_the_past() -> None:
    time = RANDOM.permutation(np.repeat(np.arange(75), 4))
    found = split_into_folds(Rows(300, time=time), 4)
    for pool, held in found.folds:
        assert time[pool].max() < time[held].min()
    sizes = [len(pool) for pool, _ in found.folds]
    assert sizes == sorted(sizes)
    with raises("no-rows", StudyError, "2 different times"):
        split_into_folds(Rows(10, time=[1] * 5 + [2] * 5), 3)


@pytest.mark.parametrize("cv", [StratifiedKFold(4), GroupKFold(4), ShuffleSplit(4, random_state=1)])
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_a_splitter_of_scikit_learn_gives_its_own_folds(cv: Any) -> None:
    data = Dataset(FEATURES, CLASSES, groups=GROUPS)
    found = split_into_folds(data, cv)
    for (pool, held), (expected, expected_held) in zip(
        found.folds, cv.split(FEATURES, CLASSES, GROUPS), strict=True
    ):
        assert pool.tolist() == sorted(expected)
        assert held.tolist() == sorted(expected_held)
    assert number_of_folds(cv) == 4


def test_folds_that_are_none() -> None:
    data = Dataset(FEATURES, CLASSES)
    with raises("wrong-type", StudyError, "cv = 1"):
        number_of_folds(1)
    with raises("option-missing", StudyError, "seeds"):
        number_of_folds(LeaveOneOut())
    with raises("value-out-of-range", StudyError, "custom"):
        split_into_folds(data, GroupKFold(3))
    with raises("options-conflict", StudyError, "row 1 .*fold 0"):
        split_into_folds(data, [([0, 1], [1, 2])])
    with raises("value-out-of-range", StudyError, "held-out rows of fold 1"):
        split_into_folds(data, [([0, 1], [2]), ([0], [300])])


def test_every_small_subset_holds_rows_of_each_class() -> None:
    data = Dataset(FEATURES, CLASSES)
    pool = np.arange(300)
    orders = [
        subset_rows(data, pool, size, seed=1, sampler=SAMPLERS["nested"], at_least=4)
        for size in (12, 20, 100, 300)
    ]
    assert np.bincount(CLASSES[orders[0]]).tolist() == [4, 4, 4]
    for small, large in pairwise(orders):
        assert large[: len(small)].tolist() == small.tolist()
    # The rows beyond those follow the shares of the classes.
    assert np.bincount(CLASSES[orders[2]])[0] > 70
    with raises("size-out-of-range", StudyError, "size 11 .*12"):
        subset_rows(data, pool, 11, seed=1, sampler=SAMPLERS["nested"], at_least=4)
    # Of a class with fewer rows all are taken.
    all_of_it = subset_rows(data, pool, 60, seed=1, sampler=SAMPLERS["nested"], at_least=20)
    counts = np.bincount(CLASSES[all_of_it])
    assert counts.sum() == 60
    assert min(counts[:2]) >= 20
    assert counts[2] == 10
    values = Dataset(FEATURES, FEATURES[:, 0], task="regression")
    with raises("no-classes", StudyError, "at_least"):
        subset_rows(values, pool, 60, seed=1, sampler=SAMPLERS["nested"], at_least=2)


def test_sizes_may_count_groups() -> None:
    data = Rows(300, groups=GROUPS)
    pool = np.flatnonzero(GROUPS < 30)
    assert units(data, pool, "groups") == len(np.unique(GROUPS[pool]))
    before: set[int] = set()
    for size in range(1, units(data, pool, "groups") + 1):
        rows = subset_rows(data, pool, size, seed=2, sampler=SAMPLERS["nested"], count="groups")
        chosen = set(GROUPS[rows])
        assert len(chosen) == size
        assert before < chosen
        assert set(rows) == set(pool[np.isin(GROUPS[pool], list(chosen))])
        before = chosen
    with raises("size-out-of-range", StudyError, "groups"):
        subset_rows(data, pool, 31, seed=2, sampler=SAMPLERS["nested"], count="groups")
    with raises("option-missing", StudyError, "--groups"):
        units(Rows(10), np.arange(10), "groups")


def test_subsets_may_be_the_latest_or_the_earliest_rows() -> None:
    time = RANDOM.permutation(300) // 2
    data = Rows(300, time=time)
    pool = np.flatnonzero(time < 100)
    latest = subset_rows(data, pool, 40, seed=0, sampler=SAMPLERS["latest"])
    earliest = subset_rows(data, pool, 40, seed=0, sampler=SAMPLERS["earliest"])
    assert set(time[latest]) == set(range(80, 100))
    assert set(time[earliest]) == set(range(20))
    with raises("option-missing", StudyError, "--time"):
        subset_rows(Rows(10), np.arange(10), 3, seed=0, sampler=SAMPLERS["latest"])
