from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from errors import raises, warns
from numpy.typing import NDArray

import dataworth as dw
from dataworth.data import passes
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.sources import glyphs
from dataworth.sources.cache import NpyWriter
from dataworth.testing.contexts import MemoryContext


@pytest.fixture(scope="module")
def whole() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return glyphs.render(0, 5_000)


def test_load() -> None:
    data = dw.load("glyphs", samples=3_000, held_out=1_500, seed=3)
    assert data.name == "glyphs"
    assert data.class_names == glyphs.CLASS_NAMES
    assert "".join(data.class_names[9:12] + data.class_names[35:37]) == "9ABZa"
    assert data.x_test is not None
    np.testing.assert_array_equal(data.x, glyphs.render(0, 3_000, 3)[0])
    np.testing.assert_array_equal(data.x_test, glyphs.render(2**40, 2**40 + 1_500, 3)[0])
    assert data.scale == 1 / 255


def test_a_fingerprint_for_every_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def prints() -> list[str]:
        recipes: list[dict[str, Any]] = [
            {"samples": 200, "held_out": 100},
            {"samples": 201, "held_out": 100},
            {"samples": 200, "held_out": 101},
            {"samples": 200, "held_out": 100, "seed": 1},
        ]
        return [glyphs.load(**recipe).fingerprint for recipe in recipes]

    before = prints()
    assert prints() == before
    monkeypatch.setattr(glyphs, "GENERATOR_VERSION", 2)
    assert len({*before, *prints()}) == 8


def test_a_large_set_is_kept_and_mapped(
    whole: tuple[NDArray[np.uint8], NDArray[np.int64]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path))
    monkeypatch.setattr(glyphs, "_CACHED_FROM", 4_000)
    monkeypatch.setattr(glyphs, "_CHUNK", 1_500)
    first = glyphs.load(samples=5_000, held_out=10)
    assert isinstance(first.x, np.memmap)
    np.testing.assert_array_equal(first.x, whole[0][:5_000])
    np.testing.assert_array_equal(first.y, whole[1][:5_000])
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["glyphs-v1-seed0-5000"]
    monkeypatch.setattr(glyphs, "_write", lambda *_: pytest.fail("made twice"))
    again = glyphs.load(samples=5_000, held_out=10)
    np.testing.assert_array_equal(again.x, whole[0][:5_000])
    assert again.fingerprint == first.fingerprint


def test_a_full_disk_leaves_nothing_and_loses_nothing(
    whole: tuple[NDArray[np.uint8], NDArray[np.int64]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path))
    monkeypatch.setattr(glyphs, "_CACHED_FROM", 4_000)
    monkeypatch.setattr(NpyWriter, "append", full)
    with warns("file-not-writable", "No space left"):
        data = glyphs.load(samples=5_000, held_out=10)
    assert isinstance(data.x, glyphs.DrawnImages)
    np.testing.assert_array_equal(data.x, whole[0][:5_000])
    np.testing.assert_array_equal(data.y, whole[1][:5_000])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_set_that_no_disk_holds_is_not_begun_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path))
    monkeypatch.setattr(glyphs, "_CACHED_FROM", 2_000)
    usage = shutil.disk_usage(tmp_path)._replace(free=2_000 * 784 - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(NpyWriter, "append", lambda *_: pytest.fail("written"))
    with warns("file-not-writable", "No space left"):
        data = glyphs.load(samples=2_000, held_out=10)
    assert data.x.shape == (2_000, 28, 28)


def test_drawn_images_are_taken_like_rows_of_an_array(
    whole: tuple[NDArray[np.uint8], NDArray[np.int64]],
) -> None:
    images = glyphs.DrawnImages(3_000, 0)
    rows = np.random.default_rng(0).integers(-3_000, 3_000, 1_500)
    array = whole[0][:3_000]
    np.testing.assert_array_equal(images[rows], array[rows])
    np.testing.assert_array_equal(images[5:2_000:7], array[5:2_000:7])
    np.testing.assert_array_equal(images[np.arange(3_000) % 9 == 0], array[::9])
    np.testing.assert_array_equal(images[-1], array[-1])
    assert images[:0].shape == (0, 28, 28)
    assert len(images) == 3_000
    with pytest.raises(IndexError):
        images[3_000]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"samples": 0}, "value-out-of-range", "samples is 0"),
        ({"samples": 1.5}, "value-out-of-range", r"samples is 1\.5"),
        ({"held_out": -1}, "value-out-of-range", "held_out is -1"),
        ({"seed": -1}, "value-out-of-range", "seed is -1"),
        ({"seed": 2**64}, "value-out-of-range", "seed is 18446744073709551616"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], code: str, said: str) -> None:
    with raises(code, DataError, said):
        glyphs.load(**options)


def test_a_network_learns_the_same_from_images_that_are_drawn_as_it_trains(
    whole: tuple[NDArray[np.uint8], NDArray[np.int64]], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, y = whole
    learner: Any = resolve("linear")
    found = []
    for x, memory in ((held[:2_000], None), (glyphs.DrawnImages(2_000, 0), 1_000)):
        monkeypatch.setattr(passes, "available_memory", lambda free=memory: free)
        data = Dataset(x, y[:2_000], class_names=glyphs.CLASS_NAMES, known_fingerprint="some")
        rows = View(data, np.arange(1_900))
        request = FitRequest(rows, data.task, 0, options=TrainingOptions(2))
        trained: Any = learner.fit(request, MemoryContext())
        found.append((trained.predict(held[:50]).tobytes(), trained.history["loss"].tolist()))
    assert found[0] == found[1]
