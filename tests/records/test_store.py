"""What is SQLite's own: the file, its damage, its journal, its room."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from errors import raises, warns

from dataworth.errors import StudyError
from dataworth.records import database
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.record import Record
from dataworth.records.schema import APPLICATION_ID
from dataworth.records.store import Store
from dataworth.testing.stores import example, failed, key


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A run directory with three finished runs and a failed one."""
    with Store(tmp_path, write=True) as store:
        store.set_meta({"name": "a", "classes": 4, "model": "tree"})
        for seed in range(3):
            store.add(example(100, seed))
        store.add(failed(300, 0))
    return tmp_path


def execute(directory: Path, statement: str) -> None:
    connection = sqlite3.connect(directory / RESULTS_FILE)
    connection.executescript(statement)
    connection.close()


def test_a_directory_without_results_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    with raises("no-results", StudyError, r"results\.sqlite"):
        Store(tmp_path)
    with raises("file-not-found", StudyError):
        Store(tmp_path / "none")
    (tmp_path / RESULTS_FILE).write_bytes(b"")
    with raises("no-results", StudyError, r"results\.sqlite.*dataworth run") as empty:
        Store(tmp_path)
    assert "make room" not in str(empty.value)
    with raises("not-a-file", StudyError):
        Store(tmp_path / RESULTS_FILE)
    (tmp_path / RESULTS_FILE).write_bytes(b"this is not a database" * 100)
    with raises("file-damaged", StudyError, r"results\.sqlite"):
        Store(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / RESULTS_FILE]


@pytest.mark.parametrize("table", ["others (a)", "runs (a)"])
@pytest.mark.parametrize("write", [False, True])
def test_a_database_of_another_program_is_named_as_such(
    tmp_path: Path, table: str, write: bool
) -> None:
    execute(tmp_path, f"CREATE TABLE {table}")
    before = (tmp_path / RESULTS_FILE).read_bytes()
    with raises("file-damaged", StudyError, RESULTS_FILE):
        Store(tmp_path, write=write)
    assert (tmp_path / RESULTS_FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "code", "values"),
    [
        ("PRAGMA user_version = 99", "unsupported-format", "99.* 4[^0-9]"),
        ("PRAGMA application_id = 1", "file-damaged", "0x1"),
        ("DROP TABLE facts", "file-damaged", "'facts'"),
        (
            "ALTER TABLE scores DROP COLUMN standard_error",
            "file-damaged",
            "'standard_error'.*'scores'",
        ),
        ("CREATE TRIGGER t DELETE ON runs BEGIN SELECT 1; END", "file-damaged", "'t'"),
        (
            "ALTER TABLE runs RENAME TO others; CREATE VIEW runs AS WITH RECURSIVE n (i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            "file-damaged",
            "'runs'",
        ),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_what_this_version_cannot_read_is_refused_and_left(
    filled: Path, statement: str, code: str, values: str, write: bool
) -> None:
    execute(filled, statement)
    before = (filled / RESULTS_FILE).read_bytes()
    with raises(code, StudyError, values):
        Store(filled, write=write)
    assert (filled / RESULTS_FILE).read_bytes() == before
    assert not (filled / f"{RESULTS_FILE}-journal").exists()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE runs SET digest = cast(x'ff' AS TEXT) WHERE seed = 1",
        "UPDATE runs SET learner = x'00' WHERE seed = 1",
        "UPDATE runs SET size = 'large' WHERE seed = 1",
        "UPDATE runs SET status = 'perhaps' WHERE seed = 1",
        "UPDATE runs SET attempt = 'x' WHERE seed = 1",
        "UPDATE runs SET seconds = 'long' WHERE seed = 1",
        "UPDATE histories SET data = substr(data, 1, 50) WHERE run = 2",
        "UPDATE histories SET data = 'text' WHERE run = 2",
        "UPDATE run_arrays SET data = x'' WHERE run = 2",
        "UPDATE run_arrays SET data = cast(x'ff' AS TEXT) WHERE run = 2",
        "UPDATE scores SET value = 'good' WHERE run = 2 AND metric = 1",
        "PRAGMA foreign_keys = OFF; UPDATE scores SET metric = 9 WHERE run = 2 AND metric = 1",
        "UPDATE facts SET value = 'many' WHERE run = 2",
        "UPDATE facts SET name = cast(x'ff' AS TEXT) WHERE run = 2",
        # Of the right types, and other figures than were stored.
        "UPDATE runs SET seed = 4 WHERE seed = 1",
        "UPDATE runs SET seconds = seconds + 1 WHERE seed = 1",
        "UPDATE scores SET value = value + 1e-12 WHERE run = 2 AND metric = 1",
        "UPDATE scores SET standard_error = 0.5 WHERE run = 2 AND metric = 1",
        "DELETE FROM scores WHERE run = 2 AND metric = 1",
        "UPDATE facts SET value = value + 1 WHERE run = 2",
        "DELETE FROM facts WHERE run = 2",
        "DELETE FROM histories WHERE run = 2",
        "UPDATE run_arrays SET data = (SELECT data FROM run_arrays WHERE run = 1) WHERE run = 2",
        "UPDATE runs SET checksum = checksum + 1 WHERE seed = 1",
    ],
)
def test_one_damaged_run_costs_one_run(filled: Path, damage: str) -> None:
    execute(filled, damage)
    with Store(filled) as store:
        with warns("runs-damaged", "1 of the runs"):
            (lost,) = store.damaged
        assert (lost.seed in (1, 4), bool(lost.reason)) == (True, True)
        assert store.table().seeds.tolist() == [0, 2]
        assert store.digests("finished") == {key(100, 0).digest, key(100, 2).digest}
        for record in store.records(None, arrays=True):
            assert (
                record.failure
                or record.history["loss"][0] == example(100, record.key.seed).history["loss"][0]
            )
            assert record.failure or record.arrays["confusion"].shape == (4, 4)
    with Store(filled, write=True) as store:
        with warns("runs-damaged"):
            store.add(example(100, 1))
        assert len(store.table()) == 3


