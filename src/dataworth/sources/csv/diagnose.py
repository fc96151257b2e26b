"""Field-by-field reading of rows of a CSV file, to report the first invalid one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import is_number
from dataworth.errors import DataError
from dataworth.sources.assemble import plain_labels
from dataworth.sources.csv.sniff import CsvForm, CsvHead
from dataworth.sources.files import Entry
from dataworth.sources.plan import NotPixelsError

Table = tuple[NDArray[np.uint8], NDArray[Any]]


def pixel_samples(entry: Entry, form: CsvForm, text: bytes, row: int) -> Table:
    """Read rows that the fast parser refuses: spaces, quotes, ``5.0`` for 5, text labels.

    Returns
    -------
    features : ndarray of uint8, shape (rows, features)
    labels : ndarray, shape (rows,)

    Raises
    ------
    NotPixelsError
        If a value is not a pixel and the data need not be pixels.
    DataError
        If a row is invalid.
    """
    features, labels = [], []
    for number, fields in enumerate(_fields(entry, text, row), row):
        check_row(entry, form, fields, number)
        labels.append(fields.pop(form.label).strip())
        if not all(map(is_pixel, fields)):
            raise NotPixelsError
        features.append([int(float(field)) for field in fields])
    return np.array(features, np.uint8), plain_labels(np.array(labels))


def explain(entry: Entry, form: CsvForm, text: bytes) -> None:
    """Raise DataError for the first invalid row; return if there is none."""
    for row, fields in enumerate(_fields(entry, text, form.first_row), form.first_row):
        check_row(entry, form, fields, row)


def explain_lengths(entry: Entry, head: CsvHead, text: bytes) -> None:
    """Raise DataError for the first row of another number of fields; return if there is none."""
    fields = _fields(entry, text, head.first_row, head.separator)
    for row, each in enumerate(fields, head.first_row):
        if len(each) != head.columns:
            raise _wrong_length(entry, row, each, head.columns)


def _wrong_length(entry: Entry, row: int, fields: list[str], expected: int) -> DataError:
    what = f"has {len(fields)} fields" if fields else "is blank"
    return DataError(
        f"{entry}, row {row} {what}; expected {expected}, as in the first row. "
        "Correct the row or remove it; if the file ends there, copy it again.",
        code="wrong-field-count",
        row=row,
    )


def check_row(entry: Entry, form: CsvForm, fields: list[str], row: int) -> None:
    """Refuse a row of another length, with a gap or text, or with a value that is not a pixel."""
    if len(fields) != form.columns:
        raise _wrong_length(entry, row, fields, form.columns)
    for column, field in enumerate(fields):
        where = f"{entry}, row {row}, {form.column_name(column)}"
        if not field.strip():
            raise DataError(
                f"{where}: the field is empty. Fill the gap, or remove the row.",
                code="value-missing",
                row=row,
            )
        if column == form.label:
            continue
        if not is_number(field):
            raise DataError(
                f"{where}: {field!r} is not a number. Correct it, or remove the row.",
                code="not-a-number",
                row=row,
            )
        if not abs(float(field)) <= _LARGEST:
            raise DataError(
                f"{where}: {field!r} is not finite, or beyond float32. Fill the gap, or remove the "
                "row.",
                code="not-finite",
                row=row,
            )
        if form.image and not is_pixel(field):
            raise DataError(
                f"{where}: {field!r} is not a pixel; expected a whole number 0..255, as elsewhere in "
                "the file. Correct it or remove the row; or say pixels=False (--no-pixels on the "
                "command line) to read real numbers.",
                code="not-a-pixel",
                row=row,
            )


def is_pixel(field: str) -> bool:
    """Whether a field holds a whole number 0..255."""
    return is_number(field) and field.strip() != "" and float(field) in _PIXELS


_PIXELS = frozenset(map(float, range(256)))
_LARGEST = float(np.finfo(np.float32).max)


def _fields(entry: Entry, text: bytes, row: int, separator: str = ",") -> Iterator[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(text), "utf-8", newline="")
    try:
        yield from csv.reader(lines, delimiter=separator)
    except UnicodeDecodeError:
        raise DataError(
            f"{entry} holds something after row {row} that is not UTF-8 text. Convert the file.",
            code="not-utf-8",
            row=row,
        ) from None
    except csv.Error as error:
        raise DataError(
            f"{entry}, after row {row}: {error}. Correct the file.", code="csv-malformed", row=row
        ) from None
