"""What a list of studies reads of run directories, also of damaged and foreign ones."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from dataworth.records.layout import RESULTS_FILE, STUDY_FILE
from dataworth.records.overview import overview, stamp
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store


def a_directory(folder: Path) -> Path:
    with Store(folder, write=True) as store:
        store.set_meta({"name": "first", "model": "mlp", "data": "digits"})
        store.add(Record(RunKey("mlp", 10, 0, "a"), {"loss": 0.5}, seconds=1.0))
    return folder


def test_an_overview_names_the_study_and_counts_its_runs(tmp_path: Path) -> None:
    found = overview(a_directory(tmp_path / "run"))
    assert (found.name, found.model, found.data) == ("first", "mlp", "digits")
    assert (found.finished, found.failed, found.problem) == (1, 0, "")


def test_the_file_of_the_study_says_how_many_models_and_runs(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    assert (overview(directory).models, overview(directory).expected) == (1, None)
    text = 'model = ["mlp", "linear"]\nsizes = [10, 20, 30]\nseeds = 2\n'
    (directory / STUDY_FILE).write_text(text)
    assert (overview(directory).models, overview(directory).expected) == (2, 12)


def test_the_stamp_of_a_directory_changes_with_its_files(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    before = stamp(directory)
    assert stamp(directory) == before
    with Store(directory, write=True) as store:
        writing = stamp(directory)
        store.add(Record(RunKey("mlp", 10, 1, "b"), {"loss": 0.4}, seconds=1.0))
        assert stamp(directory) != writing
    before = stamp(directory)
    (directory / STUDY_FILE).write_text("seeds = 2\n")
    assert stamp(directory) != before


def test_a_table_that_is_an_endless_view_is_refused_before_it_is_read(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    endless = "WITH RECURSIVE n(status) AS (SELECT 'x' UNION ALL SELECT status FROM n)"
    with closing(sqlite3.connect(directory / RESULTS_FILE)) as connection:
        connection.execute("ALTER TABLE runs RENAME TO old")
        connection.execute(f"CREATE VIEW runs AS {endless} SELECT status FROM n")
        connection.commit()
    found = overview(directory)
    assert "'runs' is not a plain table" in found.problem
    assert found.finished == 0


def test_a_file_of_another_program_has_a_problem(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / RESULTS_FILE)) as connection:
        connection.execute("CREATE TABLE meta (name, value)")
        connection.commit()
    assert overview(tmp_path).problem
