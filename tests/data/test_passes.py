"""Samples that are larger than memory are read as those in memory are."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataworth.data import features, passes
from dataworth.data.dataset import Dataset
from dataworth.data.images import LazyImages
from dataworth.data.passes import Copied, InPlace, Samples, Spooled, open_samples
from dataworth.data.spool import Spool, Stopped

ROWS = 200


class Computed(LazyImages):
    """Images that are computed from their row."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (ROWS, 4, 5)

    def _made(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return (rows[:, None, None] + np.arange(20).reshape(4, 5)).astype(np.uint8)


def mapped(folder: Path, dtype: Any, shape: tuple[int, ...] = (ROWS, 3)) -> Any:
    """An array in a file, of numbers that float32 rounds where they are float64."""
    values = np.random.default_rng(0).uniform(0, 250, shape).astype(dtype)
    np.save(folder / "x.npy", values)
    return np.load(folder / "x.npy", mmap_mode="r")


def read_in_pieces(samples: Samples, order: NDArray[np.int64], sizes: list[int]) -> NDArray[Any]:
    out = np.empty((len(order), *samples.like.shape[1:]), samples.like.dtype)
    read, begun = samples.in_order(order), 0
    for size in [*sizes, len(order)]:
        piece = out[begun : begun + size]
        read(piece)
        begun += len(piece)
    return out


@given(
    st.lists(st.integers(0, ROWS - 1), max_size=300),
    st.integers(1, 700),
    st.integers(1, 700),
)
def test_any_order_is_read_through_windows_and_blocks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int], window: int, block: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    x = mapped(folder, np.uint8)
    order = np.array(rows, np.int64)
    with closing(Spool(x, order, folder, Event(), window, block)) as spool:
        found = [part.rows[part.places] for part in spool.windows()]
    np.testing.assert_array_equal(np.concatenate([x[:0], *found]), x[order])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int16])
def test_all_ways_read_the_same(tmp_path: Path, dtype: Any) -> None:
    x = mapped(tmp_path, dtype)
    subset = np.arange(7, 180)
    order = np.random.default_rng(1).permutation(subset)
    expected = features.as_held(x[order])
    for samples in (InPlace(x), Copied(x, subset), Spooled(x, tmp_path)):
        for _ in range(2):
            found = read_in_pieces(samples, order, [10, 64])
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(samples.take(order[:5]), expected[:5])


def test_orders_are_prepared_in_turn_and_may_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = mapped(tmp_path, np.uint8)
    made: list[NDArray[np.int64]] = []

    class Counted(Spool):
        def __init__(self, x: Any, order: NDArray[np.int64], *given: Any) -> None:
            made.append(order)
            super().__init__(x, order, *given)

    monkeypatch.setattr(passes, "Spool", Counted)
    orders = [np.random.default_rng(seed).permutation(ROWS) for seed in range(4)]
    with closing(Spooled(x, tmp_path)) as samples:
        for order in orders[:3]:
            samples.prepare(order)
        # The first was not read to its end, and the second is never read.
        samples.in_order(orders[0])(np.empty((50, 3), np.uint8))
        for number in (2, 3):
            found = read_in_pieces(samples, orders[number], [70])
            np.testing.assert_array_equal(found, x[orders[number]])
        usage = shutil.disk_usage(tmp_path)._replace(free=2 * x.nbytes)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        samples.prepare(orders[0])
    assert [id(each) for each in made if each is not orders[1]] == [
        id(orders[number]) for number in (0, 2, 3)
    ]


def test_sorting_ends_when_its_rows_are_not_needed_any_more(tmp_path: Path) -> None:
    x, is_unwanted = mapped(tmp_path, np.uint8), Event()
    is_unwanted.set()
    with pytest.raises(Stopped):
        Spool(x, np.arange(ROWS), tmp_path, is_unwanted)


def test_a_file_that_cannot_be_written_is_an_error_of_the_run(tmp_path: Path) -> None:
    with closing(Spooled(mapped(tmp_path, np.uint8), tmp_path / "gone")) as samples:
        read = samples.in_order(np.arange(ROWS))
        with pytest.raises(FileNotFoundError):
            read(np.empty((5, 3), np.uint8))


def test_a_spool_leaves_no_file(tmp_path: Path) -> None:
    x = mapped(tmp_path, np.uint8)
    spooled = Spooled(x, tmp_path)
    read_in_pieces(spooled, np.arange(ROWS), [])
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize(
    ("memory", "rows", "free", "way"),
    [
        (None, ROWS, 10**9, InPlace),
        (600, ROWS, 10**9, InPlace),
        (599, 49, 10**9, Copied),
        (599, 50, 10**9, Spooled),
        (599, 50, 300, InPlace),
    ],
)
def test_the_way_follows_from_memory_and_disk(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory: int | None,
    rows: int,
    free: int,
    way: type,
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(passes, "available_memory", lambda: memory)
    x = mapped(tmp_path, np.uint8)
    assert type(open_samples(x, np.arange(rows), lambda: tmp_path)) is way
    held = open_samples(np.array(x), np.arange(rows), lambda: tmp_path)
    assert type(held) is InPlace


def test_images_that_are_made_when_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(passes, "available_memory", lambda: 1_000)
    images, order = Computed(), np.random.default_rng(0).permutation(ROWS)
    for rows, way in ((order[:12], Copied), (order, InPlace)):
        samples = open_samples(images, rows, lambda: tmp_path)
        assert type(samples) is way
        np.testing.assert_array_equal(read_in_pieces(samples, rows, [5]), np.asarray(images)[rows])


@pytest.mark.parametrize("memory", [None, 10**9, 1_000])
def test_arrays_are_made_of_what_fits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int | None
) -> None:
    monkeypatch.setattr(features, "available_memory", lambda: memory)
    is_small = memory != 1_000
    for x in (Computed(), mapped(tmp_path, np.float64)):
        data = Dataset(x, np.arange(ROWS) % 2)
        arrays = data.as_arrays("the model")
        assert (arrays is data) == (not is_small)
        assert not is_small or arrays.x.dtype in (np.uint8, np.float32)
        assert arrays.fingerprint == data.fingerprint
