"""Checksums of records, so that a bit that changed in a results file is found.

SQLite has no checksums of its own: a number whose bits changed reads back as another number. The
blobs of histories and arrays begin with a checksum (see `dataworth.records.codec`); a record's
covers all the rest and the checksums of its blobs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dataworth.records.rows import RunRow, fetch_all, run_rows

_SIGN = 1 << 31


class Scores(NamedTuple):
    """Rows of the table ``scores``, by run and metric, as columns of equal length."""

    runs: NDArray[np.int64]
    metrics: NDArray[np.int64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    """NaN where there is none, as for `values`."""


def read_scores(connection: sqlite3.Connection, run: int | None = None) -> Scores:
    """The scores of all runs, or of one; what is not a number is read as one."""
    query = (
        "SELECT run + 0, metric + 0, value + 0.0, standard_error + 0.0 FROM scores"
        f"{'' if run is None else ' WHERE run = ?'} ORDER BY run, metric"
    )
    rows = connection.execute(query, () if run is None else (run,)).fetchall()
    table = np.array(rows, np.float64).reshape(-1, 4)
    runs, metrics, values, errors = table.T
    return Scores(runs.astype(np.int64), metrics.astype(np.int64), values, errors)


def record_checksums(
    connection: sqlite3.Connection, scores: Scores, rows: Sequence[RunRow], run: int | None = None
) -> dict[int, int]:
    """The checksum of each record as it is stored now, by its number in the table ``runs``.

    Parameters
    ----------
    connection : sqlite3.Connection
    scores : Scores
        As `read_scores` gives them.
    rows : sequence of RunRow
    run : int, optional
        The only run of `scores` and `rows`; of all runs by default.

    Returns
    -------
    dict of int to int
        CRC-32 (ISO 3309) as signed 32-bit integers, which SQLite stores in four bytes.
    """
    where, number = ("", ()) if run is None else (" WHERE run = ?", (run,))
    execute = connection.execute
    sums = _sums_of_scores(connection, scores)
    queries = (
        f"SELECT run, name, value FROM facts{where} ORDER BY run, name",
        f"SELECT run, kind, message, traceback FROM failures{where}",
    )
    for query in queries:
        for of, *values in fetch_all(connection, query, number):
            sums[of] = crc32(repr(values).encode("utf-8", "surrogatepass"), sums.get(of, 0))
    history, arrays = (
        dict(execute(f"SELECT run, substr(data, 1, 4) FROM {table}{where}", number).fetchall())
        for table in ("histories", "run_arrays")
    )
    found = {}
    for row in rows:
        of = row.id
        # All of the row apart from its number and the checksum itself.
        text = repr((row[1:-1], history.get(of), arrays.get(of)))
        found[of] = _signed(crc32(text.encode("utf-8", "surrogatepass"), sums.get(of, 0)))
    return found


def _sums_of_scores(connection: sqlite3.Connection, scores: Scores) -> dict[int, int]:
    # A metric counts by its name: of another name, the figures are others.
    names = np.zeros(len(scores.runs))
    for metric, name in connection.execute("SELECT id, name FROM metrics"):
        names[scores.metrics == metric] = crc32(repr(name).encode("utf-8", "surrogatepass"))
    rows = np.stack([names, scores.values, scores.errors], axis=1).astype("<f8")
    starts = np.flatnonzero(np.diff(scores.runs, prepend=-1))
    ends = [*starts[1:].tolist(), len(rows)]
    numbers = scores.runs[starts].tolist()
    size, data = rows.itemsize * rows.shape[1], memoryview(rows.tobytes())
    return {
        number: crc32(data[start * size : end * size])
        for number, start, end in zip(numbers, starts.tolist(), ends, strict=False)
    }


def write_checksums(connection: sqlite3.Connection) -> None:
    """Store the checksums of all records, within the caller's transaction."""
    sums = record_checksums(connection, read_scores(connection), run_rows(connection))
    values = [(value, number) for number, value in sums.items()]
    connection.executemany("UPDATE runs SET checksum = ? WHERE id = ?", values)


def checkpoint_checksum(history: bytes, arrays: Iterable[tuple[str, bytes]]) -> int:
    """The checksum of a checkpoint: of its packed history, and of its arrays with their names."""
    total = crc32(history)
    for name, data in sorted(arrays):
        total = crc32(data, crc32(name.encode(), total))
    return _signed(total)


def _signed(value: int) -> int:
    return value - 2 * _SIGN if value >= _SIGN else value
