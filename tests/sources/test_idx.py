from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from errors import raises
from source_files import digit_images, idx_bytes, write_idx

import dataworth as dw
from dataworth.errors import DataError

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    x, y = digit_images()
    write_idx(tmp_path / IMAGES, x)
    write_idx(tmp_path / LABELS, y)
    return tmp_path


def _refused(folder: Path, code: str, match: str, spec: str = IMAGES) -> None:
    with raises(code, DataError, match) as caught:
        dw.load(folder / spec)
    assert str(folder) in str(caught.value)


def test_either_file_of_the_pair_will_do(folder: Path) -> None:
    prints = {dw.load(folder / name).fingerprint for name in (IMAGES, LABELS)}
    assert len(prints) == 1


@pytest.mark.parametrize("code", [(0x0B, ">i2"), (0x0D, ">f4"), (0x0E, ">f8")])
def test_other_types_of_values(folder: Path, code: tuple[int, str]) -> None:
    x, _ = digit_images()
    head = bytearray(idx_bytes(x)[: 4 * 4])
    head[2] = code[0]
    (folder / IMAGES).write_bytes(bytes(head) + x.astype(code[1]).tobytes())
    data = dw.load(folder / IMAGES)
    np.testing.assert_array_equal(data.x, x)
    assert data.x.dtype == (np.uint8 if code[1] == ">i2" else np.float32)


def test_truncated_gzip(folder: Path) -> None:
    content = (folder / IMAGES).read_bytes()
    (folder / IMAGES).write_bytes(content[: len(content) // 2])
    _refused(folder, "file-damaged", "images")


def test_gzip_with_a_broken_checksum(folder: Path) -> None:
    content = bytearray((folder / IMAGES).read_bytes())
    content[-6] ^= 0xFF
    (folder / IMAGES).write_bytes(bytes(content))
    _refused(folder, "file-damaged", "images")


def test_truncated_within_the_data(folder: Path) -> None:
    content = gzip.decompress((folder / IMAGES).read_bytes())
    (folder / IMAGES).write_bytes(content[:-70])
    _refused(folder, "file-damaged", "60 items.* 58")


def test_bytes_after_the_data(folder: Path) -> None:
    content = gzip.decompress((folder / IMAGES).read_bytes())
    (folder / IMAGES).write_bytes(content + b"\0")
    _refused(folder, "file-damaged", "after.* 60 items")


def test_swapped_image_and_label_files(folder: Path) -> None:
    (folder / IMAGES).rename(folder / "x")
    (folder / LABELS).rename(folder / IMAGES)
    (folder / "x").rename(folder / LABELS)
    _refused(folder, "files-swapped", "swapped")


def test_labels_of_another_split(folder: Path) -> None:
    write_idx(folder / LABELS, digit_images()[1][:50])
    _refused(folder, "shape-mismatch", "60 images.*50 labels")


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"\0\0\x08", b"\0\0\x07\x03" + bytes(12)])
def test_wrong_magic(folder: Path, content: bytes) -> None:
    (folder / IMAGES).write_bytes(content)
    _refused(folder, "file-damaged", IMAGES)


def test_empty_file(folder: Path) -> None:
    (folder / LABELS).write_bytes(b"")
    _refused(folder, "file-damaged", LABELS)


def test_no_samples(folder: Path) -> None:
    x, y = digit_images()
    write_idx(folder / IMAGES, x[:0])
    write_idx(folder / LABELS, y[:0])
    _refused(folder, "no-rows", IMAGES)


def test_the_partner_is_missing(folder: Path) -> None:
    (folder / LABELS).unlink()
    _refused(folder, "file-not-found", r"train-labels-idx1-ubyte\.gz")


def test_a_name_that_says_nothing(folder: Path) -> None:
    (folder / IMAGES).rename(folder / "a.idx3-ubyte")
    _refused(folder, "file-name-unclear", "", "a.idx3-ubyte")
