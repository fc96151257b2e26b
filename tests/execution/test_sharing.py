"""Frames and arrays that processes share: pickled as files, the same when they are read back."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.execution.sharing import dump_sharing_arrays

ROWS = 14_000
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 2, ROWS)
SOME = np.array([5, 3, 4, 0, ROWS - 1, 3])


@pytest.fixture(autouse=True)
def smaller_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of these rows are as large for files as ten times as many are otherwise."""
    monkeypatch.setattr("dataworth.execution.sharing._SHARED_BYTES", 1 << 16)


def texts() -> list[Any]:
    return [None if row % 9 == 5 else f"Größe {row % 1_000}" for row in range(ROWS)]


def pandas_frame() -> Any:
    mixed = [1, "a", (2, 3), None] * (ROWS // 4)
    odd = [None, np.nan, pd.NA, "x"] * (ROWS // 4)
    return pd.DataFrame(
        {
            "number": RANDOM.normal(size=ROWS),
            "text": pd.Series(texts(), dtype="str"),
            "object": pd.Series(odd, dtype=object),
            "mixed": pd.Series(mixed, dtype=object),
            "category": pd.Categorical(texts()),
            "time": pd.date_range("2020", periods=ROWS, freq="min", tz="Europe/Berlin"),
            "count": pd.array([None, 1] * (ROWS // 2), dtype="Int64"),
        },
        index=np.arange(ROWS)[::-1],
    )


def polars_frame() -> Any:
    return pl.DataFrame(
        {
            "number": RANDOM.normal(size=ROWS),
            "text": texts(),
            "category": pl.Series(texts(), dtype=pl.Categorical),
            "flag": [True, None, False, True] * (ROWS // 4),
            "count": [None, 7] * (ROWS // 2),
            "lists": [[1], [2, 3], None, []] * (ROWS // 4),
        }
    ).with_columns(
        time=pl.datetime_range(
            pl.datetime(2020, 1, 1), pl.datetime(2021, 1, 1), "1m", time_zone="UTC", eager=True
        ).head(ROWS),
        big=pl.Series([2**62, None] * (ROWS // 2)),
    )


def shared(data: Dataset, folder: Path) -> Dataset:
    """The data set as a worker process gets it."""
    dump_sharing_arrays(data, folder / "data")
    with (folder / "data").open("rb") as file:
        pickle.load(file)
        found: Dataset = pickle.load(file)
    return found


def test_a_frame_of_pandas_is_shared(tmp_path: Path) -> None:
    data = Dataset(pandas_frame(), LABELS)
    other = shared(data, tmp_path)
    pd.testing.assert_frame_equal(View(data, SOME).x, View(other, SOME).x)
    every = np.arange(ROWS)
    pd.testing.assert_frame_equal(View(data, every).x, View(other, every).x)
    assert len(other) == ROWS
    assert other.shape == data.shape
    assert other.schema.columns == data.schema.columns
    # The texts are in files, not in the pickle; other objects are in it.
    assert (tmp_path / "data").stat().st_size < 20 * ROWS
    in_files = sum(path.stat().st_size for path in tmp_path.glob("column-*"))
    assert in_files > 8 * ROWS


def test_a_frame_of_polars_is_shared(tmp_path: Path) -> None:
    data = Dataset(polars_frame(), LABELS)
    other = shared(data, tmp_path)
    assert_frame_equal(View(data, SOME).x, View(other, SOME).x, categorical_as_str=True)
    every = np.arange(ROWS)
    assert_frame_equal(View(data, every).x, View(other, every).x, categorical_as_str=True)
    assert other.shape == data.shape
    assert (tmp_path / "data").stat().st_size < 30 * ROWS


def test_a_table_of_pyarrow_is_shared(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"number": RANDOM.normal(size=ROWS), "text": texts()})
    other = shared(Dataset(table, LABELS), tmp_path)
    assert other.take(SOME)[0].equals(table.take(SOME))
    assert (tmp_path / "data").stat().st_size < 10_000 + LABELS.nbytes


def test_a_part_of_a_mapped_file_is_shared_by_its_place(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(1_200_000, dtype=np.float32).reshape(-1, 4))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    (tmp_path / "out").mkdir()
    for part in (mapped, mapped[1_000:], np.asarray(mapped)[5:]):
        data = Dataset(part, np.arange(len(part)) % 2)
        other = shared(data, tmp_path / "out")
        assert np.array_equal(other.x, part)
        assert other.fingerprint == data.fingerprint
    # The labels alone are written.
    sizes = [path.stat().st_size for path in (tmp_path / "out").glob("array-*")]
    assert max(sizes) < mapped.nbytes


def test_arrays_of_objects_are_pickled(tmp_path: Path) -> None:
    column = np.array([(row,) for row in range(200_000)] + [None], dtype=object)
    frame = pd.DataFrame({"a": column})
    other = shared(Dataset(frame, np.arange(200_001) % 2), tmp_path)
    assert other.take(np.array([7, 200_000]))[0]["a"].tolist() == [(7,), None]


def test_texts_are_shared(tmp_path: Path) -> None:
    words = [text or "" for text in texts()]
    other = shared(Dataset(words, LABELS), tmp_path)
    assert other.take(SOME)[0] == [words[row] for row in SOME]
    assert (tmp_path / "data").stat().st_size < 100_000
