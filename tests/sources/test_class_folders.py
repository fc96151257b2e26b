"""Folders of images and of texts, one for each class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from nearest_mean import NearestMean
from PIL import Image

import dataworth as dw
from dataworth.data.images import ImageFiles
from dataworth.errors import DataError

RANDOM = np.random.default_rng(2)


def photos(folder: Path, *, same: bool = False, grey: bool = False, count: int = 6) -> Path:
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for k in range(count):
            shape = (10 if same else 8 + k, 12) if grey else (10 if same else 8 + k, 12, 3)
            pixels = RANDOM.integers(0, 256, shape, np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{k}.png")
    return folder


def test_images_of_different_size_are_decoded_when_they_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path / "photos")
    decoded: list[Path] = []
    decode = ImageFiles._decoded

    def watched(self: ImageFiles, path: Path) -> Any:
        decoded.append(path)
        return decode(self, path)

    monkeypatch.setattr(ImageFiles, "_decoded", watched)
    data = dw.load(folder)
    assert (data.name, data.form, data.class_names) == ("photos", "items", ("cat", "dog"))
    assert len(data.fingerprint) == 32
    assert decoded == []
    x, y = data.take(np.array([7, 2]))
    assert [path.name for path in decoded] == ["1.png", "2.png"]
    assert [each.shape for each in x] == [(9, 12, 3), (10, 12, 3)]
    assert y.tolist() == [1, 0]
    np.testing.assert_array_equal(x[1], np.asarray(Image.open(folder / "cat" / "2.png")))


def test_images_get_one_size_and_may_be_grey(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    data = dw.load(folder, size=[6, 4])
    assert (data.form, data.shape, data.sample_type) == ("array", (4, 6, 3), "uint8")
    x, _ = data.take(np.array([0, 11]))
    assert x.shape == (2, 4, 6, 3)
    grey = dw.load(folder, size=5, grey=True)
    assert grey.shape == (5, 5)
    assert len({data.fingerprint, grey.fingerprint, dw.load(folder, size=5).fingerprint}) == 3
    before = data.fingerprint
    Image.fromarray(np.zeros((8, 12, 3), np.uint8)).save(folder / "cat" / "0.png")
    assert dw.load(folder, size=[6, 4]).fingerprint != before


@pytest.mark.usefixtures("no_picture")
def test_images_of_one_size_keep_it_and_are_audited_and_trained_on(tmp_path: Path) -> None:
    data = dw.load(photos(tmp_path / "photos", same=True, grey=True, count=20))
    assert data.shape == (10, 12)
    assert data.form == "array"
    dw.audit(data)
    study = dw.Study(data, NearestMean(), sizes=[10, 20], seeds=1)
    assert len(study.run(tmp_path / "run", progress=False)) == 2


def test_train_and_test_folders_and_files_that_are_no_images(tmp_path: Path) -> None:
    photos(tmp_path / "p" / "train")
    photos(tmp_path / "p" / "test", count=2)
    (tmp_path / "p" / "train" / "cat" / "notes.md").write_text("hello")
    (tmp_path / "p" / "train" / "cat" / ".hidden.png").write_text("hello")
    data = dw.load(tmp_path / "p")
    assert data.name == "p"
    assert len(data) == 12
    assert data.official_test is not None
    assert len(data.official_test) == 4


def test_a_file_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", same=True)
    (folder / "dog" / "bad.jpg").write_bytes(b"no image")
    with raises("file-damaged", DataError, r"1 files.*dog/bad\.jpg"):
        dw.load(folder)
    (folder / "dog" / "bad.jpg").unlink()
    whole = (folder / "dog" / "3.png").read_bytes()
    (folder / "dog" / "3.png").write_bytes(whole[: len(whole) // 2])
    with raises("file-damaged", DataError, r"dog/3\.png"):
        dw.load(folder)
    (folder / "dog" / "3.png").write_bytes(whole)
    data = dw.load(folder)
    # Damaged after it was looked at.
    (folder / "dog" / "3.png").write_bytes(whole[: len(whole) // 2])
    with raises("file-damaged", DataError, r"dog/3\.png"):
        data.take(np.array([9]))


def test_a_model_that_needs_one_size_says_so(tmp_path: Path) -> None:
    data = dw.load(photos(tmp_path / "photos"))
    with raises("not-numeric", DataError, "linear.*--size"):
        dw.Study(data, "linear", sizes=[5]).run(tmp_path / "run")


def test_texts_by_class(tmp_path: Path) -> None:
    for label in ("good", "bad"):
        (tmp_path / "texts" / label).mkdir(parents=True)
        for k in range(3):
            (tmp_path / "texts" / label / f"{k}.txt").write_text(f"Größe {label} {k}", "utf-8")
    data = dw.load(tmp_path / "texts")
    assert (data.form, data.class_names) == ("texts", ("bad", "good"))
    assert data.take(np.array([3]))[0] == ["Größe good 0"]
    (tmp_path / "texts" / "bad" / "1.txt").write_bytes("Größe".encode("latin-1"))
    with raises("not-utf-8", DataError, r"bad/1\.txt"):
        dw.load(tmp_path / "texts")


def test_options_of_other_readers_are_refused(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    with raises("unknown-option", DataError, "label.*size, grey"):
        dw.load(folder, label="cat")
    with raises("shape-mismatch", DataError, "size"):
        dw.load(folder, size=[1, 2, 3])
