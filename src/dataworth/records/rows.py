"""Rows of the table ``runs``, read in one query."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from dataworth.records.schema import STATUSES

_BYTES = 16
_STATUSES: Mapping[Any, str] = dict(enumerate(STATUSES))


class RunRow(NamedTuple):
    """A row of the table ``runs``: of the types below, unless the run is damaged."""

    id: int
    digest: str
    learner: str
    size: int
    seed: int
    status: str
    attempt: int
    seconds: float | None
    checksum: int | None


def run_rows(connection: sqlite3.Connection, run: int | None = None) -> list[RunRow]:
    """All rows of the table ``runs``, by size, then seed, or one of them."""
    query = (
        "SELECT id, digest, learner, size, seed, status, attempt, seconds, checksum FROM runs "
        f"{'' if run is None else 'WHERE id = ?'}"
    )
    found = fetch_all(connection, query, () if run is None else (run,))
    try:
        # In a fifth of the time that SQLite takes, which moves the whole rows.
        found.sort(key=itemgetter(3, 4, 0))
    except TypeError:
        # A size or a seed that is not a number: SQLite orders by type.
        found = fetch_all(connection, f"{query} ORDER BY size, seed, id")
    names = dict(fetch_all(connection, "SELECT id, name FROM learners"))
    return [
        RunRow(
            number,
            digest.hex() if type(digest) is bytes and len(digest) == _BYTES else digest,
            names.get(learner, learner),
            size,
            seed,
            status_of(status),
            *others,
        )
        for number, digest, learner, size, seed, status, *others in found
    ]


def status_of(stored: Any) -> Any:
    """The status that a row has stored; what a damaged row has stored instead of one."""
    return _STATUSES.get(stored, stored)


def stored_digest(digest: str) -> bytes | str:
    """A digest as it is stored: 16 bytes where it is so many in hexadecimal digits, else text."""
    try:
        packed = bytes.fromhex(digest)
    except ValueError:
        return digest
    return packed if len(packed) == _BYTES and packed.hex() == digest else digest


def fetch_all(
    connection: sqlite3.Connection, query: str, values: tuple[Any, ...] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a query, in a fifth of the time where all of their text is UTF-8."""
    usual = connection.text_factory
    connection.text_factory = str
    try:
        return connection.execute(query, values).fetchall()
    except sqlite3.OperationalError:
        # The connection's own function reads other text as bytes.
        connection.text_factory = usual
        return connection.execute(query, values).fetchall()
    finally:
        connection.text_factory = usual
