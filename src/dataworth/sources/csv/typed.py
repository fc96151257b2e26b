"""Types of the columns of a table of texts: numbers, truth values, dates, texts, gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dataworth.errors import DataError
from dataworth.sources.files import Entry
from dataworth.tasks.missing import MISSING, MISSING_NUMBER

if TYPE_CHECKING:
    import polars as pl

_STRAY_SHARE = 0.01
_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$|^[-+]?(inf|Inf|INF)(inity)?$"
_WHOLE = r"^[-+]?\d{1,18}$"
_PADDED = r"^[-+]?0\d"
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d")
_TIMES = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")
_TRUTH = {"true": True, "false": False}

Place = Callable[[int], str]
"""What an error calls a row, given its index from 0."""


def typed(column: pl.Series, decimal: str, entry: Entry, place: Place) -> pl.Series:
    """A column of texts in the type of its values.

    Parameters
    ----------
    column : Series of String
    decimal : {".", ","}
        The sign of decimals.
    entry : Entry
        The file, for messages.
    place : callable

    Raises
    ------
    DataError
        If nearly all values are numbers and a few are not: a fault is not a category.
    """
    import polars as pl

    texts = column.str.strip_chars()
    values = texts.set(texts.is_in(list(MISSING_NUMBER)), None)
    filled = values.drop_nulls()
    if not len(filled):
        return texts.set(texts.is_in(list(MISSING)), None)
    plain = _with_points(values) if decimal == "," else values
    is_number = plain.str.contains(_NUMBER).fill_null(True)
    wrong = int((~is_number).sum())
    if not wrong:
        return _numbers(plain)
    if wrong <= max(1, _STRAY_SHARE * len(filled)) and len(filled) > 2 * wrong + 2:
        row = int((~is_number).arg_max() or 0)
        raise DataError(
            f"{place(row)}, column {column.name!r}: {values[row]!r} is not a number, and nearly "
            "all other values of the column are. Correct it; leave the field empty if the value is "
            "missing; or leave the column out (drop=, --drop).",
            code="not-numeric",
            row=row,
        )
    values = texts.set(texts.is_in(list(MISSING)), None)
    lower = filled.str.to_lowercase()
    if lower.is_in(list(_TRUTH)).all():
        return values.str.to_lowercase() == "true"
    found = _dates(values, _TIMES, pl.Datetime("us"))
    if found is None:
        found = _dates(values, _DATES, pl.Date)
    return values if found is None else found


def _with_points(values: pl.Series) -> pl.Series:
    """Numbers with a decimal comma, and points between thousands, as others are written."""
    with_comma = values.str.contains(r"^[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][-+]?\d+)?$")
    as_point = values.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return as_point.zip_with(with_comma.fill_null(False), values)


def _numbers(values: pl.Series) -> pl.Series:
    import polars as pl

    if values.str.contains(_WHOLE).fill_null(True).all():
        # 00123 is a code, such as a postal code, of which zeros must stay.
        if values.str.contains(_PADDED).fill_null(False).any():
            return values
        return values.str.strip_prefix("+").cast(pl.Int64)
    return values.str.strip_prefix("+").cast(pl.Float64)


def _dates(values: pl.Series, forms: tuple[str, ...], kind: Any) -> pl.Series | None:
    """The column as dates, if all values have one form and it is clear which."""
    fitting = []
    for form in forms:
        parsed = values.str.strptime(kind, form, strict=False)
        if parsed.null_count() == values.null_count():
            fitting.append(parsed)
    # 03/04/2024 is a day in April or in March: such a column stays text.
    return fitting[0] if len(fitting) == 1 or (fitting and _are_equal(fitting)) else None


def _are_equal(columns: list[pl.Series]) -> bool:
    return all(bool((column == columns[0]).all()) for column in columns[1:])
