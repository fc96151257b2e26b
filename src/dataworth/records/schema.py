"""The tables of a results file, format 4."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import get_args

from dataworth.errors import StudyError
from dataworth.records.record import Status

APPLICATION_ID = 0x64776F72
"""``PRAGMA application_id`` of a results file: "dwor" in ASCII."""
FORMAT = 4
"""``PRAGMA user_version``: the format that is written, and the newest one that is read."""

RUNS = """
CREATE TABLE {name} (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL, learner INTEGER NOT NULL REFERENCES learners,
    size INTEGER NOT NULL, seed INTEGER NOT NULL, status INTEGER NOT NULL,
    attempt INTEGER NOT NULL, seconds REAL, checksum INTEGER)"""
"""The table of runs. An index of the digests would take half as much room as the rows."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arrays (name TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE learners (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE metrics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
{runs};
CREATE TABLE scores (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    metric INTEGER NOT NULL REFERENCES metrics,
    value REAL, standard_error REAL, PRIMARY KEY (run, metric)) WITHOUT ROWID;
CREATE TABLE facts (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL, value REAL, PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE failures (
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    kind TEXT NOT NULL, message TEXT NOT NULL, traceback TEXT NOT NULL);
CREATE TABLE histories (
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE run_arrays (
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE checkpoints (
    digest TEXT PRIMARY KEY, history BLOB NOT NULL, checksum INTEGER);
CREATE TABLE checkpoint_arrays (
    digest TEXT NOT NULL REFERENCES checkpoints ON DELETE CASCADE,
    name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (digest, name));
"""
# A NaN is stored as NULL: SQLite has no other. For the values of runs see `records.rows`.

TABLES: Mapping[str, Sequence[str]] = {
    "meta": ("name", "value"),
    "arrays": ("name", "data"),
    "learners": ("id", "name"),
    "metrics": ("id", "name"),
    "runs": (
        *("id", "digest", "learner", "size", "seed"),
        *("status", "attempt", "seconds", "checksum"),
    ),
    "scores": ("run", "metric", "value", "standard_error"),
    "facts": ("run", "name", "value"),
    "failures": ("run", "kind", "message", "traceback"),
    "histories": ("run", "data"),
    "run_arrays": ("run", "data"),
    "checkpoints": ("digest", "history", "checksum"),
    "checkpoint_arrays": ("digest", "name", "data"),
}
"""Tables with their columns."""

DAMAGED = "damaged"
"""Status of a run of an older format that could not be read; its reason is in ``failures``. It is
run again, and replaced then."""
STATUSES = (*get_args(Status), DAMAGED)
"""``runs.status`` is the place of a status here."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Create all tables, within the caller's transaction, and mark the file as ours."""
    for statement in _SCHEMA.format(runs=RUNS.format(name="runs")).split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def check_tables(connection: sqlite3.Connection, tables: Mapping[str, Sequence[str]]) -> None:
    """Check that all tables are there with all columns.

    Raises
    ------
    StudyError
        If one is missing.
    """
    for table, columns in tables.items():
        found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        missing = [column for column in columns if column not in found]
        if missing:
            what = f"column {missing[0]!r} of table {table!r}" if found else f"table {table!r}"
            raise StudyError(
                f"not a readable results file ({what} is missing). Restore it from a copy, or "
                "move it away and run the study again.",
                code="file-damaged",
            )
