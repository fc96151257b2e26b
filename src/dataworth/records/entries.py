"""Checksums of the tables ``meta`` and ``arrays``, stored as one entry of ``meta``.

An entry of which the checksum does not match has been changed since it was written, and is left
out. Entries without a checksum are those of older versions: they are read as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

CHECKSUMS = "checksums"
"""The entry; it is none of the study's."""
_SUMS = "sums"
_OWN = "own"

Sums = dict[str, int]
"""CRC-32 by ``table.name``."""


def read_entries(
    connection: sqlite3.Connection,
) -> tuple[dict[str, Any], list[str]]:
    """The entries of ``meta`` that can be read, and the names of those that have been changed.

    Raises
    ------
    Exception
        If an entry without a checksum is not JSON.
    """
    rows = connection.execute("SELECT name, value FROM meta").fetchall()
    sums = _read_sums(connection)
    entries: dict[str, Any] = {}
    changed = [] if sums is not None else [CHECKSUMS]
    expected = {name.removeprefix("meta.") for name in sums or {} if name.startswith("meta.")}
    for name, value in rows:
        if name == CHECKSUMS or not isinstance(name, str):
            continue
        if name in expected and not _matches(sums, f"meta.{name}", value):
            continue
        expected.discard(name)
        entries[name] = json.loads(value)
    return entries, changed + sorted(expected)


def is_array_intact(connection: sqlite3.Connection, name: str, data: object) -> bool:
    """Whether an array is as it was written, as far as is known."""
    return _matches(_read_sums(connection), f"arrays.{name}", data)


def write_sums(
    connection: sqlite3.Connection, table: str, rows: Iterable[tuple[str, str | bytes]]
) -> None:
    """Store the checksums of rows of a table, within the caller's transaction."""
    sums = (_read_sums(connection) or {}) | {
        f"{table}.{name}": _sum_of(value) for name, value in rows
    }
    value = json.dumps({_OWN: _sum_of(json.dumps(sums)), _SUMS: sums})
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (CHECKSUMS, value))


def _read_sums(connection: sqlite3.Connection) -> Sums | None:
    """The checksums; none where there are none, and None where they have been changed."""
    query = "SELECT value FROM meta WHERE name = ?"
    row = connection.execute(query, (CHECKSUMS,)).fetchone()
    if row is None:
        return {}
    try:
        found = json.loads(row[0])
        sums: Sums = found[_SUMS]
        is_intact = isinstance(sums, dict) and found[_OWN] == _sum_of(json.dumps(sums))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return sums if is_intact else None


def _matches(sums: Mapping[str, int] | None, name: str, value: object) -> bool:
    if not sums or name not in sums:
        return True
    return isinstance(value, str | bytes) and sums[name] == _sum_of(value)


def _sum_of(value: str | bytes) -> int:
    return crc32(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
