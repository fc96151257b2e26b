import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError

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
        (X, [0, 1], "length-mismatch", " 6 .*y 2 "),
        (X[:, 0], [0, 1, 0, 1, 0, 1], "wrong-shape", r"x has.*\(6,\)"),
        (X[:0], [], "wrong-shape", r"x has shape \(0, "),
        ([["a", "b"]], [0], "not-numeric", "'a'"),
        ([[1.0, np.nan], [0.0, 0.0]], [0, 1], "not-finite", "in row 0"),
        ([[1.0, 0.0], [0.0, np.inf]], [0, 1], "not-finite", "in row 1"),
        (X, [0, 1, 2, 0.5, 1, 2], "label-not-a-class", "row 3: .* 0.5"),
        (X, np.array([1, 2, 3, 4, 5, 6]) / 255, "label-not-a-class", "255"),
        (X, np.ones((6, 3)), "label-not-one-hot", "row 0 "),
    ],
)
def test_what_cannot_be_used_is_named(x: np.ndarray, y: np.ndarray, code: str, said: str) -> None:
    with raises(code, DataError, said):
        Dataset(x, y)


def test_half_a_held_out_split_and_other_shapes_are_refused() -> None:
    with raises("option-missing", DataError, "x_test.*y_test"):
        Dataset(X, [0, 1, 0, 1, 0, 1], X)
    with raises("shape-mismatch", DataError, "x_train.*x_test"):
        Dataset(X, [0, 1, 0, 1, 0, 1], X[:, :1], [0, 1, 0, 1, 0, 1])
    with raises("label-out-of-range", DataError, r"0 to 1.*\b1 class"):
        Dataset(X, [0, 1, 0, 1, 0, 1], class_names=["a"])
    with raises("label-unknown", DataError):
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
