"""Tables with named columns of any type: the roles of their columns, and the data set they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.words import did_you_mean
from dataworth.data.columns import UNSORTED, first_unsorted
from dataworth.data.dataset import Dataset
from dataworth.data.roles import Roles
from dataworth.errors import DataError
from dataworth.sources.assemble import plain_labels
from dataworth.sources.columns import label_column
from dataworth.sources.files import Entry
from dataworth.sources.plan import NotPixelsError, as_features, as_images
from dataworth.tasks.base import Task
from dataworth.tasks.prepare import regression_of

if TYPE_CHECKING:
    import polars as pl

Columns = str | int | Sequence[str | int]
"""Columns of a file: a name, an index from 0, or several; a text may list names with commas."""
_IMAGE_FEATURES = 64


@dataclass(frozen=True)
class TableOptions:
    """Which columns of a table file are used for what.

    Attributes
    ----------
    label : str or int, optional
        The column that is predicted; by default the one called label, class, target or y.
    drop : names or indices
        Columns that are not used.
    features : names or indices, optional
        The columns that a model learns from; all others by default.
    groups, time : str or int, optional
        The columns of groups and of times.
    """

    label: str | int | None = None
    drop: Columns | None = None
    features: Columns | None = None
    groups: str | int | None = None
    time: str | int | None = None

    @property
    def names_columns(self) -> bool:
        """Whether another column than the label is named."""
        return any(each is not None for each in (self.drop, self.features, self.groups, self.time))

    def identity(self) -> dict[str, Any]:
        """The options that are set, as JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
            if value is not None and (name != "label" or value is not None)
        }

    def roles(self, entry: Entry, names: Sequence[str]) -> Roles:
        """The roles by the names of the columns.

        Raises
        ------
        DataError
            If there is no such column, or it is not clear which is the label.
        """
        label = names[label_column(entry, len(names), names, self.label)]
        return Roles(
            label,
            _one(entry, names, self.groups, "groups"),
            _one(entry, names, self.time, "time"),
            _several(entry, names, self.drop, "drop"),
            None if self.features is None else _several(entry, names, self.features, "features"),
        )


@dataclass(frozen=True)
class Table:
    """A table that was read from a file.

    Attributes
    ----------
    entry : Entry
    frame : polars.DataFrame
    first_row : int
        The row of the file, counted from 1, of the frame's first row.
    """

    entry: Entry
    frame: pl.DataFrame
    first_row: int = field(default=1)

    @property
    def files(self) -> list[str]:
        """The files it was read from, as they are called."""
        return [str(self.entry)]

    def place(self, row: int) -> str:
        """What an error calls a row of the frame."""
        return f"{self.entry}, row {self.first_row + row}"


def dataset_of_tables(
    name: str,
    train: Table,
    test: Table | None,
    options: TableOptions,
    *,
    scale: float | None = None,
    task: Task | str | None = None,
    read_with: dict[str, Any] | None = None,
) -> Dataset:
    """The data set of a table: arrays where all features are numbers, texts, or a frame.

    Features that are all numbers without a gap become an array, as of every table of numbers. A
    single column of text becomes a list of texts. Anything else stays a frame: of pandas where it
    is installed, else of polars.

    Raises
    ------
    DataError
        If a label, a group or a time is missing, or the test half lacks a column.
    """
    roles = options.roles(train.entry, train.frame.columns)
    number = regression_of(task) is not None
    y = _labels(train, str(roles.label), number)
    y_test = None if test is None else _labels(test, str(roles.label), number)
    found = roles.of(train.frame)
    x, x_test = found.x, None if test is None else _matched(test, found.x.columns)
    beside = {
        option: None if values is None else _whole_column(train, values, option)
        for option, values in (("groups", found.groups), ("time", found.time))
    }
    times = beside["time"]
    unsorted = None if times is None else first_unsorted(times)
    if times is not None and unsorted is not None:
        raise DataError(
            f"{train.place(unsorted)}, column {str(roles.time)!r} (time): {str(times[unsorted])!r} "
            f"{UNSORTED}",
            code="value-unclear",
            row=unsorted,
        )
    groups_test = None
    if test is not None and roles.groups in test.frame.columns:
        groups_test = _whole_column(test, test.frame[str(roles.groups)], "groups")
    files = train.files + ([] if test is None else test.files)
    given = options.identity() | (read_with or {})
    if roles.groups is not None:
        # The name of a column that may have been given by its number.
        given["groups"] = str(roles.groups)
    said: dict[str, Any] = {
        "task": task,
        "name": name,
        "scale": scale,
        "source": {"files": files, **given},
        "groups_test": groups_test,
        **beside,
    }
    arrays = _as_arrays(x, x_test)
    if arrays is not None:
        return Dataset(arrays[0], y, arrays[1], y_test, **said)
    if x.width == 1 and _is_text(x):
        texts = [None if each is None else each[x.columns[0]].to_list() for each in (x, x_test)]
        return Dataset(
            [text or "" for text in texts[0] or ()],
            y,
            None if texts[1] is None else [text or "" for text in texts[1]],
            y_test,
            **said,
        )
    # The digits must not depend on whether pandas is installed.
    known = Dataset(x, y, x_test, y_test, **said).fingerprint
    x, x_test = (None if each is None else in_users_library(each) for each in (x, x_test))
    return Dataset(x, y, x_test, y_test, **said, known_fingerprint=known)


def in_users_library(frame: pl.DataFrame) -> Any:
    """A frame as pandas' where pandas is installed, else as it is.

    Estimators that treat categories by themselves, such as those of LightGBM, know pandas alone.
    """
    if find_spec("pandas") is None:
        return frame
    import pandas as pd

    return pd.DataFrame({column.name: _in_pandas(column) for column in frame})


