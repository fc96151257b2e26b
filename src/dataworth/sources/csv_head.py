"""The head of a CSV file: its first rows, and whether the first of them is a header."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from dataworth.errors import DataError
from dataworth.sources.csv_header import has_header
from dataworth.sources.entry import Entry

_HEAD_BYTES = 1 << 18
_HEAD_ROWS = 50
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvHead:
    """What the first bytes of a CSV file hold.

    Attributes
    ----------
    header : tuple of str
        Names of the columns; empty without a header row.
    rows : list of list of str
        The first rows of data, in fields.
    text : bytes
        The first bytes of data, as they are.
    start : int
        Bytes of the file before the first row of data.
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    text: bytes
    start: int

    @property
    def columns(self) -> int:
        """Number of fields per row."""
        return len(self.header or self.rows[0])


def head_of(entry: Entry, header: bool | None) -> CsvHead:
    """Read the head of a CSV file.

    Parameters
    ----------
    entry : Entry
        The file.
    header : bool, optional
        Whether the first row holds names; found out if None, see `has_header`.

    Raises
    ------
    DataError
        If the file is empty, is no CSV, or leaves open whether it has a header.
    """
    with entry.open() as file:
        head = b""
        while head.count(b"\n") < 2 and (more := file.read(_HEAD_BYTES)):
            head += more
        complete = len(head) % _HEAD_BYTES != 0 or not file.read(1)
    start = len(_BOM) if head.startswith(_BOM) else 0
    rows = _rows(entry, head[start:], complete)
    if header is None:
        header = has_header(entry, rows)
    if header:
        if len(rows) < 2:
            raise DataError(f"{entry} has a header row and no row of data.")
        start = head.index(b"\n", start) + 1
    names = tuple(field.strip() for field in rows[0]) if header else ()
    return CsvHead(names, rows[header:], head[start:], start)


def _rows(entry: Entry, head: bytes, complete: bool) -> list[list[str]]:
    try:
        text = (head if complete else head[: head.rfind(b"\n") + 1]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{entry} is not UTF-8 text (byte {error.start:,}: {error.reason}); "
            "is it a CSV file? Convert it to UTF-8."
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = [row for row, _ in zip((row for row in reader if row), range(_HEAD_ROWS), strict=False)]
    if not rows:
        raise DataError(f"{entry} holds no rows. Copy or download it again.")
    return rows
