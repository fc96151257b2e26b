"""A run directory that comes from anywhere: markup in whatever it says, and files that are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from errors import raises
from opened_page import opened
from report_runs import make_run

import dataworth as dw
from dataworth.errors import DataworthError, StudyError
from dataworth.records.layout import REPORT_FILE, RESULTS_FILE, STUDY_FILE
from dataworth.records.record import Failure, Record, RunKey
from dataworth.records.store import Store
from dataworth.report.write import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_MARKUP = (
    '\'"><img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
    "</script><!--\u2028${window.hacked = 1}\\"
)
_SIZES = (100, 300, 900, 2_700)


def _marked(value: Any) -> Any:
    """A value with markup behind each of its texts."""
    if isinstance(value, str):
        return value + _MARKUP
    if isinstance(value, Mapping):
        return {k: each if k == "severity" else _marked(each) for k, each in value.items()}
    return [_marked(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = make_run(tmp_path_factory.mktemp("a") / "<b onclick='1'>run", sizes=_SIZES)
    metric = f"error{_MARKUP}"
    with Store(directory, write=True) as store:
        entries = _marked(store.meta())
        metrics = {"metric": {"name": "loss"}, "metrics": ["loss", metric]}
        store.set_meta({**entries, "task": {"kind": "classification"}, **metrics})
        for record in store.records(arrays=True):
            size, seed = record.key.size, record.key.seed
            key = RunKey(_MARKUP, size, seed, f"{size}{seed}{_MARKUP}")
            scores = {**record.scores, metric: record.scores["loss"]}
            facts = {f"parameters{_MARKUP}": 1.0}
            store.add(replace(record, key=key, scores=scores, facts=facts))
        failure = Failure("error", f"{_MARKUP} failed", f"Traceback {_MARKUP}")
        store.add(Record(RunKey(_MARKUP, 100, 7, "f"), {}, failure=failure))
    (directory / STUDY_FILE).write_text(f"name = '''{_MARKUP}'''", encoding="utf-8")
    return directory


@pytest.mark.slow
def test_no_text_of_a_directory_is_markup_of_its_page(hostile: Path, browser: Browser) -> None:
    page = write_report(hostile)
    text = page.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "<script>window" not in text
    with opened(browser, page) as view:
        view.page.wait_for_timeout(200)
        assert view.page.evaluate("window.hacked") is None
        assert view.page.locator("img[src=x], b[onclick]").count() == 0
        assert view.requests == [page.as_uri()]


def test_no_text_of_a_directory_is_markup_of_a_notebook(hostile: Path) -> None:
    curves = dw.run_curves(hostile)
    shown: list[Any] = [dw.audit(hostile), *curves.values(), *map(dw.forecast, curves.values())]
    for each in shown:
        found = str(each._repr_html_())
        assert "<img src=x" not in found
        assert "<script>window" not in found


@pytest.mark.parametrize("name", [f"{REPORT_FILE}.partial", REPORT_FILE])
def test_no_file_outside_is_written_through_a_link(name: str, tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run", sizes=(100, 300))
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (directory / name).symlink_to(outside)
    write_report(directory)
    assert outside.read_text() == "mine"
    assert not (directory / REPORT_FILE).is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_no_pipe_in_a_directory_is_waited_for(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run", sizes=(100, 300))
    os.mkfifo(directory / STUDY_FILE)
    os.mkfifo(directory / f"{REPORT_FILE}.partial")
    write_report(directory)
    for end in ("-journal", "-wal", "-shm"):
        beside = directory / f"{RESULTS_FILE}{end}"
        os.mkfifo(beside)
        with raises("file-damaged", StudyError, f"{beside.name} beside it is not a regular file"):
            Store(directory)
        beside.unlink()
    (directory / RESULTS_FILE).unlink()
    os.mkfifo(directory / RESULTS_FILE)
    with pytest.raises(DataworthError):
        Store(directory)
