"""Data frames of pandas, polars and pyarrow, handled alike and imported only where they are used.

A frame is recognised by its class, so that none of the libraries is imported for other data.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dataworth._util.words import did_you_mean
from dataworth.data.base import RowNumbers
from dataworth.errors import DataError

Kind = Literal["number", "bool", "text", "category", "date", "other"]
"""What the cells of a column are; "other" is a list, a record, or cells of several types."""
Name = Hashable
"""The name of a column: a text, or in pandas whatever its index holds."""

_FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}
_LOOKED_AT = 1_000
_TEXT_TYPES = ("string", "large_string", "string_view")


def library_of(x: Any) -> str | None:
    """The library that made a frame: "pandas", "polars" or "pyarrow"; None for another object.

    Raises
    ------
    DataError
        If it is a frame of polars that has not been collected.
    """
    for kind in type(x).__mro__:
        library = kind.__module__.partition(".")[0]
        if kind.__module__ == "dataworth.data.stored":
            return str(x.library)
        if library == "polars" and kind.__name__ == "LazyFrame":
            raise DataError(
                "the polars LazyFrame holds no rows yet; give frame.collect().",
                code="wrong-type",
            )
        if _FRAMES.get(library) == kind.__name__:
            return library
    return None


def names_of(frame: Any) -> list[Name]:
    """The names of the columns, in order."""
    return list(frame.column_names if library_of(frame) == "pyarrow" else frame.columns)


def rows_of(frame: Any) -> int:
    """Number of rows."""
    return int(frame.num_rows if library_of(frame) == "pyarrow" else len(frame))


def column(frame: Any, name: Name) -> Any:
    """One column, as the library gives it."""
    return frame.column(name) if library_of(frame) == "pyarrow" else frame[name]


def select(frame: Any, names: Sequence[Name]) -> Any:
    """The frame with these columns alone, in this order."""
    if list(names) == names_of(frame):
        return frame
    # For Polars, "*" is a pattern in `select`, and a name here.
    return frame.select(list(names)) if library_of(frame) == "pyarrow" else frame[list(names)]


def take(frame: Any, rows: RowNumbers) -> Any:
    """The frame with these rows alone, in this order."""
    if hasattr(frame, "take_rows"):
        return frame.take_rows(rows)
    library = library_of(frame)
    if library == "pandas":
        return frame.iloc[rows]
    return frame[rows] if library == "polars" else frame.take(rows)


def block(frame: Any, start: int, rows: int) -> Any:
    """Some consecutive rows."""
    if library_of(frame) == "pandas":
        return frame.iloc[start : start + rows]
    return frame.slice(start, rows)


def named(frame: Any, name: Name, option: str) -> Name:
    """The name of a column, checked to exist once.

    Parameters
    ----------
    frame : DataFrame or Table
    name : hashable
    option : str
        The option that names the column, for the message.

    Raises
    ------
    DataError
        If no column, or more than one, has this name.
    """
    names = names_of(frame)
    found = names.count(name)
    if found == 1:
        return name
    if found:
        raise DataError(
            f"{option}: {found} columns are called {name!r}; rename all but one.",
            code="named-twice",
            column=name,
        )
    hint = did_you_mean(str(name), map(str, names))
    raise DataError(
        f"{option}: the table has no column {name!r}; its columns are {listed(names)}.{hint}",
        code="column-missing",
        column=name,
    )


def listed(names: Iterable[Name], most: int = 12) -> str:
    """Names of columns for a message: the first ones, and how many more there are."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return (", ".join(texts[:most]) or "none") + more


def kind_of(values: Any) -> Kind:
    """What the cells of a column of a frame are.

    Parameters
    ----------
    values : Series or ChunkedArray
        As `column` gives it.
    """
    library = type(values).__module__.partition(".")[0]
    if library == "pandas":
        return _kind_in_pandas(values)
    return _kind_in_polars(values) if library == "polars" else _kind_in_arrow(values)


def kinds_of(frame: Any) -> dict[Name, Kind]:
    """What the cells of each column are, by the column's name."""
    if hasattr(frame, "take_rows"):
        frame = frame.take_rows(np.arange(min(len(frame), _LOOKED_AT)))
    return {name: kind_of(column(frame, name)) for name in names_of(frame)}


