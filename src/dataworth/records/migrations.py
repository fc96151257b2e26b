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
from dataworth.records.schema import DAMAGED, FORMAT, TABLES, check_tables, create_tables

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
_TABLES_OF_FORMAT_1: Mapping[str, Sequence[str]] = {
    name: [column for column in columns if column != "checksum"] for name, columns in TABLES.items()
}
_COLUMNS = ("steps", "samples", "loss", "seconds", "validation_loss")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an older format up to date, within the caller's transaction.

    A run that cannot be read keeps its row with the status "damaged" and the reason.

    Raises
    ------
    StudyError
        If a table, a column or an entry that the old format needs is missing.
    """
    if version == 0:
        _migrate_format_0(connection)
        return
    if version == 1:
        _add_checksums(connection)
    _pack_digests(connection)
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
    for row in connection.execute(f"SELECT rowid, {columns} FROM runs_0"):
        _migrate_run(connection, learner, row)
    for key, history in connection.execute("SELECT key, history FROM checkpoints_0"):
        _migrate_checkpoint(connection, key, history)
    for table in reversed(old):
        connection.execute(f"DROP TABLE {table}_0")
    write_checksums(connection)


def _add_checksums(connection: sqlite3.Connection) -> None:
    """From format 1, whose records and checkpoints have no checksums."""
    check_tables(connection, _TABLES_OF_FORMAT_1)
    for table in ("runs", "checkpoints"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")
    write_checksums(connection)
    checkpoints = connection.execute("SELECT digest, history FROM checkpoints").fetchall()
    for digest, history in checkpoints:
        _write_checkpoint_checksum(connection, digest, history)


def _pack_digests(connection: sqlite3.Connection) -> None:
    """From format 2, which has the digests of runs as text."""
    check_tables(connection, TABLES)
    rows = connection.execute("SELECT id, digest FROM runs").fetchall()
    packed = [(stored_digest(text), number) for number, text in rows if isinstance(text, str)]
    connection.executemany("UPDATE runs SET digest = ? WHERE id = ?", packed)


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


def _migrate_run(connection: sqlite3.Connection, learner: str, row: tuple[Any, ...]) -> None:
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
    status = DAMAGED if reason else "finished"
    run = connection.execute(
        "INSERT INTO runs (digest, learner, size, seed, status, attempt, seconds) "
        "VALUES (?, ?, ?, ?, ?, 1, ?)",
        (stored_digest(key), learner, size, seed, status, seconds),
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