def _in_pandas(column: pl.Series) -> Any:
    import pandas as pd
    import polars as pl

    kind = column.dtype
    if kind.is_numeric() or (kind == pl.Boolean and not column.null_count()):
        return pd.Series(column.cast(pl.Float64) if kind.is_decimal() else column.to_numpy())
    if kind == pl.Boolean:
        return pd.Series(column.to_list(), dtype="boolean")
    if kind in (pl.Date, pl.Datetime, pl.Duration):
        zone = getattr(kind, "time_zone", None)
        if zone is None:
            unit = kind if kind == pl.Duration else pl.Datetime("us")
            return pd.Series(column.cast(unit).to_numpy())
        utc = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return pd.Series(utc.to_numpy()).dt.tz_localize("UTC").dt.tz_convert(zone)
    if isinstance(kind, pl.Categorical | pl.Enum):
        own = getattr(kind, "categories", None) if kind == pl.Enum else None
        texts = column.cast(pl.String)
        categories = (texts.unique().drop_nulls().sort() if own is None else own).to_list()
        return pd.Series(pd.Categorical(column.cast(pl.String).to_list(), categories=categories))
    if kind == pl.String:
        return pd.Series(column.to_list(), dtype="str")
    return pd.Series(column.to_list(), dtype=object)


def _matched(test: Table, names: Sequence[str]) -> pl.DataFrame:
    lacking = [name for name in names if name not in test.frame.columns]
    if lacking:
        raise DataError(
            f"{test.entry} lacks {len(lacking)} of the columns of the other half: "
            f"{', '.join(lacking[:8])}. Add them, or omit them with --drop "
            f"{','.join(lacking[:8])} (drop= in Python).",
            code="column-missing",
            columns=lacking,
        )
    return test.frame[list(names)]


def _labels(table: Table, name: str, number: bool) -> NDArray[Any]:
    import polars as pl

    if name not in table.frame.columns:
        raise DataError(f"{table.entry} has no column {name!r}.", code="column-missing")
    column = table.frame[name]
    missing = column.is_null()
    if missing.any():
        what = "target" if number else "label"
        raise DataError(
            f"{table.place(int(missing.arg_max() or 0))}, column {name!r}: the {what} is missing. "
            "Give it a value, or remove the row.",
            code="value-missing",
        )
    if column.dtype == pl.Boolean:
        return np.array(["true" if value else "false" for value in column])
    if column.dtype.is_numeric():
        return column.to_numpy()
    return plain_labels(column.cast(pl.String).to_numpy().astype(str))


def _whole_column(table: Table, column: pl.Series, option: str) -> NDArray[Any]:
    import polars as pl

    missing = column.is_null()
    if missing.any():
        raise DataError(
            f"{table.place(int(missing.arg_max() or 0))}, column {column.name!r} ({option}): the "
            "value is missing. Fill the gap, or remove the row.",
            code="value-missing",
        )
    if column.dtype.is_numeric() or column.dtype.is_temporal():
        return column.to_numpy()
    return column.cast(pl.String).to_numpy().astype(str)


def _as_arrays(
    x: pl.DataFrame, x_test: pl.DataFrame | None
) -> tuple[NDArray[Any], NDArray[Any] | None] | None:
    """Features that are all numbers without a gap, as of a table of numbers; else None."""
    import polars as pl

    halves = [x] if x_test is None else [x, x_test]
    for half in halves:
        for column in half:
            if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
                return None
            if column.null_count() or (column.dtype.is_float() and not column.is_finite().all()):
                return None
    for pixels in (True, False):
        try:
            arrays = [as_images(as_features(_dense(half), pixels)) for half in halves]
        except NotPixelsError:
            continue
        return arrays[0], arrays[1] if len(arrays) > 1 else None
    return None


def _dense(frame: pl.DataFrame) -> NDArray[Any]:
    import polars as pl

    if all(column.dtype.is_integer() or column.dtype == pl.Boolean for column in frame):
        return np.asarray(frame.cast(pl.Int64).to_numpy(order="c"))
    return np.asarray(frame.cast(pl.Float64).to_numpy(order="c"))


def _is_text(x: pl.DataFrame) -> bool:
    """Whether a single column is text rather than a name of a category: most rows differ."""
    import polars as pl

    column = x.to_series()
    return column.dtype == pl.String and 2 * column.n_unique() > len(column)


def _one(entry: Entry, names: Sequence[str], column: str | int | None, option: str) -> str | None:
    return None if column is None else _name(entry, names, column, option)


def _several(
    entry: Entry, names: Sequence[str], columns: Columns | None, option: str
) -> tuple[str, ...]:
    if columns is None:
        return ()
    if isinstance(columns, str):
        columns = [columns] if columns in names else columns.split(",")
    elif isinstance(columns, int):
        columns = [columns]
    return tuple(_name(entry, names, each, option) for each in columns)


def _name(entry: Entry, names: Sequence[str], column: str | int, option: str) -> str:
    if isinstance(column, int) and -len(names) <= column < len(names):
        return names[column]
    wanted = str(column).strip()
    for same in (_exactly, str.lower):
        found = [name for name in names if same(name) == same(wanted)]
        if len(found) == 1:
            return found[0]
    raise DataError(
        f"{option}: {entry} has no column {wanted!r}; its columns are {', '.join(names[:20])}."
        f"{did_you_mean(wanted, names)}",
        code="column-missing",
        column=wanted,
    )


_exactly: Callable[[str], str] = str
