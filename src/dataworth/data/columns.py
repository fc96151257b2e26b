"""Columns beside the samples: one value for each row, none of them missing."""

from __future__ import annotations

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
