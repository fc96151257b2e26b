"""Store: the SQLite file of a run directory; the only room that writes results."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from numpy.typing import NDArray

from dataworth.errors import StudyError
from dataworth.learners.base import Arrays, Epoch
from dataworth.records.codec import history_json, history_of, packed, record_of, unpacked
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.record import METRICS, Record


@contextmanager
def errors_for_people(path: Path) -> Iterator[None]:
    """Say what reading or writing the results file at `path` ran into.

    Raises
    ------
    StudyError
        In place of any error.
    """
    try:
        yield
    except Exception as error:
        if _needs_room_or_rights(error):
            raise StudyError(
                f"{path}: {error}. What was finished before is kept; make room or set the "
                "rights, then run the same command again.",
                code="file-not-writable",
            ) from None
        # Damaged bytes make SQLite, JSON and numpy's reader raise nearly anything.
        raise StudyError(
            f"{path}: not a readable results file ({error}). Restore it from a copy, or move it "
            "away and run the study again.",
            code="file-damaged",
        ) from None


def nothing_to_read(path: Path) -> StudyError:
    """Why there are no results at `path`, the results file of a run directory."""
    directory = path.parent
    give = "Give the directory of a study that was run (`dataworth run STUDY --out DIR`)."
    if not directory.exists():
        return StudyError(
            f"{directory}: there is no such directory. {give}", code="folder-not-found"
        )
    if not directory.is_dir():
        return StudyError(f"{directory}: a file, not a run directory. {give}", code="not-a-folder")
    what = f"{path.name} is empty" if path.is_file() else f"no {path.name} here"
    return StudyError(
        f"{directory}: {what}. {give} If study.toml is kept there, `dataworth run {directory}` "
        "runs that study again.",
        code="no-results",
    )


def _needs_room_or_rights(error: Exception) -> bool:
    """Whether the file may be whole; a table or column that is not there is of another error."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    return error.sqlite_errorcode != sqlite3.SQLITE_ERROR


_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arrays (name TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY, size INTEGER NOT NULL, seed INTEGER NOT NULL,
    loss REAL, accuracy REAL, macro_f1 REAL, brier REAL, ece REAL,
    confusion BLOB NOT NULL, class_losses BLOB NOT NULL,
    history TEXT NOT NULL, parameters INTEGER NOT NULL,
    finished TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));
CREATE TABLE IF NOT EXISTS checkpoints (key TEXT PRIMARY KEY, history TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoint_arrays (
    key TEXT NOT NULL REFERENCES checkpoints (key) ON DELETE CASCADE,
    name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, name));
