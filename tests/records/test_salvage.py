"""Results files that are cut short or of which pages are damaged."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from errors import raises, warns

from dataworth.errors import StudyError
from dataworth.records.layout import RESULTS_FILE
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
