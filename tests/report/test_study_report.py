"""Run directories whose entries were changed by hand, or by another program."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from errors import raises
from report_runs import make_run

from dataworth.audit import audit
from dataworth.curves.read import load_curve
from dataworth.errors import DataworthError, StudyError
from dataworth.report.page import page_html
from dataworth.report.study_report import read_run

VALUES = ["null", "-1", '"text"', "[]", "{}", "[1]", '["a"]', "true", "1e400", "0.5"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory of one run, from which nothing can be forecast: its page is made fast."""
    return make_run(tmp_path_factory.mktemp("run") / "run", sizes=[200], seeds=1, pixels=None)


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def entries(directory: Path) -> dict[str, object]:
    connection = sqlite3.connect(directory / "results.sqlite")
    rows = connection.execute("SELECT name, value FROM meta").fetchall()
    connection.close()
    return {name: json.loads(value) for name, value in rows}


def set_entry(directory: Path, name: str, value: str) -> None:
    connection = sqlite3.connect(directory / "results.sqlite")
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
    connection.close()


def test_the_page_of_the_whole_directory_is_made(whole: Path) -> None:
    assert "<!doctype html>" in page_html([read_run(whole)])


def test_any_value_of_any_entry_is_shown_or_named(run: Path) -> None:
    found = entries(run)
    assert len(found) > 15
    refusals: list[tuple[str, str, str]] = []
    for name, good in found.items():
        for value in VALUES:
            set_entry(run, name, value)
            for read in (load_curve, audit, lambda place: page_html([read_run(place)])):
                try:
                    read(run)
                except DataworthError as error:
                    refusals.append((name, value, str(error)))
        set_entry(run, name, json.dumps(good))
    assert len(refusals) > 100
    for name, value, message in refusals:
        assert f"'{name}'" in message or f"'{name}." in message, (name, value, message)


@pytest.mark.parametrize("name", ["classes", "class_names", "machine", "versions", "identity"])
def test_a_missing_entry_is_named(run: Path, name: str) -> None:
    connection = sqlite3.connect(run / "results.sqlite")
    with connection:
        connection.execute("DELETE FROM meta WHERE name = ?", (name,))
    connection.close()
    with raises("entry-missing", StudyError, f"'{name}"):
        read_run(run)


@pytest.mark.parametrize("names", ['["a"]', '["a", "b", "c", "d", "e", "f"]', "[]"])
def test_names_that_do_not_fit_the_confusion_matrix_are_refused(run: Path, names: str) -> None:
    set_entry(run, "class_names", names)
    with raises("entry-invalid", StudyError, r"'confusion'.*\(5, 5\)"):
        read_run(run)
