from typing import Any

import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, LabelError
from dataworth.tasks.regression import Regression

X = np.arange(12, dtype=np.uint8).reshape(6, 2)


def test_integer_labels_are_class_indices() -> None:
    data = Dataset(X, [0, 1, 2, 2, 1, 0])
    assert data.classes == 3
    assert data.class_names == ("0", "1", "2")
    assert data.x is X
    assert data.scale == pytest.approx(1 / 255)


def test_text_labels_are_sorted_into_classes() -> None:
    data = Dataset(X, list("bacabc"))
    assert data.class_names == ("a", "b", "c")
    assert data.y.tolist() == [1, 0, 2, 0, 1, 2]


def test_labels_far_from_zero_are_values_not_indices() -> None:
    data = Dataset(X, [2020, 2021, 2020, 2021, 2020, 2021])
    assert data.class_names == ("2020", "2021")


def test_one_hot_labels() -> None:
    assert Dataset(X, np.eye(3)[[0, 1, 2, 2, 1, 0]]).y.tolist() == [0, 1, 2, 2, 1, 0]


def test_train_and_test_share_their_classes() -> None:
    data = Dataset(X, list("aabbaa"), X[:2], ["b", "c"])
    assert data.class_names == ("a", "b", "c")
    assert data.y_test is not None
    assert data.y_test.tolist() == [1, 2]


def test_given_class_names_order_text_labels() -> None:
    data = Dataset(X, list("bababa"), class_names=["b", "a", "c"])
    assert data.y.tolist() == [0, 1, 0, 1, 0, 1]
    assert data.classes == 3


def test_other_numbers_become_float32_and_are_not_scaled() -> None:
    data = Dataset(X.astype(np.int64), [0, 1, 0, 1, 0, 1])
    assert data.x.dtype == np.float32
    assert data.scale == 1.0


@pytest.mark.parametrize(
    ("x", "y", "code", "said"),
    [
        (X, [0, 1], "shape-mismatch", " 6 .*y 2 "),
        (X[:, 0], [0, 1, 0, 1, 0, 1], "shape-mismatch", r"x has.*\(6,\)"),
        (X[:0], [], "shape-mismatch", r"x has shape \(0, "),
        ([["a", "b"]], [0], "not-numeric", "'a'"),
        ([[1.0, np.nan], [0.0, 0.0]], [0, 1], "not-finite", "in row 0"),
        ([[1.0, 0.0], [0.0, np.inf]], [0, 1], "not-finite", "in row 1"),
        (X, [0, 1, 2, 0.5, 1, 2], "label-not-a-class", "row 3: .* 0.5"),
        (X, np.array([1, 2, 3, 4, 5, 6]) / 255, "label-not-a-class", "255"),
        (X, np.ones((6, 3)), "label-not-a-class", "row 0 "),
    ],
)
def test_what_cannot_be_used_is_named(x: np.ndarray, y: np.ndarray, code: str, said: str) -> None:
    with raises(code, DataError, said):
        Dataset(x, y)


def test_half_a_held_out_split_and_other_shapes_are_refused() -> None:
    with raises("option-missing", DataError, "x_test.*y_test"):
        Dataset(X, [0, 1, 0, 1, 0, 1], X)
    with raises("shape-mismatch", DataError, "x holds.*x_test"):
        Dataset(X, [0, 1, 0, 1, 0, 1], X[:, :1], [0, 1, 0, 1, 0, 1])
    with raises("label-not-a-class", DataError, r"0 to 1.*\b1 class"):
        Dataset(X, [0, 1, 0, 1, 0, 1], class_names=["a"])
    with raises("label-not-a-class", DataError):
        Dataset(X, list("ababab"), class_names=["a", "c"])


@given(st.integers(0, 5), st.integers(0, 1))
def test_the_fingerprint_changes_with_any_value(row: int, column: int) -> None:
    labels = [0, 1, 0, 1, 0, 1]
    x = X.copy()
    x[row, column] += 1
    y = list(labels)
    y[row] = 1 - y[row]
    prints = [Dataset(X, labels), Dataset(x, labels), Dataset(X, y), Dataset(X, labels, scale=1.0)]
    assert len({data.fingerprint for data in prints}) == 4
    assert Dataset(X.copy(), labels).fingerprint == prints[0].fingerprint


