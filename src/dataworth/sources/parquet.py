"""Parquet files with one column of labels."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth._util.fence import first_line, is_panic
from dataworth._util.machine import available_memory
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources.cache import read
from dataworth.sources.columns import label_column, refuse_patterns
from dataworth.sources.csv.table import labels_of
from dataworth.sources.files import Entry, read_fenced
from dataworth.sources.pairs import test_beside, with_label
from dataworth.sources.plan import Block, Part, Recipe, as_features, as_images
from dataworth.sources.tables import Columns, Table, TableOptions, dataset_of_tables
from dataworth.tasks.base import Task

_BYTES_A_ROW = 24
"""Of labels, as numbers and as classes, and of the numbers of rows of a split, at least."""
_BLOCK_BYTES = 256 << 20
"""Of a block of rows, if all its numbers have 64 bits."""


def load(
    entry: Entry,
    *,
    label: str | int | None = None,
    scale: float | None = None,
    task: str | Task | None = None,
    drop: Columns | None = None,
    features: Columns | None = None,
    groups: str | int | None = None,
    time: str | int | None = None,
) -> Dataset:
    """Read a Parquet file; a test file in the same folder becomes the official held-out split.

    A table of numbers becomes an array. A table with text, categories, dates or missing values
    becomes a frame: of pandas where it is installed, else of polars. A test file without the label
    column is ignored with a warning.

    Parameters
    ----------
    entry : Entry
        The file.
    label : str or int, optional
        Name or index (from 0) of the label column; by default the one called label, class, target
        or y.
    scale : float, optional
        As in `Dataset`.
    task : {"classification", "regression"} or Task, optional
        As in `Dataset`.
    drop, features : str, int or sequence of them, optional
        As for CSV files: columns that are not used, and those that a model learns from.
    groups, time : str or int, optional
        The columns of groups and of times; see `Dataset`.

    Raises
    ------
    DataError
        If the file is damaged, or a label, a group or a time is missing.
    """
    _refuse_damaged(entry)
    refuse_patterns(entry, _names(entry))
    test = _labelled_test(entry, label)
    columns = TableOptions(label, drop, features, groups, time)
    name = entry.stem.removesuffix(".parquet")
    if columns.names_columns or not _is_numeric(entry, label):
        return dataset_of_tables(
            name,
            _table(entry),
            None if test is None else _table(test),
            columns,
            scale=scale,
            task=task,
        )
    return read(
        Recipe(
            name,
            _part(entry, label),
            _part(test, label) if test else None,
            scale=scale,
            task=task,
            options={"label": label},
        )
    )


def _table(entry: Entry) -> Table:
    require("polars", "Parquet files")
    import polars as pl

    with _readable(entry):
        lazy = pl.scan_parquet(entry.path, glob=False)
        rows, columns = lazy.select(pl.len()).collect().item(), len(lazy.collect_schema())
        _refuse_larger_than_memory(entry, rows * columns)
        frame = lazy.collect()
        _refuse_times_out_of_range(entry, frame)
        return Table(entry, frame)


def _refuse_times_out_of_range(entry: Entry, frame: Any) -> None:
    """Refuse dates, times and durations that Python has not, such as those of the year 47,960."""
    for name, kind in frame.schema.items():
        if kind.is_temporal():
            try:
                frame[name].min(), frame[name].max()
            except (ValueError, OverflowError) as error:
                raise DataError(
                    f"{entry}, column {name!r}: {first_line(error)}. Correct it, or remove the "
                    "column.",
                    code="value-out-of-range",
                    column=name,
                ) from None


def _is_numeric(entry: Entry, label: str | int | None) -> bool:
    """Whether all features are numbers without a gap."""
    require("polars", "Parquet files")
    import polars as pl

    with _readable(entry):
        frame = pl.scan_parquet(entry.path, glob=False)
        schema = frame.collect_schema()
        names = schema.names()
        away = label_column(entry, len(names), names, label)
        features = [name for index, name in enumerate(names) if index != away]
        if not all(schema[name].is_numeric() or schema[name] == pl.Boolean for name in features):
            return False
        gaps = frame.select(pl.col(features).null_count()).collect()
    return not any(gaps.row(0)) if features else True


def _part(entry: Entry, label: str | int | None) -> Part:
    def blocks(pixels: bool) -> Iterator[Block]:
        with _readable(entry):
            y, features = _labels(entry, label)
        step = max(1, _BLOCK_BYTES // (8 * max(1, len(features))))
        for start in range(0, len(y), step):
            with _readable(entry):
                x = _rows(entry, features, start, step, pixels)
            yield Block(as_images(x), y[start : start + step])

    return Part((entry,), blocks)


def _labelled_test(entry: Entry, label: str | int | None) -> Entry | None:
    """Find the test file that belongs to `entry`, unless it lacks the label column."""
    test = test_beside(entry)
    if test is None:
        return None
    _refuse_damaged(test)
    train_names, names = _names(entry), _names(test)
    position = label_column(entry, len(train_names), train_names, label)
    return with_label(test, names, entry, train_names, position)


def _refuse_damaged(entry: Entry) -> None:
    """Read a file once in a process of its own: damaged bytes may end the process of a reader."""
    require("polars", "Parquet files")
    rows = read_fenced(entry, f"{__name__}:check", "a Parquet file")
    _refuse_larger_than_memory(entry, rows * _BYTES_A_ROW)


def _refuse_larger_than_memory(entry: Entry, count: int) -> None:
    """Refuse a file of which so many bytes are held: a megabyte may hold a billion rows."""
    free = available_memory()
    if free is not None and count > free:
        raise DataError(
            f"{entry}: its content takes at least {count / 1e9:.1f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free. Close other programs, or give a smaller file; if it "
            "should be small, it is damaged.",
            code="out-of-memory",
        )


def check(path: str, member: str) -> int:
    """Read all columns of a file, in batches; its rows. `member` is empty."""
    import polars as pl

    # The lowest version of Polars that is allowed has no other name for no compression.
    frame = pl.scan_parquet(path, glob=False)
    frame.sink_ipc(os.devnull, compression=None)
    return int(frame.select(pl.len()).collect().item())


def _names(entry: Entry) -> list[str]:
    require("polars", "Parquet files")
    import polars as pl

    with _readable(entry):
        return list(pl.read_parquet_schema(entry.path))


@contextmanager
def _readable(entry: Entry) -> Iterator[None]:
    """Translate errors of polars into a DataError."""
    require("polars", "Parquet files")
    import polars as pl

    with entry.open():
        pass
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, pl.exceptions.PolarsError) or is_panic(error)):
            raise
        reason = "its reader panicked" if is_panic(error) else first_line(error)
        raise DataError(
            f"{entry} is not a Parquet file, or it is damaged: {reason}", code="file-damaged"
        ) from None


def _labels(entry: Entry, label: str | int | None) -> tuple[NDArray[Any], list[str]]:
    """The labels of all rows, and the names of the columns of features."""
    require("polars", "Parquet files")
    import polars as pl

    frame = pl.scan_parquet(entry.path, glob=False)
    schema = frame.collect_schema()
    names = schema.names()
    position = label_column(entry, len(names), names, label)
    features = [name for index, name in enumerate(names) if index != position]
    for name in features:
        if not (schema[name].is_numeric() or schema[name] == pl.Boolean):
            raise DataError(
                f"{entry}: column {name!r} holds {schema[name]}; expected one number per column "
                "and sample. Convert or drop it.",
                code="not-numeric",
            )
    column = frame.select(names[position]).collect()[names[position]]
    return labels_of(_column(entry, column)), features


def _rows(entry: Entry, names: Sequence[str], start: int, count: int, pixels: bool) -> NDArray[Any]:
    """Some rows of some columns: of a file with many row groups, the others are not read."""
    import polars as pl

    rows = pl.scan_parquet(entry.path, glob=False).select(names).slice(start, count).collect()
    x = np.empty((rows.height, len(names)), np.uint8 if pixels else np.float32)
    for index, column in enumerate(rows):
        x[:, index] = as_features(column.to_numpy(), pixels)
    return x


def _column(entry: Entry, column: Any) -> Any:
    missing = column.is_null()
    if missing.any():
        raise DataError(
            f"{entry}, row {missing.arg_max() + 1}, column {column.name!r}: the value is missing. "
            "Fill the gap, or remove the row.",
            code="value-missing",
        )
    return column
