import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st

from dataworth.data.dataset import Dataset
from dataworth.data.rows import Rows
from dataworth.data.splits import split
from dataworth.errors import StudyError


def dataset(rows: int, *, official: bool = False) -> Dataset:
    x = np.arange(rows, dtype=np.float32)[:, None]
    y = np.arange(rows) % 5
    held = (x[:3] + 0.5, y[:3]) if official else (None, None)
    return Dataset(x, y, *held, class_names=list("abcde"))


@given(st.integers(12, 200), st.floats(0.1, 0.6))
def test_held_out_rows_are_never_trainable(rows: int, share: float) -> None:
    data = dataset(rows)
    parts = split(data, share)
    held = set(parts.held_out.rows.tolist())
    assert not held & set(parts.pool.rows.tolist())
    assert len(held) + len(parts.pool) == rows
    assert parts.how == "stratified"
    assert not parts.official
    assert parts.held_out.x[:, 0].tolist() == parts.held_out.rows.tolist()
    assert (parts.held_out.y == data.y[parts.held_out.rows]).all()


def test_a_stratified_split_holds_out_each_class_by_its_share() -> None:
    assert np.bincount(split(dataset(50)).held_out.y).tolist() == [2] * 5


def test_the_rows_that_are_held_out_depend_on_the_data_alone() -> None:
    assert split(dataset(20)).held_out.rows.tolist() == [1, 8, 10, 12]


def test_the_official_split_is_used_whole() -> None:
    data = dataset(50, official=True)
    parts = split(data)
    assert parts.official
    assert len(parts.pool) == 50
    assert parts.pool.x is data.x
    assert parts.held_out.x is data.x_test
    assert parts.held_out.y.tolist() == [0, 1, 2]
    with pytest.raises(StudyError, match="official held-out split of 3"):
        split(data, 0.3)


@pytest.mark.parametrize("held_out", [0, -1, 50, 1.5e9])
def test_impossible_held_out_is_refused(held_out: float) -> None:
    with pytest.raises(StudyError, match="held_out"):
        split(dataset(50), held_out)


def test_rows_without_classes_are_split_at_random() -> None:
    parts = split(Rows(100), 30)
    assert parts.how == "random"
    assert (len(parts.pool), len(parts.held_out)) == (70, 30)
    regression = Dataset(np.ones((100, 2)), np.linspace(0, 1, 100), task="regression")
    assert split(regression, 30).held_out.rows.tolist() == parts.held_out.rows.tolist()


def test_a_model_may_score_itself_on_rows_that_are_loaded_elsewhere() -> None:
    parts = split(Rows(100), 0)
    assert parts.how == "none"
    assert (len(parts.pool), len(parts.held_out)) == (100, 0)


@given(st.lists(st.integers(0, 6), min_size=20, max_size=80), st.floats(0.1, 0.5))
def test_no_group_is_on_both_sides(groups: list[int], share: float) -> None:
    data = Rows(len(groups), groups=[f"customer {group}" for group in groups])
    if max(groups.count(group) for group in set(groups)) > 0.4 * len(groups):
        return
    parts = split(data, share)
    assert data.groups is not None
    pool, held = (
        set(data.groups[rows].tolist()) for rows in (parts.pool.rows, parts.held_out.rows)
    )
    assert not pool & held
    assert len(parts.pool) + len(parts.held_out) == len(groups)
    assert len(parts.held_out) >= round(share * len(groups))
    assert parts.how == "groups"


def test_a_single_group_cannot_be_split() -> None:
    with raises("no-rows", StudyError, "one group"):
        split(Rows(10, groups=["a"] * 10))


def test_the_latest_rows_are_held_out() -> None:
    time = np.array([5, 1, 4, 2, 3, 9, 4, 0, 7, 6])
    parts = split(Rows(10, time=time), 3)
    assert parts.how == "latest"
    assert parts.held_out.rows.tolist() == [5, 8, 9]
    assert time[parts.pool.rows].max() < time[parts.held_out.rows].min()


def test_rows_of_one_time_stay_together() -> None:
    days = ["2024-01-01"] * 4 + ["2024-01-02"] * 4
    assert split(Rows(8, time=days), 1).held_out.rows.tolist() == [4, 5, 6, 7]
    with raises("no-rows", StudyError, "one time"):
        split(Rows(8, time=days), 5)


def test_groups_and_times_exclude_each_other() -> None:
    with raises("options-conflict", StudyError, "groups and times"):
        split(Rows(8, groups=range(8), time=range(8)))


def test_a_share_of_less_than_one_sample_is_explained() -> None:
    data = Dataset(np.eye(2), [0, 1])
    with raises("value-out-of-range", StudyError, "0 of the 2 samples"):
        split(data, 0.2)
