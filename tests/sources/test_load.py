"""What `load` makes of names, and of folders and files that it cannot tell."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from errors import raises, warns

import dataworth as dw
from dataworth.errors import DataError
from dataworth.sources import parquet


def _npz(path: Path, **arrays: object) -> Path:
    content: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez(path, **content)
    return path


def test_unknown_name() -> None:
    with raises("unknown-data", DataError, "'mnist'.*digits, glyphs, emnist/"):
        dw.load("mnist")


def test_unknown_ending(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"x")
    with raises("file-name-unclear", DataError, r"a\.xlsx.*\.csv"):
        dw.load(tmp_path / "a.xlsx")


def test_folder_without_data(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with raises("data-not-found", DataError, r"notes\.txt"):
        dw.load(tmp_path)


def test_folder_with_several_data_sets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,0\n2,1\n")
    (tmp_path / "b.csv").write_text("x,y\n1,0\n2,1\n")
    with raises("several-data-sets", DataError, r"a\.csv, b\.csv"):
        dw.load(tmp_path)


def test_kaggles_form_for_answers_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("x,z,label\n" + "1.5,2,a\n2.5,1,b\n" * 10)
    (tmp_path / "test.csv").write_text("x,z\n1.5,2\n2.5,1\n")
    (tmp_path / "sample_submission.csv").write_text("id,label\n1,a\n2,a\n")
    with warns("test-without-labels", r"test\.csv"):
        data = dw.load(tmp_path)
    assert data.class_names == ("a", "b")
    assert len(data.y) == 20


def test_npz_names_its_classes(tmp_path: Path) -> None:
    path = _npz(tmp_path / "a.npz", images=np.eye(4), labels=[0, 1, 0, 1], mapping=[65, 66])
    assert dw.load(path).class_names == ("A", "B")
    path = _npz(tmp_path / "b.npz", x=np.eye(2), y=[0, 1], class_names=["cat", "dog"])
    assert dw.load(path).class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("arrays", "code", "says"),
    [
        ({"a": [1]}, "column-missing", r"a\.npz holds a; .*x_train"),
        (
            {"x": np.eye(3), "y": [1, 2]},
            "shape-mismatch",
            r"x .*\(3, 3\).*y .*\(2,\)",
        ),
        ({"x": [0, 1], "y": np.ones((2, 4, 4))}, "shape-mismatch", r"\(2,\).*\(2, 4, 4\).*swapped"),
        ({"x": [["a"], ["b"]], "y": [0, 1]}, "not-numeric", "x holds <U1"),
        ({"x": np.array([[1, None]]), "y": [0]}, "not-numeric", "array x "),
        ({"x": np.eye(2), "y": 1}, "shape-mismatch", r"y shape \(\)"),
        (
            {"x": np.eye(3), "y": [0, 1, np.nan]},
            "value-missing",
            r"a\.npz, row 3: ",
        ),
        (
            {"x": np.eye(3), "y": [0, 1, 2.5]},
            "label-not-a-class",
            r"a\.npz, row 3: .*2\.5",
        ),
        (
            {"x": np.eye(2), "y": [1e300, 2e300]},
            "label-not-a-class",
            r"a\.npz, row 1: .*below 2\*\*53",
        ),
        (
            {"x": np.eye(3), "y": [[0, 1], [1, 1], [1, 0]]},
            "label-not-a-class",
            r"a\.npz, row 2 ",
        ),
        (
            {"x": [[1.0, 2], [3, np.inf]], "y": [0, 1]},
            "not-finite",
            r"a\.npz, row 2: feature 2 ",
        ),
        (
            {"x": [[1.0, 2], [1e300, 4]], "y": [0, 1]},
            "not-finite",
            r"a\.npz, row 2: feature 1 .*float32",
        ),
        (
            {"x": np.eye(2), "y": [0, 1], "x_test": np.eye(2)},
            "option-missing",
            "x_test .*y_test",
        ),
        (
            {"x": np.eye(2), "y": [0, 1], "y_test": [0, 1]},
            "option-missing",
            "y_test .*x_test",
        ),
        (
            {"x": np.eye(2), "y": [0, 1], "x_test": np.eye(3), "y_test": [0, 1, 1]},
            "shape-mismatch",
            r"a\.npz: x .*\(2,\).*x_test .*\(3,\)",
        ),
        (
            {"x": np.eye(2), "y": [0, 1], "mapping": ["a", "b"]},
            "file-malformed",
            r"mapping .*\['a'",
        ),
    ],
)
def test_npz_refused(tmp_path: Path, arrays: dict[str, object], code: str, says: str) -> None:
    path = _npz(tmp_path / "a.npz", **arrays)
    with raises(code, DataError, says):
        dw.load(path)


@pytest.mark.parametrize("name", ["a.npz", "a.mat", "a.parquet"])
@pytest.mark.parametrize("content", [b"", b"nothing of the kind, but long enough to be read" * 9])
def test_files_that_are_not_what_their_names_say(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}.*(empty|is no)"):
        dw.load(tmp_path / name)


@pytest.mark.parametrize(
    "kept", [0.1, 0.95, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.4, 0.7))]
)
@pytest.mark.parametrize("name", ["a.mat", "packed.mat", "a.zip", "a.npz", "a.parquet"])
def test_files_that_are_cut_short(tmp_path: Path, name: str, kept: float) -> None:
    import polars as pl

    x, y = np.arange(640).reshape(80, 8) % 251, np.arange(80) % 4
    scipy.io.savemat(tmp_path / "a.mat", {"x": x, "y": y})
    scipy.io.savemat(tmp_path / "packed.mat", {"x": x, "y": y}, do_compression=True)
    _npz(tmp_path / "a.npz", x=x, y=y)
    pl.DataFrame({"y": y, "a": x[:, 0]}).write_parquet(tmp_path / "a.parquet")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.mat", "a.mat")
    whole = (tmp_path / name).read_bytes()
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / name).write_bytes(whole[: int(kept * len(whole))])
    for place in (tmp_path / "cut" / name, tmp_path / "cut"):
        with raises("file-damaged", DataError, name):
            dw.load(place)


def test_an_array_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.arange(4_000).reshape(-1, 4) ** 2 % 999, y=np.arange(1_000) % 3)
    content = bytearray(path.read_bytes())
    content[200:400] = b"\xff" * 200
    path.write_bytes(content)
    with raises("file-damaged", DataError, "array x "):
        dw.load(path)


def test_parquet_names_the_row_of_what_it_refuses(tmp_path: Path) -> None:
    import polars as pl

    path = tmp_path / "a.parquet"
    for values, code, says in (
        ([0.0, 1.0, np.nan], "value-missing", r"row 3: "),
        ([0.0, 0.5, 1.0], "label-not-a-class", r"row 2: .*0\.5"),
        (["0", "1", "x"], "label-not-a-class", r"row 3: .*'x'"),
        ([0.0, 1e300, 2e300], "label-not-a-class", r"row 2: .* 2\*\*53"),
    ):
        pl.DataFrame({"y": values, "a": [1, 2, 3]}).write_parquet(path)
        with raises(code, DataError, rf"a\.parquet, {says}"):
            dw.load(path)
    pl.DataFrame({"y": [0, 1], "a": [1.5, np.nan]}).write_parquet(path)
    with raises("not-finite", DataError, r"a\.parquet, row 2: feature 1 "):
        dw.load(path)


def test_parquet_is_read_in_blocks_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    x = np.random.default_rng(0).integers(0, 256, (1_000, 16))
    columns = {f"pixel{index}": x[:, index] for index in range(16)}
    frame = pl.DataFrame({"label": np.arange(1_000) % 5, **columns})
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=300)
    for block_bytes in (1 << 20, 16 * 8 * 70, 1):
        monkeypatch.setattr(parquet, "_BLOCK_BYTES", block_bytes)
        data = dw.load(tmp_path / "a.parquet")
        np.testing.assert_array_equal(data.x, x)
        assert data.x.dtype == np.uint8
        assert data.y.tolist() == (np.arange(1_000) % 5).tolist()
    # A number in the last block that is no pixel changes the type of all.
    columns["pixel3"] = np.append(x[:-1, 3], 256)
    pl.DataFrame({"label": [0, 1] * 500, **columns}).write_parquet(tmp_path / "b.parquet")
    assert dw.load(tmp_path / "b.parquet").x.dtype == np.float32


def test_parquet_with_a_gap_and_with_text(tmp_path: Path) -> None:
    import polars as pl

    path = tmp_path / "a.parquet"
    pl.DataFrame({"y": [0, 1, 1], "a": [1, None, 3]}).write_parquet(path)
    gap = dw.load(path)
    assert (gap.form, gap.x["a"].isna().tolist()) == ("frame", [False, True, False])
    pl.DataFrame({"y": [0, 1] * 4, "a": ["u", "v"] * 4}).write_parquet(path)
    assert dw.load(path).schema.columns == {"a": "text"}
    pl.DataFrame({"y": [0, None, 1], "a": [1, 2, 3]}).write_parquet(path)
    with raises("value-missing", DataError, "row 2, column 'y'"):
        dw.load(path)


def test_mat_struct_without_its_parts(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"dataset": {"train": {"images": np.eye(3)}}})
    with raises("column-missing", DataError, r"(train\.labels|test\.images)"):
        dw.load(tmp_path / "a.mat")


def test_mat_of_version_7_3(tmp_path: Path) -> None:
    head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(64)
    (tmp_path / "a.mat").write_bytes(head)
    with raises("unsupported-format", DataError, r"save\(file, '-v7'\)"):
        dw.load(tmp_path / "a.mat")
