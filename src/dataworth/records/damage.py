"""Finding runs whose rows in the store cannot be read, so that all others can be."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

from dataworth.records.checksums import Scores, record_checksums
from dataworth.records.codec import is_intact
from dataworth.records.record import FailureKind
from dataworth.records.rows import RunRow, fetch_all
from dataworth.records.schema import DAMAGED, STATUSES

_KINDS = {(str, str, int, int, str, int, kind) for kind in (float, type(None))}
"""Types of the values of nearly all rows."""


class DamagedRun(NamedTuple):
    """A run whose record cannot be read; the same study runs it again."""

    learner: str
    size: int
    seed: int
    reason: str


def find_damaged(
    connection: sqlite3.Connection, rows: Sequence[RunRow], scores: Scores
) -> dict[int, DamagedRun]:
    """The runs that cannot be read, by their number in the table ``runs``.

    Values of a wrong type, text that is not UTF-8 (which is read as bytes), and whatever has
    changed since it was written.
    """
    reasons = {row.id: reason for row in rows if (reason := _reason(row))}
    for table in ("histories", "run_arrays"):
        for number, blob in connection.execute(f"SELECT run, data FROM {table}"):
            if not isinstance(blob, bytes) or not is_intact(blob):
                reasons[number] = "its history or its arrays have been changed"
    # Texts and blobs, and they alone, are not below the empty text.
    for (number,) in connection.execute(
        "SELECT run FROM scores WHERE value >= '' OR standard_error >= '' "
        "OR metric NOT IN (SELECT id FROM metrics)"
    ):
        reasons[number] = "a score is not a number, or of an unknown metric"
    for number, name, wrong in fetch_all(connection, "SELECT run, name, value >= '' FROM facts"):
        if wrong or not isinstance(name, str):
            reasons[number] = "a fact is not a number"
    damaged_before = {row.id for row in rows if row.status == DAMAGED}
    for number, *texts in connection.execute("SELECT run, kind, message, traceback FROM failures"):
        kind, message, _ = texts
        if not all(isinstance(text, str) for text in texts) or kind not in get_args(FailureKind):
            reasons[number] = "the reason of its failure cannot be read"
        elif number in damaged_before:
            reasons[number] = message
    for number in damaged_before:
        reasons.setdefault(number, "it was damaged in an older format")
    sums = record_checksums(connection, scores, rows)
    for row in rows:
        if sums.get(row.id) != row.checksum:
            reasons.setdefault(row.id, "its checksum does not match: it has been changed")
    return {
        row.id: DamagedRun(_text(row.learner), _whole(row.size), _whole(row.seed), reasons[row.id])
        for row in rows
        if row.id in reasons
    }


def _reason(row: RunRow) -> str:
    """Why a row of the table ``runs`` cannot be read; empty if it can."""
    if tuple(map(type, row[1:-1])) in _KINDS and row.status in STATUSES:
        return ""
    if not (isinstance(row.digest, str) and isinstance(row.learner, str)):
        return "its digest or its learner is not text"
    if not (
        isinstance(row.size, int) and isinstance(row.seed, int) and isinstance(row.attempt, int)
    ):
        return "its size, its seed or its attempt is not a whole number"
    if row.status not in STATUSES:
        return f"its status is {row.status!r}"
    if not isinstance(row.seconds, float | int | None):
        return "its time is not a number"
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
