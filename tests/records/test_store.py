import math
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from errors import raises

from dataworth.errors import StudyError
from dataworth.learners.base import Epoch
from dataworth.metrics.classification import score
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.record import Record, Run, run_key
from dataworth.records.store import Store

EPOCHS = [Epoch(1, 10, 320, 1.5, 0.2, None), Epoch(2, 10, 320, 1.0 / 3.0, 0.1, 0.7)]


def record(size: int = 100, seed: int = 0) -> Record:
    random = np.random.default_rng(seed)
    scores = score(random.normal(size=(50, 4)).astype(np.float32), random.integers(0, 4, 50))
    return Record(Run(size, seed, run_key({"a": 1}, size, seed)), scores, EPOCHS, 1234)


def test_records_come_back_to_the_bit_sorted(tmp_path: Path) -> None:
    originals = [record(300, 1), record(100, 1), record(100, 0)]
    with Store(tmp_path, write=True) as store:
        for each in originals:
            store.add(each)
    with Store(tmp_path) as store:
        kept = store.records()
    assert [(r.run.size, r.run.seed) for r in kept] == [(100, 0), (100, 1), (300, 1)]
    back, original = kept[2], originals[0]
    assert back.run == original.run
    assert back.scores.loss == original.scores.loss
    assert back.scores.class_losses.tobytes() == original.scores.class_losses.tobytes()
    assert (back.scores.confusion == original.scores.confusion).all()
    assert back.history == EPOCHS
    assert back.train_loss == 1.0 / 3.0
    assert back.samples_per_second == pytest.approx(640 / 0.3)


def test_checkpoints_are_replaced_and_dropped_when_the_run_is_done(tmp_path: Path) -> None:
    done = record()
    first = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array(3)}
    with Store(tmp_path, write=True) as store:
        assert store.load_checkpoint(done.run.key) is None
        store.save_checkpoint(done.run.key, EPOCHS[:1], first)
        store.save_checkpoint(done.run.key, EPOCHS, {"w": first["w"] + math.pi})
        kept = store.load_checkpoint(done.run.key)
        assert kept is not None
        history, state = kept
        assert history == EPOCHS
        assert list(state) == ["w"]
        assert state["w"].tobytes() == (first["w"] + math.pi).tobytes()
        store.add(done)
        assert store.load_checkpoint(done.run.key) is None


def test_a_run_that_diverged_is_kept_as_it_is(tmp_path: Path) -> None:
    original = record()
    diverged = replace(original, scores=replace(original.scores, loss=math.nan, brier=math.inf))
    with Store(tmp_path, write=True) as store:
        store.add(diverged)
        (back,) = store.records()
    assert math.isnan(back.scores.loss)
    assert back.scores.brier == math.inf
    assert back.scores.accuracy == original.scores.accuracy


