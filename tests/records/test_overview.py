"""What a list of studies reads of run directories, also of damaged and foreign ones."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from dataworth.records.layout import LOCK_FILE, RESULTS_FILE, STUDY_FILE
from dataworth.records.meta import ASKED_ENTRY, PLAN_ENTRY
from dataworth.records.overview import grid_of, is_running, overview, stamp
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
    text = 'sizes = [10, 20, 30]\nseeds = 2\n[model]\nsmall = "mlp:8"\nlarge = "mlp:64"\n'
    (directory / STUDY_FILE).write_text(text)
    assert (overview(directory).models, overview(directory).expected) == (2, 12)
    assert grid_of(directory) == (("small", "large"), (10, 20, 30), (0, 1))


@pytest.mark.parametrize("text", ["sizes = 3", "sizes = [[1]]", "seeds = '", "\0", "seeds = true"])
def test_a_study_file_that_is_none_gives_no_number_of_runs(tmp_path: Path, text: str) -> None:
    directory = a_directory(tmp_path / "run")
    (directory / STUDY_FILE).write_text(text)
    assert overview(directory).expected is None


def test_pipes_in_place_of_files_are_not_waited_for(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    (directory / LOCK_FILE).unlink()
    for name in (STUDY_FILE, LOCK_FILE):
        os.mkfifo(directory / name)
    found = overview(directory)
    assert (found.expected, is_running(found)) == (None, False)


def test_a_study_runs_as_long_as_its_process_holds_the_lock(tmp_path: Path) -> None:
    code = (
        "import sys; from dataworth.records.store import Store\n"
        "with Store(sys.argv[1], write=True): print(flush=True); sys.stdin.read()"
    )
    directory = a_directory(tmp_path / "run")
    command = [sys.executable, "-c", code, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_running(overview(directory))
        process.kill()
        process.wait()
    assert not is_running(overview(directory))


def test_asking_whether_a_study_runs_changes_no_file(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    lock = directory / LOCK_FILE
    before = lock.stat()
    assert not is_running(overview(directory))
    assert lock.stat() == before
    lock.unlink()
    assert not is_running(overview(directory))
    assert not lock.exists()


def test_a_run_that_was_given_out_counts_as_running_until_its_lease_ends(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    for seconds, expected in ((60, True), (-60, False)):
        with Store(directory, write=True) as store:
            store.set_meta({ASKED_ENTRY: {"a": {"until": time.time() + seconds}}})
        assert is_running(overview(directory)) is expected


def test_a_plan_that_has_ended_is_done(tmp_path: Path) -> None:
    directory = a_directory(tmp_path / "run")
    for stop in (None, {"kind": "met", "message": "The goal is met."}):
        with Store(directory, write=True) as store:
            store.set_meta({PLAN_ENTRY: {"stop": stop}})
        assert overview(directory).is_done is (stop is not None)


@pytest.mark.parametrize("folder", ["format-0", "format-1"])
def test_a_directory_of_an_older_format_is_listed(tmp_path: Path, folder: str) -> None:
    (old,) = Path(__file__).with_name(folder).rglob(RESULTS_FILE)
    (tmp_path / RESULTS_FILE).write_bytes(old.read_bytes())
    found = overview(tmp_path)
    assert found.problem == ""
    assert found.finished > 0


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
