"""From labels to classes: which classes there are, what is missing, and what is no class."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes

from dataworth.errors import DataError, LabelError
from dataworth.tasks.labels import class_indices


@pytest.mark.parametrize("rows", [26, 40, 3_000])
@pytest.mark.parametrize(
    "values", [range(2019, 2023), range(1, 27), (10, 20, 30), (-1, 1), range(10), (5,)]
)
def test_classes_are_the_numbers_that_occur(values: Any, rows: int) -> None:
    labels = np.resize(np.array(values), rows)
    indices, _, names = class_indices(labels, None, None)
    assert names == tuple(map(str, values))
    assert [names[index] for index in indices] == [str(label) for label in labels]


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=60))
def test_indices_and_names_give_the_labels_back(labels: list[int]) -> None:
    indices, _, names = class_indices(labels, None, None, numbers_are_classes=True)
    assert [int(names[index]) for index in indices] == labels
    assert sorted(map(int, names)) == sorted(set(labels))


def test_classes_that_are_named_need_not_occur() -> None:
    indices, _, names = class_indices([0, 2], None, ["a", "b", "c"])
    assert (indices.tolist(), names) == ([0, 2], ("a", "b", "c"))


def test_held_out_labels_have_classes_too() -> None:
    indices, held, names = class_indices([3, 1], [2, 3], None)
    assert held is not None
    assert (indices.tolist(), held.tolist(), names) == ([2, 0], [1, 2], ("1", "2", "3"))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (pd.Series([10, 2, 10], dtype=object), ("2", "10")),
        (pd.Categorical(["b", "a", "b"]), ("a", "b")),
        (pl.Series(["b", "a", "b"], dtype=pl.Categorical), ("a", "b")),
        ([True, False, True], ("0", "1")),
        ([2.0, 7.0, 2.0], ("2", "7")),
        (np.array(["2020", "2022"], "datetime64[Y]"), ("2020", "2022")),
        (["1", 1, "a"], ("1", "a")),
    ],
)
def test_labels_come_in_many_containers(labels: Any, names: tuple[str, ...]) -> None:
    assert class_indices(labels, None, None)[2] == names


TEXTS, NUMBERS = ["a", "b", None, "a"], [1, 2, None, 1]
CONTAINERS: dict[str, Callable[[], Any]] = {
    "list": lambda: TEXTS,
    "tuple": lambda: tuple(TEXTS),
    "object array": lambda: np.array(TEXTS, object),
    "column": lambda: np.array(TEXTS, object)[:, None],
    "Series": lambda: pd.Series(TEXTS),
    "Series of strings": lambda: pd.Series(TEXTS, dtype="string"),
    "categorical Series": lambda: pd.Series(TEXTS, dtype="category"),
    "Categorical": lambda: pd.Categorical(TEXTS),
    "frame": lambda: pd.DataFrame({"y": TEXTS}),
    "polars": lambda: pl.Series(TEXTS),
    "categorical polars": lambda: pl.Series(TEXTS, dtype=pl.Categorical),
    "NaN among texts": lambda: ["a", "b", float("nan"), "a"],
    "NA among texts": lambda: ["a", "b", pd.NA, "a"],
    "NaT among texts": lambda: ["a", "b", pd.NaT, "a"],
    "empty text": lambda: ["a", "b", "", "a"],
    "empty text in an array": lambda: np.array(["a", "b", "", "a"]),
    "numbers": lambda: NUMBERS,
    "Series of numbers": lambda: pd.Series(NUMBERS),
    "Series of integers": lambda: pd.Series(NUMBERS, dtype="Int64"),
    "polars numbers": lambda: pl.Series(NUMBERS),
    "floats": lambda: np.array([0.0, 1.0, np.nan, 1.0]),
    "masked": lambda: np.ma.masked_array([0, 1, 2, 1], [False, False, True, False]),
    "times": lambda: np.array(["2020", "2021", "NaT", "2020"], "datetime64[Y]"),
    "one-hot": lambda: np.array([[1.0, 0.0], [0.0, 1.0], [np.nan, 1.0], [1.0, 0.0]]),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("class_names", [None, ["a", "b"]])
def test_a_missing_label_is_refused_with_its_row(
    container: str, class_names: list[str] | None
) -> None:
    with raises("value-missing", DataError, r"y, row 2\b"):
        class_indices(CONTAINERS[container](), None, class_names)
    with raises("value-missing", DataError, r"y_test, row 2\b"):
        class_indices(["a", "b"], CONTAINERS[container](), class_names)


def test_pyarrow_is_read_where_it_is_installed() -> None:
    arrow = pytest.importorskip("pyarrow")
    assert class_indices(arrow.array(["b", "a"]), None, None)[2] == ("a", "b")
    with raises("value-missing", DataError, r"y, row 2\b"):
        class_indices(arrow.chunked_array([TEXTS]), None, None)


def ages(rows: int) -> Any:
    return np.resize(np.arange(91), rows)


@pytest.mark.parametrize(
    ("labels", "count"),
    [(load_diabetes().target, 214), (ages(600), 91), (range(30), 30), (np.arange(40) * 1.0, 40)],
)
def test_numbers_that_look_like_a_quantity_are_asked_about(labels: Any, count: int) -> None:
    with raises("target-unclear", LabelError, f"{count} distinct.*--task") as caught:
        class_indices(labels, None, None)
    assert len(caught.value.labels) == len(labels)
    assert len(class_indices(labels, None, None, numbers_are_classes=True)[2]) == count


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.arange(26), None),
        (np.arange(124) % 62, None),
        (ages(91 * 20), None),
        (np.arange(100_000) % 5_000, None),
        ([f"{age}" for age in ages(600)], None),
        (ages(600), [f"age {age}" for age in range(91)]),
    ],
)
def test_classes_are_not_taken_for_a_quantity(labels: Any, names: list[str] | None) -> None:
    assert len(class_indices(labels, None, names)[2]) == len(set(np.asarray(labels).tolist()))


def test_fractions_are_no_classes() -> None:
    with raises("label-not-a-class", LabelError, "row 1.*2.5.*task"):
        class_indices([1.0, 2.5, 3.1], None, None)
    with raises("label-not-a-class", LabelError, "row 0.*255") as caught:
        class_indices(np.arange(1, 7) / 255, None, None)
    assert "task" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "code", "said"),
    [
        (np.array(["a", "nan", "b"]), "value-missing", "row 1"),
        ([{1}, {2}, {1}], "wrong-type", "is a set"),
        (np.array([1j, 2, 1]), "wrong-type", "complex"),
        ((n for n in range(3)), "shape-mismatch", "is a generator"),
        ([f"id{n}" for n in range(40)], "target-unclear", "names of rows"),
    ],
)
def test_what_is_no_class_is_called_what_it_is(labels: Any, code: str, said: str) -> None:
    kind = LabelError if code == "target-unclear" else DataError
    with raises(code, kind, said):
        class_indices(labels, None, None)


def test_bytes_and_small_floats_are_classes() -> None:
    assert class_indices(np.array([b"a", b"b"]), None, None)[2] == ("a", "b")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert class_indices(np.array([1, 2], np.float16), None, None)[2] == ("1", "2")