def test_only_one_process_writes_while_others_read(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        store.add(record())
        with raises("study-locked", StudyError):
            Store(tmp_path, write=True)
        with Store(tmp_path) as reader:
            assert len(reader.records()) == 1
    Store(tmp_path, write=True).close()


def test_meta_and_arrays(tmp_path: Path) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    with Store(tmp_path, write=True) as store:
        store.set_meta({"name": "a", "classes": 3})
        store.set_meta({"classes": 4})
        store.set_array("images", images)
        assert store.meta() == {"name": "a", "classes": 4}
        assert (store.array("images") == images).all()  # type: ignore[union-attr]
        assert store.array("none") is None


def test_a_directory_without_results_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    with raises("no-results", StudyError, r"results\.sqlite"):
        Store(tmp_path)
    with raises("folder-not-found", StudyError):
        Store(tmp_path / "none")
    (tmp_path / RESULTS_FILE).write_bytes(b"")
    with raises("no-results", StudyError, r"results\.sqlite.*dataworth run") as empty:
        Store(tmp_path)
    assert "make room" not in str(empty.value)
    with raises("not-a-folder", StudyError):
        Store(tmp_path / RESULTS_FILE)
    (tmp_path / RESULTS_FILE).write_bytes(b"this is not a database" * 100)
    with raises("file-damaged", StudyError, r"results\.sqlite"):
        Store(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / RESULTS_FILE]


def test_a_database_of_another_program_is_told_as_such(tmp_path: Path) -> None:
    for table in ("others (a)", "runs (a)"):
        with sqlite3.connect(tmp_path / RESULTS_FILE) as connection:
            connection.execute(f"CREATE TABLE {table}")
        connection.close()
        with (
            raises("file-damaged", StudyError, r"results\.sqlite") as told,
            Store(tmp_path) as store,
        ):
            store.records()
        assert "make room" not in str(told.value)


@pytest.mark.parametrize(
    ("spoil", "read"),
    [
        ("UPDATE meta SET value = '{'", Store.meta),
        ("UPDATE runs SET confusion = x'00'", Store.records),
        ("UPDATE runs SET class_losses = x''", Store.records),
        (
            "UPDATE runs SET confusion = cast(replace(cast(confusion AS TEXT), '}', '(') AS BLOB)",
            Store.records,
        ),
        ("UPDATE runs SET history = '[{}]'", Store.records),
    ],
)
def test_damaged_contents_are_no_traceback(
    tmp_path: Path, spoil: str, read: Callable[[Store], object]
) -> None:
    with Store(tmp_path, write=True) as store:
        store.set_meta({"classes": 4})
        store.add(record())
    with sqlite3.connect(tmp_path / RESULTS_FILE) as connection:
        connection.execute(spoil)
    connection.close()
    with Store(tmp_path) as store, raises("file-damaged", StudyError, r"results\.sqlite"):
        read(store)


def test_a_reader_takes_back_what_a_killed_writer_left_half_done(tmp_path: Path) -> None:
    with Store(tmp_path / "run", write=True) as store:
        store.add(record())
    writer = sqlite3.connect(tmp_path / "run" / RESULTS_FILE)
    writer.execute("PRAGMA cache_size = 1")  # Changes reach the file before they are committed.
    writer.execute("UPDATE runs SET loss = 0, history = history || hex(zeroblob(20000))")
    writer.execute("INSERT INTO meta VALUES ('a', hex(zeroblob(20000)))")
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    writer.close()
    assert (tmp_path / "killed" / f"{RESULTS_FILE}-journal").stat().st_size
    with Store(tmp_path / "killed") as store:
        assert [kept.scores.loss for kept in store.records()] == [record().scores.loss]
        assert store.meta() == {}


def test_a_file_that_cannot_be_opened_is_named_and_the_lock_given_back(tmp_path: Path) -> None:
    (tmp_path / RESULTS_FILE).mkdir()
    for _ in range(2):
        with raises("file-not-writable", StudyError, r"results\.sqlite: unable"):
            Store(tmp_path, write=True)


def test_a_full_disk_loses_only_the_write_under_way(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        store.add(record(100))
        # SQLite's own limit on the file stands for a disk without room: the same error code.
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        big = {"w": np.zeros(1_000_000, np.float32)}
        with raises("file-not-writable", StudyError):
            store.save_checkpoint("k", EPOCHS, big)
        assert store.load_checkpoint("k") is None
    with Store(tmp_path) as store:
        assert len(store.records()) == 1


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with raises("file-not-writable", StudyError):
        Store(tmp_path / "file" / "run", write=True)


def test_the_key_changes_with_anything_that_determines_the_run() -> None:
    keys = {run_key({"a": a}, size, seed) for a in (1, 2) for size in (1, 2) for seed in (1, 2)}
    assert len(keys) == 8
    assert run_key({"a": 1, "b": 2}, 1, 1) == run_key({"b": 2, "a": 1}, 1, 1)


def test_it_is_a_plain_sqlite_file_that_moves(tmp_path: Path) -> None:
    with Store(tmp_path / "a", write=True) as store:
        store.add(record())
    (tmp_path / "a").rename(tmp_path / "b")
    with sqlite3.connect(tmp_path / "b" / RESULTS_FILE) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    with Store(tmp_path / "b") as store:
        assert len(store.records()) == 1
