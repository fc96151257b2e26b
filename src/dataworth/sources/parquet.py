"""Parquet files with one column of labels: one, or several that are parts of one table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util import fence
from dataworth._util.extras import require
from dataworth._util.fence import is_panic
from dataworth._util.machine import available_memory
from dataworth._util.words import first_line
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources.cache import opened, read
from dataworth.sources.columns import label_column, refuse_patterns
from dataworth.sources.csv.table import labels_of
from dataworth.sources.files import Entry, read_fenced
from dataworth.sources.pairs import test_beside, with_label
from dataworth.sources.plan import Block, Part, Recipe, as_features, as_images
from dataworth.sources.shards import (
    ShardedPart,
    ShardedTable,
    Shards,
    name_of,
    refuse_differing,
)
from dataworth.sources.tables import Columns, Table, TableOptions, dataset_of_tables
from dataworth.tasks.base import Task

Entries = tuple[Entry, ...]
_BYTES_A_ROW = 24
"""Of labels, as numbers and as classes, and of the numbers of rows of a split, at least."""
_BLOCK_BYTES = 256 << 20
"""Of a block of rows, if all its numbers have 64 bits."""


def load(
    source: Entry | Shards,
    *,
    label: str | int | None = None,
    scale: float | None = None,
    task: str | Task | None = None,
    drop: Columns | None = None,
    features: Columns | None = None,
    groups: str | int | None = None,
    time: str | int | None = None,
) -> Dataset:
    """Read Parquet files; a test file in the same folder becomes the official held-out split.

    A table of numbers becomes an array. A table with text, categories, dates or missing values
    becomes a frame: of pandas where it is installed, else of polars. A test file without the label
    column is ignored with a warning.

    Parameters
    ----------
    source : Entry or Shards
        The file, or the files of one table.
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
        If a file is damaged, files of one table differ in their columns, or a label, a group or a
        time is missing.
    """
    entries, test = _splits(source)
    name = (
        name_of(source.pattern)
        if isinstance(source, Shards)
        else source.stem.removesuffix(".parquet")
    )
    columns = TableOptions(label, drop, features, groups, time)

    def recipe(test: Entries) -> Recipe:
        return Recipe(
            name,
            _part(entries, label),
            _part(test, label) if test else None,
            scale=scale,
            task=task,
            options={"label": label},
        )

    # What is stored was read before, and has not changed since.
    stored = None if columns.names_columns else opened(recipe(test))
    if stored is not None:
        return stored
    _refuse_damaged([*entries, *test])
    names = _names(entries)
    refuse_patterns(entries[0], names)
    test = _labelled_test(test, entries[0], names, label)
    if columns.names_columns or not _is_numeric(entries, names, label):
        return dataset_of_tables(
            name,
            _table(entries),
            _table(test) if test else None,
            columns,
            scale=scale,
            task=task,
        )
    return read(recipe(test))


def _splits(source: Entry | Shards) -> tuple[Entries, Entries]:
    """The files of the train split and of the test split."""
    if isinstance(source, Shards):
        return source.entries, source.test
    test = test_beside(source)
    return (source,), () if test is None else (test,)


def _table(entries: Entries) -> Table:
    require("polars", "Parquet files")
    import polars as pl

    tables, cells = [], 0
    for entry in entries:
        with _readable(entry):
            lazy = pl.scan_parquet(entry.path, glob=False)
            rows, columns = lazy.select(pl.len()).collect().item(), len(lazy.collect_schema())
            cells += rows * columns
            _refuse_larger_than_memory(entry, cells)
            tables.append(lazy.collect())
            _refuse_times_out_of_range(entry, tables[-1])
    if len(entries) == 1:
        return Table(entries[0], tables[0])
    names = tables[0].columns
    frame = pl.concat([table.select(names) for table in tables], how="vertical_relaxed")
    return ShardedTable(entries[0], frame, entries=entries)


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


def _is_numeric(entries: Entries, names: list[str], label: str | int | None) -> bool:
    """Whether all features are numbers without a gap."""
    require("polars", "Parquet files")
    import polars as pl

    away = label_column(entries[0], len(names), names, label)
    features = [name for index, name in enumerate(names) if index != away]
    for entry in entries:
        with _readable(entry):
            frame = pl.scan_parquet(entry.path, glob=False)
            schema = frame.collect_schema()
            if not all(
                schema[name].is_numeric() or schema[name] == pl.Boolean for name in features
            ):
                return False
            gaps = frame.select(pl.col(features).null_count()).collect()
        if features and any(gaps.row(0)):
            return False
    return True


def _part(entries: Entries, label: str | int | None) -> Part:
    def blocks(pixels: bool) -> Iterator[Block]:
        y, features, rows = _labels(entries, label)
        step = max(1, _BLOCK_BYTES // (8 * max(1, len(features))))
        begun = 0
        for entry, count in zip(entries, rows, strict=True):
            for start in range(0, count, step):
                with _readable(entry):
                    x = _rows(entry, features, start, min(step, count - start), pixels)
                yield Block(as_images(x), y[begun + start : begun + start + len(x)])
            begun += count

    return Part(entries, blocks) if len(entries) == 1 else ShardedPart(entries, blocks)


def _labelled_test(
    test: Entries, train: Entry, train_names: list[str], label: str | int | None
) -> Entries:
    """The test files that belong to a train file, unless they lack the label column."""
    if not test:
        return ()
    position = label_column(train, len(train_names), train_names, label)
    return test if with_label(test[0], _names(test), train, train_names, position) else ()


def _refuse_damaged(entries: Sequence[Entry]) -> None:
    """Read files once in a process of its own: damaged bytes may end the process of a reader."""
    require("polars", "Parquet files")
    rows = _rows_of_all(entries) if len(entries) > 1 else None
    if rows is None:
        # Which one is damaged, each alone says.
        rows = sum(read_fenced(entry, f"{__name__}:check", "a Parquet file") for entry in entries)
    _refuse_larger_than_memory(entries[-1], rows * _BYTES_A_ROW)


def _rows_of_all(entries: Sequence[Entry]) -> int | None:
    """Read files in one process, as to start one takes long; None if that fails."""
    for entry in entries:
        with entry.open():
            pass
    paths = [str(entry.path.absolute()) for entry in entries]
    size = sum(entry.path.stat().st_size for entry in entries)
    try:
        return int(fence.call(f"{__name__}:check_all", {"paths": paths}, size))
    except fence.FenceError:
        return None


def _refuse_larger_than_memory(entry: Entry, count: int) -> None:
    """Refuse a file with which so many bytes are held: a megabyte may hold a billion rows."""
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


def check_all(paths: Sequence[str]) -> int:
    """Read all columns of files; the sum of their rows."""
    return sum(check(path, "") for path in paths)


def _names(entries: Entries) -> list[str]:
    """The columns of files, which must be the same."""
    require("polars", "Parquet files")
    import polars as pl

    schemas = []
    for entry in entries:
        with _readable(entry):
            schemas.append(dict(pl.read_parquet_schema(entry.path)))
    refuse_differing(entries, schemas)
    return list(schemas[0])


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


def _labels(entries: Entries, label: str | int | None) -> tuple[NDArray[Any], list[str], list[int]]:
    """The labels of all rows, the columns of features, and how many rows each file has."""
    require("polars", "Parquet files")
    import polars as pl

    names = _names(entries)
    position = label_column(entries[0], len(names), names, label)
    features = [name for index, name in enumerate(names) if index != position]
    columns = []
    for entry in entries:
        with _readable(entry):
            frame = pl.scan_parquet(entry.path, glob=False)
            schema = frame.collect_schema()
            for name in features:
                if not (schema[name].is_numeric() or schema[name] == pl.Boolean):
                    raise DataError(
                        f"{entry}: column {name!r} holds {schema[name]}; expected one number per "
                        "column and sample. Convert or drop it.",
                        code="not-numeric",
                    )
            columns.append(_column(entry, frame.select(names[position]).collect().to_series()))
    of_all = pl.concat([each.to_frame() for each in columns], how="vertical_relaxed")
    return labels_of(of_all.to_series()), features, [len(each) for each in columns]


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
