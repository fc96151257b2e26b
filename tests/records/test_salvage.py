"""Results files that are cut short or of which pages are damaged."""

from __future__ import annotations

import sqlite3
import warnings
from itertools import pairwise
from pathlib import Path

import pytest
from errors import raises, warns

from dataworth.errors import StudyError
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.record import Record
from dataworth.records.store import Store
from dataworth.testing.stores import example

_RUNS = 60


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    with Store(tmp_path, write=True) as store:
        store.set_meta({"name": "a"})
        for seed in range(_RUNS):
            store.add(example(100, seed))
    return tmp_path


def _cut(directory: Path, share: float) -> bytes:
    path = directory / RESULTS_FILE
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path.read_bytes()


@pytest.mark.parametrize(
    "share", [0.6, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.95, 0.3))]
)
def test_of_a_file_that_is_cut_short_the_rest_is_kept(filled: Path, share: float) -> None:
    cut = _cut(filled, share)
    with warns("runs-damaged"), Store(filled) as store:
        kept = store.records(arrays=True)
        assert store.meta() == {"name": "a"}
    assert len(kept) < _RUNS
    assert kept or share < 0.9
    for record in kept:
        assert record.scores == example(100, record.key.seed).scores
    assert (filled / RESULTS_FILE).read_bytes() == cut
    with warns("runs-damaged"), Store(filled, write=True) as store:
        assert len(store.records()) == len(kept)
        for seed in range(_RUNS):
            store.add(example(100, seed))
    assert (filled / f"{RESULTS_FILE}.damaged").read_bytes() == cut
    with Store(filled) as store:
        assert len(store.records()) == _RUNS


def test_every_page_may_be_damaged(filled: Path) -> None:
    path = filled / RESULTS_FILE
    whole = path.read_bytes()
    for start in range(8_192, len(whole), 7 * 8_192):
        path.write_bytes(whole[:start] + b"\xa5" * 4_096 + whole[start + 4_096 :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Store(filled) as store:
                for record in store.records(arrays=True):
                    assert record.scores == example(100, record.key.seed).scores


def test_without_its_first_page_nothing_is_kept_or_written(filled: Path) -> None:
    path = filled / RESULTS_FILE
    path.write_bytes(bytes(8_192) + path.read_bytes()[8_192:])
    before = path.read_bytes()
    for write in (False, True):
        with raises("file-damaged", StudyError, RESULTS_FILE):
            Store(filled, write=write)
    assert path.read_bytes() == before


def test_rows_between_damaged_pages_are_kept(tmp_path: Path) -> None:
    bare = [Record(example(100, seed).key, {"loss": 0.5}) for seed in range(3_000)]
    with Store(tmp_path, write=True) as store, store.together():
        for record in bare:
            store.add(record)
    path = tmp_path / RESULTS_FILE
    pages = _leaves(path, "runs")
    assert len(pages) > 10
    kept = {0, 5, len(pages) - 2}
    content = bytearray(path.read_bytes())
    for place, page in enumerate(pages):
        if place not in kept:
            content[(page - 1) * 8_192 : page * 8_192] = bytes(8_192)
    path.write_bytes(content)
    with warns("runs-damaged"), Store(tmp_path) as store:
        seeds = sorted(record.key.seed for record in store.records())
    assert len(seeds) > 2.5 * len(bare) / len(pages)
    assert sum(after - before > 1 for before, after in pairwise(seeds)) == 2


def _leaves(path: Path, table: str) -> list[int]:
    """The numbers of the leaf pages of a table, in the order of its rows, from 1."""
    connection = sqlite3.connect(path)
    query = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path"
    pages = [page for (page,) in connection.execute(query, (table,))]
    connection.close()
    return pages
