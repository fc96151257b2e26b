"""Train and test files of one's own, and test files without labels, as competitions have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from csv_files import HEADER, ROWS
from errors import raises, warns
from source_files import digit_images

import dataworth as dw
from dataworth.errors import DataError

_UNLABELLED = [row.split(",", 1)[1] for row in ROWS]


def _write(folder: Path, train: list[str], test: list[str]) -> Path:
    (folder / "train.csv").write_text("\n".join(train))
    (folder / "test.csv").write_text("\n".join(test))
    return folder


@pytest.mark.parametrize("with_header", [True, False])
def test_a_test_file_without_labels_is_left_aside(tmp_path: Path, with_header: bool) -> None:
    train = [HEADER, *ROWS] if with_header else ROWS
    names = HEADER.split(",", 1)[1]
    _write(tmp_path, train, [names, *_UNLABELLED] if with_header else _UNLABELLED)
    for place in (tmp_path, tmp_path / "train.csv"):
        with warns("test-without-labels", r"test\.csv.*label.*train\.csv"):
            data = dw.load(place)
        assert data.x_test is None
        np.testing.assert_array_equal(data.x, digit_images(30)[0])


def test_the_label_column_that_was_named_is_the_one_that_counts(tmp_path: Path) -> None:
    _write(
        tmp_path,
        ["id,age,survived,fare", "1,30,0,7", "2,40,1,9", "3,50,1,9"],
        ["id,age,fare", "4,50,8"],
    )
    for label in ("Survived", 2):
        with warns("test-without-labels", "'survived'"):
            assert dw.load(tmp_path / "train.csv", label=label).samples == 3


def test_an_id_in_place_of_the_label_is_no_label(tmp_path: Path) -> None:
    ids = [f"{number},{row}" for number, row in enumerate(_UNLABELLED)]
    _write(tmp_path, [HEADER, *ROWS], [HEADER.replace("label", "id"), *ids])
    with warns("test-without-labels", r"test\.csv.*'label'.*train\.csv"):
        assert dw.load(tmp_path).x_test is None


def test_a_test_file_with_another_label_column_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, ["kind,a,b", "0,1,2", "1,2,3"], ["class,a,b", "0,1,2"])
    with raises("column-missing", DataError, r"test\.csv.*'kind'"):
        dw.load(tmp_path / "train.csv", label="kind")


def test_a_labelled_test_file_is_the_official_split(tmp_path: Path) -> None:
    data = dw.load(_write(tmp_path, [HEADER, *ROWS[:20]], [HEADER, *ROWS[20:]]))
    assert data.x_test is not None
    assert len(data.x_test) == 10


def test_parquet_without_labels_is_left_aside(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2, 3], "label": [0, 1, 1]}).write_parquet(tmp_path / "train.parquet")
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "test.parquet")
    with warns("test-without-labels", r"test\.parquet.*'label'"):
        assert dw.load(tmp_path).x_test is None
    pl.DataFrame({"a": [9], "label": [0]}).write_parquet(tmp_path / "test.parquet")
    assert dw.load(tmp_path).y_test is not None
