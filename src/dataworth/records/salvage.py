"""What can still be read of a results file that is cut short or of which pages are damaged."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from shlex import quote
from typing import Any, Literal

from dataworth.errors import DataworthWarning, StudyError
from dataworth.records.schema import FORMAT, TABLES, create_tables

Row = tuple[Any, ...]
_BY_NUMBER = (
    *("meta", "arrays", "learners", "metrics", "runs"),
    *("failures", "histories", "run_arrays"),
)
_OF_A_RUN = ("failures", "histories", "run_arrays")
_BY_RUN = ("scores", "facts")
_GAP = 65_536
"""After so many numbers without a row that can be read there is none."""
_MOST = 2**63 - 1
JOURNALS = ("-wal", "-shm", "-journal")
"""Ends of the names of files that SQLite keeps beside one that is open, or was killed."""
_NEAR = 64
"""Within so many numbers of the last row, each number is looked up."""


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether the pages of a file are those of a database; what they hold is not looked at."""
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False


def salvage(broken: sqlite3.Connection, whole: sqlite3.Connection, path: Path) -> None:
    """Copy every row that can be read from a damaged file to an empty database.

    A record of which a part is missing no longer has its checksum, and so is a damaged run.

    Parameters
    ----------
    broken, whole : sqlite3.Connection
    path : Path
        Of the file, for the warning.

    Raises
    ------
    StudyError
        If not even its format, or that of an older version, can be read.
    """
    # A file that is shorter than its first page says can be read so.
    broken.execute("PRAGMA writable_schema = ON")
    (version,) = broken.execute("PRAGMA user_version").fetchone()
    if version != FORMAT:
        raise StudyError(
            "pages of the file are damaged. Restore it from a copy, or move it away and run the "
            "study again.",
            code="file-damaged",
        )
    whole.execute("BEGIN")
    create_tables(whole)
    runs: set[int] = set()
    for table in _BY_NUMBER:
        for number, row in _rows(broken, table):
            if table in _OF_A_RUN and row[0] not in runs:
                continue
            if _insert(whole, table, row) and table == "runs":
                runs.add(number)
    for table in _BY_RUN:
        query = f"SELECT {', '.join(TABLES[table])} FROM {table} WHERE run = ?"
        for run in sorted(runs):
            try:
                rows = broken.execute(query, (run,)).fetchall()
            except sqlite3.DatabaseError:
                continue
            for row in rows:
                _insert(whole, table, row)
    whole.execute("COMMIT")
    warnings.warn(
        DataworthWarning(
            f"{path}: the file is cut short or damaged. What can be read is used, {len(runs):,} "
            f"runs; `dataworth run {quote(str(path.parent))}` runs the others again.",
            code="runs-damaged",
        ),
        stacklevel=2,
    )


def replace(path: Path, connection: sqlite3.Connection) -> Path:
    """Write a database to `path`, and keep the file that is there under another name.

    Returns
    -------
    Path
        Of the file that was there.
    """
    draft, damaged = (path.with_name(path.name + end) for end in (".partial", ".damaged"))
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as file:
        connection.backup(file)
    path.rename(damaged)
    for journal in JOURNALS:
        # They are of the damaged file.
        path.with_name(path.name + journal).unlink(missing_ok=True)
    draft.rename(path)
    return damaged


def _rows(broken: sqlite3.Connection, table: str) -> Iterator[tuple[int, Row]]:
    """The rows that can be read, with their numbers; each once, mostly in their order."""
    last, number = 0, 1
    while number - last < _GAP and number < _MOST:
        upwards = _range(broken, table, number, _MOST, "ASC")
        try:
            first = next(upwards, None)
            # Those of numbers that were not looked up.
            end = _MOST if first is None else first[0]
            if number > last + 1:
                with suppress(sqlite3.DatabaseError):
                    yield from _range(broken, table, last + 1, end - 1, "DESC")
            if first is None:
                return
            yield first
            last = number = first[0]
            for row in upwards:
                yield row
                last = number = row[0]
            return
        except sqlite3.DatabaseError:
            number += 1 + (number - last) // _NEAR


def _range(
    broken: sqlite3.Connection, table: str, low: int, high: int, order: Literal["ASC", "DESC"]
) -> Iterator[tuple[int, Row]]:
    """The rows whose numbers are in a range, with their numbers.

    Raises
    ------
    sqlite3.DatabaseError
        At the first row that cannot be read, or is of another place.
    """
    columns = ", ".join(TABLES[table])
    query = f"SELECT rowid, {columns} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    for number, *row in broken.execute(f"{query} {order}", (low, high)):
        if not low <= number <= high:
            raise sqlite3.DatabaseError("a row of another place")
        low, high = (number + 1, high) if order == "ASC" else (low, number - 1)
        yield number, tuple(row)


def _insert(whole: sqlite3.Connection, table: str, row: Row) -> bool:
    places = ", ".join("?" * len(row))
    columns = ", ".join(TABLES[table])
    try:
        whole.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", row)
    except sqlite3.IntegrityError:
        # Two rows of one key: one of them is not what was written.
        return False
    return True