"""


class Store:
    """The results of one run directory.

    Every write is one transaction: a kill or a full disk loses at most the write under way.

    Parameters
    ----------
    directory : path
        The run directory.
    write : bool
        Open for writing: creates the file, and holds the directory's lock until closed, so that
        no second process writes. Reading needs no lock.

    Raises
    ------
    StudyError
        If another process is writing, the directory holds no results, or the file is damaged.
    """

    def __init__(self, directory: str | Path, *, write: bool = False) -> None:
        self.directory = Path(directory)
        self.path = self.directory / RESULTS_FILE
        self._lock = FileLock(self.directory / ".lock") if write else None
        if self._lock is not None:
            self._take_lock(self._lock)
        elif not self.path.is_file() or not self.path.stat().st_size:
            raise nothing_to_read(self.path)
        try:
            self._connection = self._connect(write)
        except StudyError:
            if self._lock is not None:
                self._lock.release()
            raise

    def _take_lock(self, lock: FileLock) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            raise StudyError(
                f"{self.directory}: another process is running this study. Wait for it, stop it, "
                "or choose another --out.",
                code="study-locked",
            ) from None
        except OSError as error:
            raise StudyError(
                f"{self.directory}: cannot be written ({error.strerror}). Choose another --out.",
                code="file-not-writable",
            ) from None

    def _connect(self, write: bool) -> sqlite3.Connection:
        # Not "ro" for a reader: what a killed writer left half done, only "rw" can roll back.
        place = f"{self.path.resolve().as_uri()}?mode={'rwc' if write else 'rw'}"
        with errors_for_people(self.path):
            connection = sqlite3.connect(place, uri=True)
            connection.execute("PRAGMA foreign_keys = ON")
            if write:
                connection.executescript(_SCHEMA)
            connection.execute("SELECT count(*) FROM runs").fetchone()
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def meta(self) -> dict[str, Any]:
        """What is known of the study as a whole (JSON values)."""
        with errors_for_people(self.path):
            rows = self._connection.execute("SELECT name, value FROM meta").fetchall()
            return {name: json.loads(value) for name, value in rows}

    def set_meta(self, values: Mapping[str, Any]) -> None:
        """Set entries of `meta`."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        with errors_for_people(self.path), self._connection as transaction:
            transaction.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def array(self, name: str) -> NDArray[Any] | None:
        """An array that was kept for the study as a whole, if there is one of this name."""
        with errors_for_people(self.path):
            row = self._connection.execute(
                "SELECT data FROM arrays WHERE name = ?", (name,)
            ).fetchone()
            return None if row is None else unpacked(row[0])

    def set_array(self, name: str, array: NDArray[Any]) -> None:
        """Keep an array for the study as a whole."""
        with errors_for_people(self.path), self._connection as transaction:
            transaction.execute(
                "INSERT OR REPLACE INTO arrays VALUES (?, ?)", (name, packed(array))
            )

    def add(self, record: Record) -> None:
        """Keep a finished run, and drop its checkpoint."""
        run, scores = record.run, record.scores
        row = (
            run.key,
            run.size,
            run.seed,
            *(getattr(scores, metric) for metric in METRICS),
            packed(scores.confusion),
            packed(scores.class_losses),
            history_json(record.history),
            record.parameters,
        )
        with errors_for_people(self.path), self._connection as transaction:
            columns = "key, size, seed, loss, accuracy, macro_f1, brier, ece, confusion, "
            columns += "class_losses, history, parameters"
            marks = ", ".join("?" * len(row))
            transaction.execute(f"INSERT OR REPLACE INTO runs ({columns}) VALUES ({marks})", row)
            transaction.execute("DELETE FROM checkpoints WHERE key = ?", (run.key,))

    def records(self) -> list[Record]:
        """All finished runs, by size, then seed."""
        with errors_for_people(self.path):
            rows = self._connection.execute(
                "SELECT key, size, seed, loss, accuracy, macro_f1, brier, ece, confusion, "
                "class_losses, history, parameters FROM runs ORDER BY size, seed"
            ).fetchall()
            return [record_of(row) for row in rows]

    def save_checkpoint(self, key: str, history: Sequence[Epoch], state: Arrays) -> None:
        """Keep a run's state at the end of an epoch, in place of an earlier one."""
        arrays = [(key, name, packed(array)) for name, array in state.items()]
        with errors_for_people(self.path), self._connection as transaction:
            transaction.execute("DELETE FROM checkpoints WHERE key = ?", (key,))
            row = (key, history_json(history))
            transaction.execute("INSERT INTO checkpoints VALUES (?, ?)", row)
            transaction.executemany("INSERT INTO checkpoint_arrays VALUES (?, ?, ?)", arrays)

    def load_checkpoint(self, key: str) -> tuple[list[Epoch], Arrays] | None:
        """The state that was kept for a run, if any."""
        with errors_for_people(self.path):
            row = self._connection.execute(
                "SELECT history FROM checkpoints WHERE key = ?", (key,)
            ).fetchone()
            arrays = self._connection.execute(
                "SELECT name, data FROM checkpoint_arrays WHERE key = ?", (key,)
            ).fetchall()
            if row is None:
                return None
            return history_of(row[0]), {name: unpacked(data) for name, data in arrays}
