"""Finding runs whose rows in the store cannot be read, so that all others can be."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple, get_args

from dataworth.records.codec import is_intact
from dataworth.records.record import FailureKind, Status
from dataworth.records.schema import DAMAGED

_STATUSES = (*get_args(Status), DAMAGED)


class DamagedRun(NamedTuple):
    """A run whose record cannot be read; the same study runs it again."""

    learner: str
    size: int
    seed: int
    reason: str


def find_damaged(connection: sqlite3.Connection) -> dict[int, DamagedRun]:
    """The runs that cannot be read, by their number in the table ``runs``.

    Values of a wrong type, text that is not UTF-8 (which is read as bytes), and blobs that have
    changed since they were written.
    """
    reasons: dict[int, str] = {}
    runs = connection.execute(
        "SELECT id, digest, learner, size, seed, status, attempt, seconds FROM runs"
    ).fetchall()
    for number, *values in runs:
        reason = _reason(*values)
        if reason:
            reasons[number] = reason
    for table in ("histories", "run_arrays"):
        for number, blob in connection.execute(f"SELECT run, data FROM {table}"):
            if not isinstance(blob, bytes) or not is_intact(blob):
                reasons[number] = "its history or its arrays have been changed"
    for (number,) in connection.execute(
        "SELECT run FROM scores WHERE typeof(value) NOT IN ('real', 'integer', 'null') "
        "OR typeof(standard_error) NOT IN ('real', 'integer', 'null') "
        "OR metric NOT IN (SELECT id FROM metrics)"
    ):
        reasons[number] = "a score is not a number, or of an unknown metric"
    for number, name, kind in connection.execute("SELECT run, name, typeof(value) FROM facts"):
        if not isinstance(name, str) or kind not in ("real", "integer", "null"):
            reasons[number] = "a fact is not a number"
    statuses = {number: status for number, *_, status, _, _ in runs}
    for number, *texts in connection.execute("SELECT run, kind, message, traceback FROM failures"):
        if not all(isinstance(text, str) for text in texts) or texts[0] not in get_args(
            FailureKind
        ):
            reasons[number] = "the reason of its failure cannot be read"
        elif statuses.get(number) == DAMAGED:
            reasons[number] = texts[1]
    for number, status in statuses.items():
        if status == DAMAGED:
            reasons.setdefault(number, "it was damaged in an older format")
    return {
        number: DamagedRun(_text(learner), _whole(size), _whole(seed), reasons[number])
        for number, _, learner, size, seed, *_ in runs
        if number in reasons
    }


def _reason(
    digest: Any, learner: Any, size: Any, seed: Any, status: Any, attempt: Any, seconds: Any
) -> str:
    """Why one row of the table ``runs`` cannot be read; empty if it can."""
    for name, value in {"digest": digest, "learner": learner}.items():
        if not isinstance(value, str):
            return f"its {name} is not text"
    for name, value in {"size": size, "seed": seed, "attempt": attempt}.items():
        if not isinstance(value, int):
            return f"its {name} is not a whole number"
    if status not in _STATUSES:
        return f"its status is {status!r}"
    if not isinstance(seconds, float | int | None):
        return "its time is not a number"
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
