from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from errors import raises, warns
from source_files import emnist_of, write

import dataworth as dw
from dataworth.errors import DataError, DataNotFoundError
from dataworth.sources.catalogue import catalogue
from dataworth.sources.emnist.variants import VARIANTS, Variant


def test_letters_are_labelled_from_one(tmp_path: Path) -> None:
    data = emnist_of("letters", first=1)
    write(data, tmp_path, ["idx"])
    (tmp_path / "idx" / "emnist-letters-mapping.txt").unlink()
    loaded = dw.load("emnist/letters", folder=tmp_path / "idx")
    assert loaded.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    np.testing.assert_array_equal(loaded.y, data.train.labels - 1)


def test_class_names_come_from_the_mapping(tmp_path: Path) -> None:
    write(emnist_of(), tmp_path, ["idx"])
    mapping = tmp_path / "idx" / "emnist-digits-mapping.txt"
    mapping.write_text("\r\n".join(f"{k} {97 + k}" for k in range(10)))
    assert dw.load(tmp_path / "idx").class_names == tuple("abcdefghij")
    mapping.write_text("0 48\nnonsense\n")
    with raises("file-malformed", DataError, "10 classes"):
        dw.load(tmp_path / "idx")


def test_built_in_names_are_those_of_the_official_mapping() -> None:
    assert VARIANTS["byclass"].class_names[10:12] == ("A", "B")
    assert VARIANTS["bymerge"].class_names[36:] == tuple("abdefghnqrt")
    assert [len(v.class_names) for v in VARIANTS.values()] == [62, 47, 47, 26, 10, 10]


def test_a_class_without_samples_keeps_its_name(tmp_path: Path) -> None:
    data = emnist_of("mnist")
    keep = data.train.labels != 3
    data = data._replace(
        train=type(data.train)(data.train.images[keep], data.train.labels[keep]),
    )
    write(data, tmp_path, ["idx"])
    loaded = dw.load("emnist/mnist", folder=tmp_path / "idx")
    assert loaded.classes == 10
    assert 3 not in loaded.y


def test_labels_of_another_variant(tmp_path: Path) -> None:
    write(emnist_of("digits", first=4), tmp_path, ["csv", "idx"])
    for form in ("csv", "idx"):
        with raises("label-not-a-class", DataError, r"train.*sample 7: label 10.* 0\.\.9"):
            dw.load("emnist/digits", folder=tmp_path / form)


def test_swapped_train_and_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VARIANTS, "mnist", Variant("mnist", 40, 20, tuple("0123456789")))
    write(emnist_of("mnist", train=40, test=20), tmp_path / "right", ["csv"])
    assert dw.load("emnist/mnist", folder=tmp_path / "right" / "csv").samples == 40
    write(emnist_of("mnist", train=20, test=40), tmp_path / "wrong", ["csv"])
    with raises("files-swapped", DataError, "emnist/mnist"):
        dw.load("emnist/mnist", folder=tmp_path / "wrong" / "csv")


def test_absent_says_both_ways_and_looks_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path))
    with raises("data-not-found", DataError, r"data fetch emnist.*gzip\.zip.*folder="):
        dw.load("emnist/digits")
    write(emnist_of(), tmp_path, ["zip"])
    (tmp_path / "emnist").mkdir()
    shutil.move(tmp_path / "zip" / "gzip.zip", tmp_path / "emnist")
    assert dw.load("emnist/digits").samples == 40


def test_absent_from_the_folder_given(tmp_path: Path) -> None:
    with raises("data-not-found", DataError, r"emnist/letters.*gzip\.zip"):
        dw.load("emnist/letters", folder=tmp_path)


def test_one_archive_with_several_data_sets(tmp_path: Path) -> None:
    write(emnist_of("digits"), tmp_path, ["zip"])
    write(emnist_of("mnist", train=30), tmp_path, ["zip"])
    assert dw.load("emnist/mnist", folder=tmp_path / "zip").samples == 30
    assert dw.load("emnist/digits", folder=tmp_path / "zip" / "gzip.zip").samples == 40
    with raises("several-data-sets", DataError, r"\(digits, mnist\)"):
        dw.load(tmp_path / "zip")


def test_a_damaged_archive(tmp_path: Path) -> None:
    write(emnist_of(), tmp_path, ["zip"])
    archive = tmp_path / "zip" / "gzip.zip"
    archive.write_bytes(archive.read_bytes()[:-100])
    with raises("file-damaged", DataError, r"gzip\.zip"):
        dw.load("emnist/digits", folder=tmp_path / "zip")


@pytest.mark.parametrize("form", ["csv", "idx"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_alone_is_upright_and_says_what_is_missing(
    tmp_path: Path, form: str, split: str
) -> None:
    data = emnist_of("letters", first=1)
    write(data, tmp_path, [form])
    mapping = tmp_path / form / "emnist-letters-mapping.txt"
    mapping.write_text("\n".join(f"{k} {96 + k} {64 + k}" for k in range(1, 27)))
    other = "test" if split == "train" else "train"
    for file in (tmp_path / form).glob(f"*-{other}*"):
        file.unlink()
    start = next((tmp_path / form).glob(f"*-{split}*"))
    images, labels = data.train if split == "train" else data.test
    for place in [start] if split == "test" else [start, tmp_path / form]:
        with warns("split-missing", f"emnist-letters-{other}"):
            loaded = dw.load(place)
        np.testing.assert_array_equal(loaded.x, images)
        np.testing.assert_array_equal(loaded.y, labels - 1)
        assert loaded.class_names == tuple("abcdefghijklmnopqrstuvwxyz")
        assert loaded.x_test is None
    with raises("data-not-found", DataError, rf"emnist/letters .*{split}.*; .*gzip\.zip"):
        dw.load("emnist/letters", folder=tmp_path / form)


def test_a_label_that_is_text(tmp_path: Path) -> None:
    write(emnist_of(), tmp_path, ["csv"])
    path = tmp_path / "csv" / "emnist-digits-train.csv"
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:3], "x" + rows[3][1:], *rows[4:]]))
    with raises("label-not-a-class", DataError, r"train\.csv, sample 4: .*'x'"):
        dw.load("emnist/digits", folder=tmp_path / "csv")


def test_a_damaged_archive_in_the_data_folder_is_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path))
    (tmp_path / "gzip.zip").write_bytes(b"PK\x03\x04 and no more")
    listed = {each.name: each for each in catalogue()}
    assert "damaged; dataworth data fetch" in listed["emnist/digits"].how
    with raises("file-damaged", DataNotFoundError, r"gzip\.zip.*data fetch emnist"):
        dw.load("emnist/digits")
    study = dw.Study("emnist/digits", fallback="digits", sizes=[50])
    with warns("fallback-used", "digits"):
        assert study.resolve().first.data.name == "digits"


def test_csv_of_other_images(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / f"emnist-mnist-{split}.csv").write_text("1,2,4\n4,5,6\n")
    with raises("shape-mismatch", DataError, "784"):
        dw.load("emnist/mnist", folder=tmp_path)
