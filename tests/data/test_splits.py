import numpy as np
import pytest
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