def test_a_failure_that_cannot_be_read_is_damage(filled: Path) -> None:
    execute(filled, "UPDATE failures SET message = cast(x'ff' AS TEXT)")
    with Store(filled) as store, warns("runs-damaged", "300 .* 0"):
        assert store.digests("failed") == set()


def test_a_digest_that_cannot_be_read_gives_way_to_its_run(filled: Path) -> None:
    execute(filled, "UPDATE runs SET digest = cast(x'ff' AS TEXT) WHERE seed = 1")
    with Store(filled, write=True) as store, warns("runs-damaged"):
        store.add(example(100, 1))
    with Store(filled) as store:
        assert store.damaged == []
        assert len(store.table()) == 3


@pytest.mark.parametrize(
    ("spoil", "read"),
    [
        ("UPDATE meta SET value = '{'", Store.meta),
        ("UPDATE meta SET value = cast(x'ff' AS TEXT)", Store.meta),
        (
            "DELETE FROM meta; UPDATE arrays SET data = x'00'",
            lambda store: store.array("images"),
        ),
    ],
)
def test_damage_that_concerns_all_runs_is_named(
    filled: Path, spoil: str, read: Callable[[Store], object]
) -> None:
    with Store(filled, write=True) as store:
        store.set_array("images", example(1, 0).arrays["confusion"])
    execute(filled, spoil)
    with Store(filled) as store, raises("file-damaged", StudyError, RESULTS_FILE):
        read(store)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE meta SET value = '5' WHERE name = 'classes'",
        "UPDATE meta SET value = '{' WHERE name = 'classes'",
        "UPDATE meta SET value = cast(x'ff' AS TEXT) WHERE name = 'classes'",
        "UPDATE meta SET name = 'glasses' WHERE name = 'classes'",
        "UPDATE meta SET name = cast(x'ff' AS TEXT) WHERE name = 'classes'",
        "DELETE FROM meta WHERE name = 'classes'",
    ],
)
def test_an_entry_that_was_changed_is_left_out_and_the_others_are_read(
    filled: Path, spoil: str
) -> None:
    with Store(filled, write=True) as store:
        others = {"name": "a", "model": "tree", "kind": "b"}
        store.set_meta({"kind": "b"})
    execute(filled, spoil)
    with Store(filled) as store:
        with warns("entries-damaged", "classes"):
            found = store.meta()
        assert {name: found[name] for name in others} == others
        assert "classes" not in found
        # Once is enough.
        assert store.meta() == found
        assert len(store.records()) == 3
    with Store(filled, write=True) as store:
        with warns("entries-damaged"):
            store.meta()
        store.set_meta({"classes": 4})
    with Store(filled) as store:
        assert store.meta()["classes"] == 4


def test_an_array_that_was_changed_is_left_out(filled: Path) -> None:
    with Store(filled, write=True) as store:
        store.set_array("images", example(1, 0).arrays["confusion"])
    execute(filled, "UPDATE arrays SET data = substr(data, 1, length(data) - 1) || x'ff'")
    with Store(filled) as store, warns("entries-damaged", "images"):
        assert store.array("images") is None


