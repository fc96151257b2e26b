"""The sign that separates the fields of a table, and the sign of its decimals."""

from __future__ import annotations

import csv
import io
import re

SEPARATORS = (",", ";", "\t", "|")
_ROWS = 50
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")


def separator_of(text: str) -> str:
    """The separator of the first rows of a table: a comma unless another sign fits better.

    A sign fits if every row has it equally often. A semicolon that does is the separator even where
    commas do as well, since those are then decimal commas.
    """
    fitting = [sign for sign in SEPARATORS if _fields(text, sign) > 1]
    if ";" in fitting and "," in fitting and not _holds_decimal_commas(text):
        fitting.remove(";")
    order = (";", ",", "\t", "|")
    return next((sign for sign in order if sign in fitting), ",")


def _fields(text: str, separator: str) -> int:
    """Fields of each row; 0 if the rows differ."""
    counts = {len(row) for row in _read(text, separator)}
    return counts.pop() if len(counts) == 1 else 0


def _read(text: str, separator: str) -> list[list[str]]:
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return [row for row, _ in zip((row for row in rows if row), range(_ROWS), strict=False)]
    except csv.Error:
        return []


def _holds_decimal_commas(text: str) -> bool:
    """Whether fields between semicolons hold a comma only as the sign of decimals."""
    fields = [field for row in _read(text, ";")[1:] for field in row if "," in field]
    return bool(fields) and all(map(_DECIMAL_COMMA.fullmatch, fields))
