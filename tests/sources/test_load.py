"""What `load` makes of names, and of folders and files that it cannot tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

import dataworth as dw
from dataworth.errors import DataError


def _npz(path: Path, **arrays: object) -> Path:
    content: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez(path, **content)
    return path


def test_unknown_name() -> None:
    with pytest.raises(DataError, match=r"no data set 'mnist'.*Names: digits, glyphs, emnist/"):
        dw.load("mnist")


def test_unknown_ending(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match=r"a\.xlsx: what is this\?.*\.csv"):
        dw.load(tmp_path / "a.xlsx")


def test_folder_without_data(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"holds notes\.txt; expected a CSV"):
        dw.load(tmp_path)


def test_folder_with_several_data_sets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,0\n2,1\n")
    (tmp_path / "b.csv").write_text("x,y\n1,0\n2,1\n")
    with pytest.raises(DataError, match=r"several data sets: a\.csv, b\.csv"):
        dw.load(tmp_path)


def test_npz_names_its_classes(tmp_path: Path) -> None:
    path = _npz(tmp_path / "a.npz", images=np.eye(4), labels=[0, 1, 0, 1], mapping=[65, 66])
    assert dw.load(path).class_names == ("A", "B")
    path = _npz(tmp_path / "b.npz", x=np.eye(2), y=[0, 1], class_names=["cat", "dog"])
    assert dw.load(path).class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": [1]}, r"holds a; expected the arrays x_train"),
        ({"x": np.eye(3), "y": [1, 2]}, r"x has shape \(3, 3\) and y shape \(2,\)"),
        ({"x": [0, 1], "y": np.ones((2, 4, 4))}, r"Are the two swapped"),
        ({"x": [["a"], ["b"]], "y": [0, 1]}, r"x holds <U1; expected numbers"),
        ({"x": np.array([[1, None]]), "y": [0]}, r"the array x cannot be read"),
    ],
)
def test_npz_refused(tmp_path: Path, arrays: dict[str, object], says: str) -> None:
    path = _npz(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=says):
        dw.load(path)


@pytest.mark.parametrize("name", ["a.npz", "a.mat", "a.parquet"])
@pytest.mark.parametrize("content", [b"", b"nothing of the kind, but long enough to be read" * 9])
def test_files_that_are_not_what_their_names_say(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}.*(empty|is no)"):
        dw.load(tmp_path / name)


def test_parquet_with_a_gap_and_with_text(tmp_path: Path) -> None:
    import polars as pl

    path = tmp_path / "a.parquet"
    pl.DataFrame({"y": [0, 1, 1], "a": [1, None, 3]}).write_parquet(path)
    with pytest.raises(DataError, match=r"row 2, column 'a': the value is missing"):
        dw.load(path)
    pl.DataFrame({"y": [0, 1], "a": ["u", "v"]}).write_parquet(path)
    with pytest.raises(DataError, match=r"column 'a' holds String"):
        dw.load(path)


def test_mat_struct_without_its_parts(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"dataset": {"train": {"images": np.eye(3)}}})
    with pytest.raises(DataError, match=r"has no (train\.labels|test\.images)"):
        dw.load(tmp_path / "a.mat")


def test_mat_of_version_7_3(tmp_path: Path) -> None:
    head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(64)
    (tmp_path / "a.mat").write_bytes(head)
    with pytest.raises(DataError, match=r"version 7\.3.*save\(file, '-v7'\)"):
        dw.load(tmp_path / "a.mat")