def test_changed_checksums_of_entries_are_told_and_the_entries_read(filled: Path) -> None:
    execute(filled, "UPDATE meta SET value = replace(value, '1', '2') WHERE name = 'checksums'")
    with Store(filled) as store, warns("entries-damaged", "checksums"):
        assert "classes" in store.meta()


@pytest.mark.parametrize("name", ["cast(x'ff' AS TEXT)", "'lors'"])
def test_a_metric_of_another_name_costs_its_runs(filled: Path, name: str) -> None:
    execute(filled, f"UPDATE metrics SET name = {name} WHERE id = 1")
    with Store(filled, write=True) as store:
        with warns("runs-damaged", "3 of the runs"):
            assert len(store.records()) == 0
        store.add(example(100, 1))
        assert store.table(["loss"]).values["loss"].tolist() == [example(100, 1).scores["loss"]]


def test_a_damaged_checkpoint_is_none(filled: Path) -> None:
    with Store(filled, write=True) as store:
        store.save_checkpoint("a", example(9, 0).history, {"w": example(9, 0).history["loss"]})
    for damage in ("x'00'", "'text'", "zeroblob(length(data))", "substr(data, 1, 150)"):
        execute(filled, f"UPDATE checkpoint_arrays SET data = {damage}")
        with Store(filled) as store:
            assert store.load_checkpoint("a") is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("null", int),
        ("-1", int),
        ("true", int),
        ("1e400", int),
        ('"four"', int),
        ("[1]", int),
        ("4", str),
        ("{}", list[str]),
        ('["a", 1]', list[str]),
        ("[1, -1]", list[int]),
        ("1", bool),
        ("[]", dict),
    ],
)
def test_an_entry_of_a_wrong_type_is_named(filled: Path, value: str, kind: type) -> None:
    execute(filled, "DELETE FROM meta WHERE name = 'checksums'")
    execute(filled, f"UPDATE meta SET value = '{value}' WHERE name = 'classes'")
    with Store(filled) as store, raises("entry-invalid", StudyError, "'classes'"):
        store.require("classes", kind)


def test_a_missing_entry_is_named(filled: Path) -> None:
    execute(filled, "DELETE FROM meta WHERE name IN ('classes', 'checksums')")
    with Store(filled) as store, raises("entry-invalid", StudyError, "'classes'"):
        store.require("classes", int)


def test_a_reader_rolls_back_what_a_killed_writer_left_half_done(filled: Path) -> None:
    writer = sqlite3.connect(filled / RESULTS_FILE)
    writer.execute("PRAGMA cache_size = 1")  # Changes reach the file before they are committed.
    writer.execute("UPDATE scores SET value = 0")
    writer.execute("INSERT INTO meta VALUES ('b', hex(zeroblob(20000)))")
    shutil.copytree(filled, filled / "killed")
    writer.close()
    assert (filled / "killed" / f"{RESULTS_FILE}-journal").stat().st_size
    with Store(filled / "killed") as store:
        losses = [record.scores["loss"] for record in store.records()]
        assert losses == [example(100, seed).scores["loss"] for seed in range(3)]
        assert "b" not in store.meta()


def test_a_reader_writes_nothing(filled: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in filled.iterdir()}
    with Store(filled) as store:
        store.records(None, arrays=True)
        with raises("file-not-writable", StudyError, "readonly"):
            store.set_meta({"a": 1})
    assert {path: path.stat().st_mtime_ns for path in filled.iterdir()} == before


def test_figures_are_read_once_until_a_process_changes_the_file(filled: Path) -> None:
    queries: list[str] = []
    with Store(filled) as store:
        store._connection.set_trace_callback(queries.append)
        first = store.table()
        assert store.table(["loss"]).values["loss"] is not None
        assert store.digests("finished")
        assert sum("standard_error + 0.0 FROM scores" in query for query in queries) == 1
        with Store(filled, write=True) as writer:
            writer.add(example(100, 9))
            assert 9 in writer.table().seeds
        assert len(store.table()) == len(first) + 1


def test_a_closed_store_leaves_one_file(filled: Path) -> None:
    assert {path.name for path in filled.iterdir()} == {RESULTS_FILE, ".lock"}


_WRITER = """
import sys
from dataworth.records.store import Store
from dataworth.testing.stores import example
with Store(sys.argv[1], write=True) as store:
    for seed in range(10_000):
        store.add(example(100, seed, epochs=2_000))
        print(seed, flush=True)
"""


