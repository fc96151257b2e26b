"""Columns beside the samples: one value for each row, none of them missing."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError
from dataworth.tasks.missing import as_column, first_missing, without_objects


def column_of_rows(
    values: ArrayLike | None, which: str, rows: int, name: Hashable | None = None
) -> NDArray[Any] | None:
    """One value for each row, as an array of numbers, times or text; None stays None.

    Parameters
    ----------
    values : array_like, shape (rows,), optional
    which : str
        What an error calls the values.
    rows : int
    name : hashable, optional
        The column of a frame that holds them, for the message.

    Raises
    ------
    DataError
        If there are not as many values as rows, or one is missing.
    """
    if values is None:
        return None
    if name is not None:
        which = f"{which} (column {name!r})"
    column = as_column(values, which)
    if column.shape != (rows,):
        raise DataError(
            f"{which} has shape {column.shape}; expected one value for each of {rows:,} rows.",
            code="length-mismatch",
        )
    row = first_missing(column)
    if row is not None:
        raise DataError(
            f"{which}, row {row}: the value is missing. Fill the gap, or remove the row.",
            code="value-missing",
            row=row,
        )
    return without_objects(column)


UNSORTED = (
    "is text of which the order in time is not known. Write times as 2024-03-31, as "
    "2024-03-31 14:30, as numbers, or as dates of numpy, pandas or polars."
)
_SORTS = re.compile(r"\d{4}(-\d\d(-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?)?)?")


def times_of_rows(
    values: ArrayLike | None, rows: int, name: Hashable | None = None
) -> NDArray[Any] | None:
    """The time of each row, checked as by `column_of_rows`; text must sort by time.

    Raises
    ------
    DataError
        Also if it is text in another form than ISO 8601, or of several forms.
    """
    times = column_of_rows(values, "time", rows, name)
    row = None if times is None else first_unsorted(times)
    if times is not None and row is not None:
        where = "time" if name is None else f"time (column {name!r})"
        raise DataError(
            f"{where}, row {row}: {str(times[row])!r} {UNSORTED}", code="time-unclear", row=row
        )
    return times


def first_unsorted(times: NDArray[Any]) -> int | None:
    """The first row of which the text is not a time that sorts; None if there is none."""
    if times.dtype.kind not in "UT":
        return None
    texts = times.tolist()
    for row, text in enumerate(texts):
        if len(text) != len(texts[0]) or not _SORTS.fullmatch(text):
            return row
    return None
