"""Bringing results files of older formats up to date."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError
from dataworth.records.checksums import checkpoint_checksum, write_checksums
from dataworth.records.codec import from_plain_bytes, pack
from dataworth.records.rows import stored_digest
from dataworth.records.schema import (
    DAMAGED,
    FORMAT,
    RUNS,
    STATUSES,
    TABLES,
    check_tables,
    create_tables,
)

_METRICS = ("loss", "accuracy", "macro_f1", "brier", "ece")
_TABLES_OF_FORMAT_0: Mapping[str, Sequence[str]] = {
    "meta": ("name", "value"),
    "arrays": ("name", "data"),
    "runs": (
        *("key", "size", "seed", *_METRICS),
        *("confusion", "class_losses", "history", "parameters", "finished"),
    ),
    "checkpoints": ("key", "history"),
    "checkpoint_arrays": ("key", "name", "data"),
}
_TABLES_OF_FORMAT_2: Mapping[str, Sequence[str]] = {
    name: columns for name, columns in TABLES.items() if name != "learners"
}
"""As those of format 3, which has the digests of runs as bytes."""
_TABLES_OF_FORMAT_1: Mapping[str, Sequence[str]] = {
    name: [column for column in columns if column != "checksum"]
    for name, columns in _TABLES_OF_FORMAT_2.items()
}
_COLUMNS = ("steps", "samples", "loss", "seconds", "validation_loss")
_LEARNER = 1
"""Number of the model of all runs of format 0."""


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an older format up to date, within the caller's transaction.

    A run that cannot be read keeps its row with the status "damaged" and the reason.

    Parameters
    ----------
    connection : sqlite3.Connection
        Where foreign keys are not enforced: the table of runs is replaced.
    version : int
        The format of the file, 0 to 3.

    Raises
    ------
    StudyError
        If a table, a column or an entry that the old format needs is missing.
    """
    if version == 0:
        _migrate_format_0(connection)
        return
    check_tables(connection, _TABLES_OF_FORMAT_1 if version == 1 else _TABLES_OF_FORMAT_2)
    if version == 1:
        for table in ("runs", "checkpoints"):
            connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")
    _pack_runs(connection)
    if version == 1:
        _write_all_checksums(connection)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _migrate_format_0(connection: sqlite3.Connection) -> None:
    check_tables(connection, _TABLES_OF_FORMAT_0)
    learner = _learner(connection)
    # The names are needed for the new tables; what refers to them is dropped at the end.
    old = ("runs", "checkpoints", "checkpoint_arrays")
    for table in old:
        connection.execute(f"ALTER TABLE {table} RENAME TO {table}_0")
    create_tables(connection)
    columns = ", ".join(_TABLES_OF_FORMAT_0["runs"])
    metrics = [(number, name) for number, name in enumerate((*_METRICS, "train_loss"), start=1)]
    connection.executemany("INSERT INTO metrics VALUES (?, ?)", metrics)
    connection.execute("INSERT INTO learners VALUES (?, ?)", (_LEARNER, learner))
    for row in connection.execute(f"SELECT rowid, {columns} FROM runs_0"):
        _migrate_run(connection, row)
    for key, history in connection.execute("SELECT key, history FROM checkpoints_0"):
        _migrate_checkpoint(connection, key, history)
    for table in reversed(old):
        connection.execute(f"DROP TABLE {table}_0")
    write_checksums(connection)


def _pack_runs(connection: sqlite3.Connection) -> None:
    """From formats 1 to 3, whose runs have the name of the model and the status as text.

    Those of formats 1 and 2 have the digest as text, too. What is of another type stays as it is:
    it is a damaged run.
    """
    connection.execute("CREATE TABLE learners (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    connection.execute(
        "INSERT INTO learners (name) SELECT learner FROM runs WHERE typeof(learner) = 'text' "
        "GROUP BY learner ORDER BY min(id)"
    )
    connection.execute(RUNS.format(name="packed"))
    columns = ", ".join(TABLES["runs"][2:])
    rows = connection.execute(f"SELECT id, digest, {columns} FROM runs ORDER BY id").fetchall()
    learners = dict(connection.execute("SELECT name, id FROM learners").fetchall())
    connection.executemany(
        f"INSERT INTO packed VALUES ({', '.join('?' * len(TABLES['runs']))})",
        [
            (
                number,
                stored_digest(digest) if isinstance(digest, str) else digest,
                learners.get(learner, learner),
                size,
                seed,
                STATUSES.index(status) if status in STATUSES else status,
                *others,
            )
            for number, digest, learner, size, seed, status, *others in rows
        ],
    )
    connection.execute("DROP TABLE runs")
    connection.execute("ALTER TABLE packed RENAME TO runs")


def _write_all_checksums(connection: sqlite3.Connection) -> None:
    """For format 1, whose records and checkpoints have no checksums."""
    write_checksums(connection)
    checkpoints = connection.execute("SELECT digest, history FROM checkpoints").fetchall()
    for digest, history in checkpoints:
        _write_checkpoint_checksum(connection, digest, history)


