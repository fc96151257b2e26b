"""Files that were made to harm their reader: each is one error, and takes little."""

from __future__ import annotations

import gzip
import io
import resource
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from errors import raises
from source_files import write_idx

import dataworth as dw
from dataworth.data.images import ImageFiles, headers
from dataworth.errors import DataError
from dataworth.sources import parquet
from dataworth.sources.csv import pixels

_X, _Y = np.arange(12, dtype=np.float64).reshape(4, 3), np.array([0, 1, 0, 1])


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """A request for a terabyte is a MemoryError, on any machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 36, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(("position", "value"), [(144, 5), (176, 0), (176, 255), (328, 128)])
def test_a_mat_file_that_crashes_its_reader_is_damaged(
    tmp_path: Path, position: int, value: int
) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": _X, "y": _Y})
    content = bytearray((tmp_path / "a.mat").read_bytes())
    content[position] = value
    (tmp_path / "a.mat").write_bytes(content)
    with raises("file-damaged", DataError, r"a\.mat"):
        dw.load(tmp_path / "a.mat")


def test_the_arrays_of_a_mat_file_are_read_whole(tmp_path: Path) -> None:
    for compressed in (False, True):
        content = {"x": _X, "y": _Y, "note": "text", "cells": np.array([1, "a"], object)}
        scipy.io.savemat(tmp_path / "a.mat", content, do_compression=compressed)
        data = dw.load(tmp_path / "a.mat")
        np.testing.assert_array_equal(data.x, _X.astype(np.uint8))
        np.testing.assert_array_equal(data.y, _Y)


def test_cells_are_no_numbers(tmp_path: Path) -> None:
    cells = np.empty((4, 3), object)
    cells[:] = "a"
    scipy.io.savemat(tmp_path / "a.mat", {"x": cells, "y": _Y})
    with raises("not-numeric", DataError, r"a\.mat: x"):
        dw.load(tmp_path / "a.mat")


@pytest.mark.parametrize(("position", "value"), [(12, 79), (329, 76), (695, 52)])
def test_a_changed_byte_of_a_parquet_file_ends_no_process(
    tmp_path: Path, position: int, value: int, capfd: pytest.CaptureFixture[str]
) -> None:
    pl = pytest.importorskip("polars")
    path = tmp_path / "a.parquet"
    frame = {"a": [1.5, 2.5, 3.5, 4.5], "b": [1, 2, 3, 4], "label": [0, 1, 0, 1]}
    pl.DataFrame(frame).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(content)
    # Another version of polars may write other bytes, and this one is then harmless.
    with suppress(DataError):
        dw.load(path)
    assert capfd.readouterr().err == ""


def _npy_header(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_npz_file_that_promises_a_terabyte_is_damaged(tmp_path: Path, compression: int) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in ("x.npy", "y.npy"):
            archive.writestr(name, _npy_header((1_000_000, 125_000)) + bytes(10_000))
    with raises("file-damaged", DataError, r"a\.npz.*1,000,000,000,000"):
        dw.load(path)


@pytest.mark.parametrize("ending", ["npz", "zip"])
def test_a_member_whose_name_is_no_text_is_damage(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("\u00e9.csv", "a,label\n1,0\n")
    path.write_bytes(path.read_bytes().replace("\u00e9".encode(), b"\xc6\x20"))
    with raises("file-damaged", DataError, rf"a\.{ending}"):
        dw.load(path)


def test_no_member_is_written_outside_of_the_archive(tmp_path: Path) -> None:
    place = tmp_path / "inner" / "deep"
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / "a.zip", "w") as archive:
        archive.writestr("../../train.csv", "a,b,label\n1,2,0\n2,3,1\n" * 2)
    with suppress(DataError):
        dw.load(place / "a.zip")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "deep", "inner"]


def test_no_pickle_of_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([[1, 2], [3, "a"]], object), y=np.array([0, 1]))
    with raises("not-numeric", DataError, r"a\.npz"):
        dw.load(path)


def test_an_idx_file_that_promises_gigabytes_is_cut_short(tmp_path: Path) -> None:
    header = b"\0\0\x08\3" + b"".join(
        length.to_bytes(4, "big") for length in (20, 8, 1_075_838_984)
    )
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header + bytes(3))
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(20, np.uint8))
    with raises("file-damaged", DataError, "images"):
        dw.load(tmp_path / "train-images-idx3-ubyte")


def test_labels_are_counted_before_they_are_read(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((20, 8, 8), np.uint8))
    header = b"\0\0\x08\1" + (2_000_000_000).to_bytes(4, "big")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(header)
    with raises("shape-mismatch", DataError, "2,000,000,000"):
        dw.load(tmp_path / "train-images-idx3-ubyte")


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(70):
            file.write(b"1" * (1 << 20))
    with raises("file-malformed", DataError, r"a\.csv"):
        dw.load(path)


def test_a_row_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_MOST_ROW_BYTES", 1 << 21)
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(b"label,a,b\n" + b"1,2,3\n" * 50_000 + b"1" * (5 << 20))
    with raises("file-malformed", DataError, r"a\.csv.*row 50002"):
        dw.load(path)


def test_a_field_of_200_000_characters_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a,label\n{'9' * 200_000},1\n1,0\n")
    with raises("file-malformed", DataError, r"a\.csv, row 2"):
        dw.load(path)


@pytest.mark.parametrize("rows", ["1,2,0\r3,4,1\r", "1.5,2,0\r3,4,1\r", "x,2,0\ry,4,1\r"])
def test_a_carriage_return_alone_ends_a_line(tmp_path: Path, rows: str) -> None:
    mac, unix = tmp_path / "mac.csv", tmp_path / "unix.csv"
    mac.write_bytes(b"a,b,label\r" + rows.encode())
    unix.write_text("a,b,label\n" + rows.replace("\r", "\n"))
    assert dw.load(mac).fingerprint == dw.load(unix).fingerprint


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(3):
            pixels = np.full((8, 8), number, np.uint8)
            image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    content = (tmp_path / "b" / "1.png").read_bytes()
    (tmp_path / "b" / "1.png").write_bytes(content[:40])
    with raises("file-damaged", DataError, r"b/1\.png"), warnings.catch_warnings():
        dw.load(tmp_path)


def test_a_date_that_python_has_not_is_named(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    days = pl.Series([0, 3_000_000, 0, 0]).cast(pl.Int32).cast(pl.Date)
    pl.DataFrame({"day": days, "label": [0, 1, 0, 1]}).write_parquet(tmp_path / "a.parquet")
    with raises("value-out-of-range", DataError, "column 'day': year 10183"):
        dw.load(tmp_path / "a.parquet")


def test_a_small_parquet_file_of_many_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.select(a=pl.repeat(0, 100_000, dtype=pl.Int8))
    frame.with_columns(label=pl.col("a")).write_parquet(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    monkeypatch.setattr(parquet, "available_memory", lambda: 1_000_000)
    with raises("out-of-memory", DataError, r"2\.4|0\.0 GB"):
        dw.load(tmp_path / "a.parquet")


def test_an_image_is_no_program(tmp_path: Path) -> None:
    """Pillow gives PostScript to Ghostscript, which runs it."""
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with raises("file-damaged", DataError, r"a\.png"):
        ImageFiles([tmp_path / "a.png"], False)[0]
    with raises("file-damaged", DataError, r"a\.png"):
        headers([tmp_path / "a.png"])


def test_a_line_feed_in_the_name_of_a_member_begins_no_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("train\nall is well.csv", "a,label\n1\n")
    with pytest.raises(DataError) as caught:
        dw.load(tmp_path / "a.zip")
    assert "\nall is well" not in str(caught.value)
