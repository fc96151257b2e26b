"""Columns of values as numpy arrays, in which a missing value stays visible."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "NaT", "<NA>")
"""What stands for a missing value where a field holds nothing else."""
MISSING_NUMBER = (*MISSING, "na", "None", "none", "-", "?", ".")
"""The same among numbers; among texts the others may be words like any."""
_TEXTS = ("", "nan", "NaN", "NaT", "<NA>")
"""Missing values as numpy and pandas write them where they make texts of them."""


def as_column(values: ArrayLike, which: str) -> NDArray[Any]:
    """Values of any container as an array in which a missing one can still be seen.

    Parameters
    ----------
    values : array_like
        An array, a list, or a column of pandas, polars or pyarrow.
    which : str
        What an error calls the values.

    Raises
    ------
    DataError
        If the values form no array.
    """
    if isinstance(values, np.ma.MaskedArray):
        objects = np.array(values.data, dtype=object)
        objects[np.ma.getmaskarray(values)] = None
        return objects
    try:
        array = np.asarray(values)
        if array.dtype.kind in "US" and isinstance(values, list | tuple):
            # numpy writes a NaN among texts as the text "nan".
            return np.asarray(values, dtype=object)
    except ValueError as error:
        raise DataError(f"{which} forms no array: {error}.", code="shape-mismatch") from None
    return array


def first_missing(column: NDArray[Any]) -> int | None:
    """The first row with a missing value: None, NaN, NaT, pandas' NA, or a text of these.

    Parameters
    ----------
    column : ndarray, shape (n, ...)
    """
    if column.dtype.kind == "O":
        missing = np.array([_is_missing(value) for value in column.reshape(-1)], bool)
        missing = missing.reshape(column.shape)
    elif column.dtype.kind in "fcmM":
        missing = np.isnan(column) if column.dtype.kind in "fc" else np.isnat(column)
    elif column.dtype.kind in "US":
        missing = np.isin(column, np.array(_TEXTS).astype(column.dtype.kind))
    else:
        return None
    rows = missing.reshape(len(column), -1).any(axis=1) if column.ndim > 1 else missing
    return int(rows.argmax()) if rows.any() else None


def without_objects(column: NDArray[Any]) -> NDArray[Any]:
    """Python objects as numbers where all of them are numbers, else as text."""
    if column.dtype.kind == "S":
        return np.char.decode(column, "utf-8", "replace")
    if column.dtype.kind != "O":
        return column
    values = column.reshape(-1).tolist()
    if all(isinstance(value, bool | int | float | np.number | np.bool_) for value in values):
        numbers = np.array(values)
        if numbers.dtype.kind in "biuf":
            return numbers.reshape(column.shape)
    return column.astype(str)


def _is_missing(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return value in _TEXTS or value == b""
    if value is None:
        return True
    try:
        # NaN and NaT differ from themselves; pandas' NA gives no answer.
        return bool(value != value)
    except TypeError:
        return True
    except ValueError:
        return False
