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
from dataworth.findings import Finding
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.report.page import page_html, page_json
from dataworth.report.study_report import _of_model, read_runs

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
    query = "SELECT name, value FROM meta WHERE name <> 'checksums'"
    rows = connection.execute(query).fetchall()
    connection.close()
    return {name: json.loads(value) for name, value in rows}


def set_entry(directory: Path, name: str, value: str) -> None:
    connection = sqlite3.connect(directory / "results.sqlite")
    with connection:
        connection.execute("DELETE FROM meta WHERE name = 'checksums'")
        connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
    connection.close()


def test_the_page_of_the_whole_directory_is_made(whole: Path) -> None:
    assert "<!doctype html>" in page_html([read_runs(whole)[0]])


@pytest.mark.slow
def test_any_value_of_any_entry_is_shown_or_named(run: Path) -> None:
    found = entries(run)
    assert len(found) > 15
    refusals: list[tuple[str, str, str]] = []
    for name, good in found.items():
        for value in VALUES:
            set_entry(run, name, value)
            for read in (load_curve, audit, lambda place: page_html([read_runs(place)[0]])):
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
        connection.execute("DELETE FROM meta WHERE name IN (?, 'checksums')", (name,))
    connection.close()
    with raises("entry-invalid", StudyError, f"'{name}"):
        read_runs(run)[0]


@pytest.mark.parametrize("names", ['["a"]', '["a", "b", "c", "d", "e", "f"]', "[]"])
def test_names_that_do_not_fit_the_confusion_matrix_are_refused(run: Path, names: str) -> None:
    set_entry(run, "class_names", names)
    with raises("entry-invalid", StudyError, r"'class_losses'.*\(5,\)"):
        read_runs(run)[0]


def test_chance_is_that_of_the_best_constant_prediction(run: Path) -> None:
    set_entry(run, "class_counts", "[60, 10, 10, 10, 10]")
    (report,) = read_runs(run)
    assert report.chances["accuracy"] == pytest.approx(0.6)
    assert report.chances["loss"] == report.curve.chance
    assert report.chances["brier"] == pytest.approx(1 - 0.6**2 - 4 * 0.1**2)
    document = json.loads(page_json([report]))
    assert document["runs"][0]["metrics"]["accuracy"]["chance"] == pytest.approx(0.6)
    with Store(run, write=True) as store:
        store.set_meta({"chance": {"loss": 1.5, "accuracy": 0.7}})
    (report,) = read_runs(run)
    assert report.chances == {"loss": 1.5, "accuracy": 0.7}


def test_a_study_without_classes_samples_or_epochs_has_a_page(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        store.set_meta(
            {
                "name": "prices",
                "data": "5,000 rows",
                "fingerprint": "0" * 32,
                "samples": 4_000,
                "held_out": 1_000,
                "held_out_official": False,
                "model": "train",
                "learner": {"function": "prices:train"},
                "subset": "nested",
                "chance": {},
                "metric": {"name": "rmse", "higher_is_better": False},
                "machine": {"system": "x", "processor": "y", "cores": None, "python": "3"},
                "versions": {"dataworth": "0.1.0"},
                "identity": {"protocol": 1},
                "findings": [],
            }
        )
        for size in (100, 300, 900):
            store.add(Record(RunKey("train", size, 0, str(size)), {"rmse": 9 / size**0.5}))
    page = page_html([read_runs(tmp_path)[0]])
    assert "train on 5,000 rows: 1,000 held-out samples, 3 runs" in page
    for absent in ("Which classes", "cross-entropy", "Trainable weights", "Batch size"):
        assert absent not in page
    assert json.loads(page.split('id="data">')[1].split("</script>")[0])["runs"][0]["metrics"]


def test_a_model_has_the_findings_of_the_data_and_its_own() -> None:
    places = ["mlp, size 10", "mlp-2, size 10", "digits"]
    found = [Finding("c", "warning", place, "m", {}, "a") for place in places]
    names = ["mlp", "mlp-2"]
    assert [each.where for each in _of_model(found, "mlp", names)] == ["mlp, size 10", "digits"]
    assert [each.where for each in _of_model(found, "mlp-2", names)] == places[1:]
