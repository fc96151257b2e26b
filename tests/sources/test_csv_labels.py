"""Which texts in a label column are classes, and which are one class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from csv_files import load_csv, refuse_csv
from errors import raises
from hypothesis import given
from hypothesis import strategies as st

import dataworth as dw
from dataworth.errors import LabelError
from dataworth.sources.assemble import plain_labels


def _table(labels: Sequence[str], point: str = "") -> str:
    """A CSV file with these labels; `point` makes real numbers of its pixels."""
    rows = [f"{label},{i % 7}{point},{i % 5}{point}" for i, label in enumerate(labels)]
    return "\n".join(["label,a,b", *rows])


@pytest.mark.parametrize("point", ["", ".5"], ids=["pixels", "real"])
@pytest.mark.parametrize(
    "labels",
    [
        ["9007199254740993", "9007199254740992", "9007199254740994"],
        ["01", "1", "001"],
        ["1e300", "2e300", "1e3"],
        ["+1", "1", "-1"],
        ["123456789012345678901234567890", "123456789012345678901234567891"],
    ],
)
def test_different_texts_are_different_classes(
    tmp_path: Path, labels: list[str], point: str
) -> None:
    data = load_csv(tmp_path, _table(labels * 5, point))
    assert sorted(data.class_names) == sorted(labels)
    assert [data.class_names[index] for index in data.y] == labels * 5


@pytest.mark.parametrize("point", ["", ".5"], ids=["pixels", "real"])
@pytest.mark.parametrize(
    "labels",
    [
        ["0.0", "1.0", "2.0"],
        ["0", "1.", "2.00"],
        ["0.000000000000000000e+00", "1.000000000000000000e+00", "2.000000000000000000e+00"],
        ["-0.0", "1", "2"],
    ],
)
def test_plain_forms_of_a_number_are_its_class(
    tmp_path: Path, labels: list[str], point: str
) -> None:
    data = load_csv(tmp_path, _table([*labels, "2"] * 5, point))
    assert data.class_names == ("0", "1", "2")
    assert data.y.tolist() == [0, 1, 2, 2] * 5


def test_what_pandas_and_numpy_write_comes_back(tmp_path: Path) -> None:
    table = np.array([[0, 0.25, 1], [1, 2, 3], [2, 4, 0.5], [1, 7, 9.0]])
    header = pd.DataFrame(table, columns=["y", "a", "b"]).to_csv(index=False)
    assert load_csv(tmp_path, header).y.tolist() == [0, 1, 2, 1]
    np.savetxt(tmp_path / "saved.csv", table, delimiter=",")
    saved = (tmp_path / "saved.csv").read_bytes()
    assert load_csv(tmp_path, saved, label=0).y.tolist() == [0, 1, 2, 1]


def test_a_padded_label_far_below_plain_ones_stays_itself(tmp_path: Path) -> None:
    labels = ["7", "10", "100"] * 1_000
    labels[2_000] = labels[2_500] = "07"
    data = load_csv(tmp_path, _table(labels))
    assert sorted(data.class_names) == ["07", "10", "100", "7"]
    assert [data.class_names[index] for index in data.y] == labels


_TEXTS = st.lists(
    st.sampled_from(["0", "-0", "00", "1", "1.0", "01", "1e0", "1.0e+00", "10", "1_0", "a", "nan"])
    | st.integers(-(2**60), 2**60).map(str)
    | st.floats().map(str),
    min_size=1,
)


@given(_TEXTS)
def test_only_one_number_is_one_label(texts: list[str]) -> None:
    labels = plain_labels(np.array(texts))
    assert len(labels) == len(texts)
    for text, label in zip(texts, labels.tolist(), strict=True):
        if str(label) != text:
            assert float(text) == int(label)
            assert abs(int(label)) < 2**53
            assert not text.lstrip("-").startswith("0") or float(text) == 0


@pytest.mark.parametrize("point", ["", ".5"], ids=["pixels", "real"])
@pytest.mark.parametrize(
    ("stray", "code", "says"),
    [
        (
            "x",
            "label-not-a-class",
            "row 42: .*'x' ",
        ),
        ("?", "label-not-a-class", r"row 42: .*'\?' "),
        ("1_0", "label-not-a-class", "row 42: .*'1_0' "),
        ("nan", "label-not-a-class", "row 42: .*'nan' "),
        ("inf", "label-not-a-class", "row 42: .*'inf' "),
        ("0.5", "label-not-a-class", r"row 42: .* 0\.5; "),
    ],
)
def test_a_stray_label_among_numbers(
    tmp_path: Path, stray: str, code: str, says: str, point: str
) -> None:
    refuse_csv(tmp_path, _table([*["0", "1"] * 20, stray, "1"], point), code, says)


def test_a_few_strays_in_many_rows_and_missing_numbers(tmp_path: Path) -> None:
    labels = ["0", "1"] * 500
    labels[100], labels[300] = "o", "l"
    refuse_csv(tmp_path, _table(labels), "label-not-a-class", "row 102: .*'o' ")
    refuse_csv(tmp_path, _table(["0", "nan"] * 20), "label-not-a-class", "row 3: .*'nan' ")
    for blank in ("", " ", '""'):
        refuse_csv(tmp_path, _table(["a", "b", blank]), "value-missing", "row 4, column 1 ")
    refuse_csv(tmp_path, _table(["nan"] * 4), "label-not-a-class", "row 2: .*'nan' ")


def test_digits_and_letters_are_text_in_both_splits(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(_table(["0", "1", "A", "b", "none"] * 20))
    (tmp_path / "test.csv").write_text(_table(["0", "1", "1", "0", "A"]))
    both = dw.load(tmp_path / "train.csv")
    assert both.class_names == ("0", "1", "A", "b", "none")
    assert both.y_test is not None
    assert both.y_test.tolist() == [0, 1, 1, 0, 2]


def test_fractions_are_kept_for_an_audit(tmp_path: Path) -> None:
    with raises("label-not-a-class", LabelError, r"own\.csv, row 3: .*255") as caught:
        load_csv(tmp_path, _table([repr(k / 255) for k in (0, 7, 9)] * 5))
    assert caught.value.labels[1] == pytest.approx(7 / 255)


@pytest.mark.parametrize("labels", [["NA", "1", "0", "1"], ["-", "1", "0", "1"], ["a", "N/A", "b"]])
def test_a_sign_of_a_missing_label_is_no_class(tmp_path: Path, labels: list[str]) -> None:
    path = tmp_path / "own.csv"
    rows = [f"{n},{n + 1},{label}" for n, label in enumerate(labels * 20)]
    path.write_text("\n".join(["a,b,label", *rows]))
    with raises("value-missing", dw.errors.DataError, "stands for a missing"):
        dw.load(str(path))