def test_known_fingerprints_stay() -> None:
    held_out = Dataset(X, [0, 1, 0, 1, 0, 1], X, [0, 1, 2, 2, 1, 0])
    assert held_out.fingerprint == "81c183481ce7bf48b74f855dea38cf22"
    assert dw.load("digits").fingerprint == "bbbcb9843f16f36a79c575880f590ce5"


def test_the_fingerprint_tells_groups_from_times() -> None:
    labels, column = [0, 1, 0, 1, 0, 1], [3, 1, 2, 3, 1, 2]
    prints = {
        Dataset(X, labels).fingerprint,
        Dataset(X, labels, groups=column).fingerprint,
        Dataset(X, labels, time=column).fingerprint,
        Dataset(X, labels, groups=column[::-1]).fingerprint,
        Dataset(X, [1.5, *labels[1:]], task="regression").fingerprint,
    }
    assert len(prints) == 5


def test_targets_of_regression_are_numbers() -> None:
    data = Dataset(X, [3, 1, 4, 1, 5, 9], X[:2], [2.5, 6.5], task="regression")
    assert data.y.dtype == np.float64
    assert data.y_test is not None
    assert data.y_test.tolist() == [2.5, 6.5]
    assert (data.classes, data.class_names, data.strata) == (0, (), None)
    assert "task='regression'" in repr(data)


def test_whole_numbers_of_many_values_need_a_task() -> None:
    x, y = load_diabetes(return_X_y=True)
    with raises("target-unclear", LabelError, "214.*442"):
        Dataset(x, y)
    assert Dataset(x, y, task="regression").y.tolist() == y.tolist()
    assert Dataset(x, y, task="classification").classes == 214
    assert Dataset(x, y, task=Regression((0.5,))).task == Regression((0.5,))


@pytest.mark.parametrize("task", ["ranking", 3, object()])
def test_other_tasks_are_refused(task: Any) -> None:
    with pytest.raises(DataError, match="task"):
        Dataset(X, [0, 1, 0, 1, 0, 1], task=task)


def test_class_names_are_of_no_use_to_regression() -> None:
    with raises("options-conflict", DataError, "class_names"):
        Dataset(X, [0, 1, 0, 1, 0, 1], task="regression", class_names=["a", "b"])


def test_a_part_of_the_data_keeps_the_task() -> None:
    data = Dataset(X, [2019, 2020, 2022, 2019, 2020, 2022])
    part = Dataset(data.x[1:3], data.y[1:3], task=data.task)
    assert part.class_names == ("2019", "2020", "2022")
    assert part.y.tolist() == [1, 2]


def test_rows_are_taken_in_the_order_that_is_asked_for() -> None:
    data = Dataset(X, [0, 1, 0, 1, 0, 1])
    x, y = data.take(np.array([3, 0]))
    assert x.tolist() == [[6, 7], [0, 1]]
    assert y.tolist() == data.targets(np.array([3, 0])).tolist() == [1, 0]
    assert data.take(np.arange(6))[0] is X
    assert len(data) == 6
    assert data.schema == ((2,), np.dtype(np.uint8), {})


def test_the_official_split_is_a_data_set() -> None:
    data = Dataset(X, [0, 1, 0, 1, 0, 1], X[:3], [1, 0, 1], class_names=["a", "b"], scale=2.0)
    test = data.official_test
    assert test is not None
    assert (len(test), test.class_names, test.scale, test.official_test) == (3, ("a", "b"), 2, None)
    assert test.x is data.x_test
    assert Dataset(X, [0, 1, 0, 1, 0, 1]).official_test is None


def test_columns_beside_the_samples_are_checked() -> None:
    labels = [0, 1, 0, 1, 0, 1]
    assert Dataset(X, labels, groups=list("aabbcc")).groups is not None
    with raises("shape-mismatch", DataError, r"groups.*\(2,\).*6"):
        Dataset(X, labels, groups=["a", "b"])
    gap: Any = ["a", "a", None, "b", "c", "c"]
    with raises("value-missing", DataError, "groups, row 2"):
        Dataset(X, labels, groups=gap)
    with raises("value-missing", DataError, "time, row 1"):
        Dataset(X, labels, time=np.array(["2020", "NaT", *["2021"] * 4], "datetime64[Y]"))