def type_of(values: Any) -> str:
    """The library's name of a column's type."""
    library = type(values).__module__.partition(".")[0]
    return str(values.type if library == "pyarrow" else values.dtype)


def to_numbers(values: Any) -> NDArray[np.float32]:
    """A column of numbers or truth values as ``float32``, with NaN for a missing value."""
    with np.errstate(over="ignore"):
        converted: NDArray[np.float32] = to_doubles(values).astype(np.float32)
    return converted


def to_doubles(values: Any) -> NDArray[np.float64]:
    """A column of numbers or truth values as ``float64``, with NaN for a missing value."""
    library = type(values).__module__.partition(".")[0]
    if library == "pandas":
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    elif library == "polars":
        import polars

        array = values.cast(polars.Float64).to_numpy()
    else:
        import pyarrow

        array = values.cast(pyarrow.float64()).to_numpy()
    doubles: NDArray[np.float64] = array
    return doubles


def _kind_in_pandas(values: Any) -> Kind:
    kind = values.dtype.kind
    name = str(values.dtype)
    if name.startswith(("category", "dictionary")):
        return "category"
    if kind == "b":
        return "bool"
    if kind in "iuf":
        return "number"
    if kind in "mM" or name.startswith(("period", "timestamp", "date", "time", "duration")):
        return "date"
    if kind == "c":
        return "other"
    import pandas

    cells = pandas.api.types.infer_dtype(values, skipna=True)
    if cells in ("string", "empty"):
        return "text"
    if cells in ("date", "datetime", "time", "timedelta"):
        return "date"
    return "bool" if cells == "boolean" else "other"


def _kind_in_polars(values: Any) -> Kind:
    import polars

    kind = values.dtype
    if kind.is_numeric():
        return "number"
    if kind.is_temporal():
        return "date"
    if isinstance(kind, polars.Categorical | polars.Enum):
        return "category"
    known: dict[Any, Kind] = {polars.Boolean: "bool", polars.String: "text", polars.Null: "text"}
    return known.get(kind, "other")


def _kind_in_arrow(values: Any) -> Kind:
    from pyarrow import types

    kind = values.type
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_temporal(kind):
        return "date"
    if types.is_dictionary(kind):
        return "category"
    if types.is_boolean(kind):
        return "bool"
    return "text" if str(kind) in (*_TEXT_TYPES, "null") else "other"


def slice_of(values: Any, start: int, rows: int) -> Any:
    """Some consecutive cells of a column."""
    if type(values).__module__.partition(".")[0] == "pandas":
        return values.iloc[start : start + rows]
    return values.slice(start, rows)


def categories_of(values: Any) -> list[Any] | None:
    """The categories of a column in their order, where pandas has them; else None."""
    accessor = getattr(values, "cat", None)
    categories = getattr(accessor, "categories", None)
    if categories is None or type(values).__module__.partition(".")[0] != "pandas":
        return None
    return [str(type(categories.dtype)), values.cat.ordered, *categories.tolist()]


def plain_array(values: Any) -> NDArray[Any] | None:
    """Cells as an array in which equal bytes are equal cells; None if there is no such array.

    Parameters
    ----------
    values : Series or ChunkedArray
        Consecutive cells of a column.
    """
    library = type(values).__module__.partition(".")[0]
    if library == "pandas":
        if isinstance(values.dtype, np.dtype):
            return values.to_numpy() if values.dtype.kind in "biufmM" else None
        return values.cat.codes.to_numpy() if str(values.dtype) == "category" else None
    if values.null_count:
        return None
    if library == "polars":
        import polars

        numeric = values.dtype.is_integer() or values.dtype.is_float()
        temporal = values.dtype.is_temporal()
        if not (numeric or temporal or values.dtype == polars.Boolean):
            return None
        array: NDArray[Any] = values.to_physical().to_numpy()
        return array
    from pyarrow import types

    if not (types.is_integer(values.type) or types.is_floating(values.type)):
        return None
    return np.asarray(values.to_numpy())


def cells_of(values: Any) -> list[Any]:
    """Cells as a list of Python objects."""
    if type(values).__module__.partition(".")[0] == "polars":
        return list(values.to_list())
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values.tolist())