def test_a_kill_loses_at_most_the_write_under_way(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(30):
            done = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        done = max([done, *map(int, process.stdout.read().split())])
    with Store(tmp_path) as store:
        seeds = store.table().seeds.tolist()
        assert seeds in (list(range(done + 1)), list(range(done + 2)))
    with Store(tmp_path, write=True) as store:
        store.add(example(300, 0))
        assert len(store.table()) == len(seeds) + 1


def test_a_file_that_cannot_be_opened_is_named_and_the_lock_released(tmp_path: Path) -> None:
    (tmp_path / RESULTS_FILE).mkdir()
    for _ in range(2):
        with raises("file-not-writable", StudyError, r"results\.sqlite: unable"):
            Store(tmp_path, write=True)


def test_a_full_disk_loses_only_the_write_under_way(filled: Path) -> None:
    with Store(filled, write=True) as store:
        # SQLite's own limit on the file stands for a disk without room: the same error code.
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        big = example(100, 9, epochs=200_000)
        with raises("disk-full", StudyError):
            store.save_checkpoint("k", big.history, dict(big.history))
        assert store.load_checkpoint("k") is None
        with raises("disk-full", StudyError):
            store.add(big)
    with Store(filled) as store:
        assert len(store.records()) == 3


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with raises("file-not-writable", StudyError):
        Store(tmp_path / "file" / "run", write=True)


def test_it_is_a_plain_sqlite_file_that_moves(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (filled / RESULTS_FILE).rename(tmp_path / "b" / RESULTS_FILE)
    connection = sqlite3.connect(tmp_path / "b" / RESULTS_FILE)
    query = "SELECT avg(value) FROM scores JOIN metrics ON id = metric WHERE name = 'accuracy'"
    assert connection.execute(query).fetchone() == (0.5,)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with Store(tmp_path / "b") as store:
        assert len(store.records()) == 3


def test_arrays_that_hold_no_numbers_are_refused_and_nothing_written(filled: Path) -> None:
    words = Record(key(9, 0), {"loss": 1.0}, arrays={"words": np.array(["a"])})
    with Store(filled, write=True) as store:
        with pytest.raises(TypeError, match="words is an array of <U1"):
            store.add(words)
        assert len(store.table()) == 3


def test_writes_together_happen_all_or_not_at_all(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        with store.together():
            store.add(example(100, 0))
            store.set_meta({"a": 1})
        store.set_meta({"b": 2})
        with pytest.raises(ZeroDivisionError):
            _interrupted(store)
        assert store.digests() == {key(100, 0).digest}
        assert store.meta() == {"a": 1, "b": 2}


def _interrupted(store: Store) -> None:
    with store.together():
        store.add(example(100, 1))
        store.set_meta({"a": 1 / 0})


@pytest.mark.parametrize("read_only", [False, True])
def test_a_killed_writer_loses_no_commit_and_the_closed_file_is_complete(
    tmp_path: Path, read_only: bool
) -> None:
    live, killed = tmp_path / "live", tmp_path / "killed"
    with Store(live, write=True) as store:
        store.add(example(100, 0))
        # The files as a killed process leaves them.
        shutil.copytree(live, killed)
    assert [path.name for path in live.iterdir() if path.name != ".lock"] == [RESULTS_FILE]
    if read_only:
        killed.chmod(0o500)
    with Store(killed) as store:
        assert store.digests() == {key(100, 0).digest}
    killed.chmod(0o700)


def test_only_file_systems_of_this_machine_get_a_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\n"
        "server:/home /home nfs4 rw 0 0\n"
        "/dev/b /home/my\\040disk xfs rw 0 0\n"
    )
    monkeypatch.setattr(database, "_MOUNTS", mounts)
    assert database.is_local(Path("/var/runs/results.sqlite"))
    assert not database.is_local(Path("/home/anna/results.sqlite"))
    assert database.is_local(Path("/home/my disk/results.sqlite"))
    monkeypatch.setattr(database, "_MOUNTS", tmp_path / "none")
    assert not database.is_local(Path("/var/runs/results.sqlite"))


def test_a_file_on_another_machine_keeps_the_rollback_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_MOUNTS", tmp_path / "none")
    with Store(tmp_path, write=True) as store:
        store.add(example(100, 0))
        assert (tmp_path / f"{RESULTS_FILE}-journal").is_file()
        assert not (tmp_path / f"{RESULTS_FILE}-wal").exists()