def _write_checkpoint_checksum(connection: sqlite3.Connection, digest: Any, history: Any) -> None:
    query = "SELECT name, data FROM checkpoint_arrays WHERE digest = ?"
    arrays = connection.execute(query, (digest,)).fetchall()
    try:
        checksum = checkpoint_checksum(history, arrays)
    except (TypeError, AttributeError):
        return  # Something in it is of a wrong type: it is not used.
    update = "UPDATE checkpoints SET checksum = ? WHERE digest = ?"
    connection.execute(update, (checksum, digest))


def _learner(connection: sqlite3.Connection) -> str:
    """The model of all runs: format 0 had one per file."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'model'").fetchone()
    if row is None:
        if not connection.execute("SELECT count(*) FROM runs").fetchone()[0]:
            return ""  # Stopped before the study was described: there is nothing to migrate.
        raise StudyError(
            "the entry 'model' of the table meta is missing. Restore the file from a copy.",
            code="entry-invalid",
            entry="model",
        )
    learner = json.loads(row[0])
    if not isinstance(learner, str):
        raise StudyError(
            f"the entry 'model' of the table meta is {learner!r}; expected a name. Restore the "
            "file from a copy.",
            code="entry-invalid",
            entry="model",
        )
    return learner


def _migrate_run(connection: sqlite3.Connection, row: tuple[Any, ...]) -> None:
    number, key, size, seed, *metrics, confusion, class_losses, text, parameters, _ = row
    reason, history, arrays = "", {}, {}
    try:
        _check_types(key, size, seed, metrics, parameters)
        history = history_of(text)
        arrays = {
            "confusion": from_plain_bytes(confusion),
            "class_losses": from_plain_bytes(class_losses),
        }
        blob = pack(arrays)
    except Exception as error:
        # NumPy's reader and JSON's raise nearly anything of damaged bytes.
        reason = str(error) or type(error).__name__
        key, size, seed = (
            key if isinstance(key, str) else f"damaged row {number}",
            size if isinstance(size, int) else 0,
            seed if isinstance(seed, int) else 0,
        )
    seconds = float(history["seconds"].sum()) if history else math.nan
    status = STATUSES.index(DAMAGED if reason else "finished")
    run = connection.execute(
        "INSERT INTO runs (digest, learner, size, seed, status, attempt, seconds) "
        "VALUES (?, ?, ?, ?, ?, 1, ?)",
        (stored_digest(key), _LEARNER, size, seed, status, seconds),
    ).lastrowid
    if reason:
        row = (run, "error", reason, "")
        connection.execute("INSERT INTO failures VALUES (?, ?, ?, ?)", row)
        return
    if history:
        metrics.append(float(history["loss"][-1]))
        connection.execute("INSERT INTO histories VALUES (?, ?)", (run, pack(history)))
    scores = [(run, number, value) for number, value in enumerate(metrics, start=1)]
    connection.executemany("INSERT INTO scores VALUES (?, ?, ?, NULL)", scores)
    connection.execute("INSERT INTO facts VALUES (?, 'parameters', ?)", (run, parameters))
    connection.execute("INSERT INTO run_arrays VALUES (?, ?)", (run, blob))


def _check_types(key: Any, size: Any, seed: Any, metrics: Sequence[Any], parameters: Any) -> None:
    if not isinstance(key, str):
        raise ValueError("its key is not a text")
    for name, value in {"size": size, "seed": seed, "parameters": parameters}.items():
        if not isinstance(value, int):
            raise ValueError(f"{name} is {value!r}; expected a whole number")
    for name, value in zip(_METRICS, metrics, strict=True):
        if not isinstance(value, float | int | None):
            raise ValueError(f"{name} is {value!r}; expected a number")


def history_of(text: Any) -> dict[str, NDArray[np.float64]]:
    """The columns of a history that format 0 stored as a JSON list of epochs; none for no epochs.

    Raises
    ------
    ValueError
        If it is not such a list.
    """
    if not isinstance(text, str):
        raise ValueError("its history is not a text")
    epochs = json.loads(text)
    try:
        columns = {
            name: np.array([float("nan" if e[name] is None else e[name]) for e in epochs])
            for name in _COLUMNS
        }
    except (TypeError, KeyError) as error:
        raise ValueError(f"its history is damaged ({error})") from None
    if not epochs:
        return {}
    columns["seconds"] = np.round(columns["seconds"], 6)
    return columns


def _migrate_checkpoint(connection: sqlite3.Connection, key: Any, text: Any) -> None:
    try:
        history = history_of(text)
    except ValueError:
        return  # The run begins from its first epoch.
    packed = pack(history)
    row = (key, packed)
    connection.execute("INSERT INTO checkpoints (digest, history) VALUES (?, ?)", row)
    connection.execute(
        "INSERT INTO checkpoint_arrays SELECT key, name, data FROM checkpoint_arrays_0 "
        "WHERE key = ?",
        (key,),
    )
    _write_checkpoint_checksum(connection, key, packed)
