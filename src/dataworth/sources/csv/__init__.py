"""CSV files: a fast parser for pixels, and polars for all others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

import numpy as np

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, DataworthWarning
from dataworth.sources.cache import read
from dataworth.sources.csv.diagnose import pixel_samples
from dataworth.sources.csv.frame import read_tables
from dataworth.sources.csv.lines import open_lines
from dataworth.sources.csv.pixels import Pixels, read_rows
from dataworth.sources.csv.sniff import CsvForm, form_of, head_of
from dataworth.sources.csv.table import csv_blocks
from dataworth.sources.files import Entry
from dataworth.sources.pairs import leave_aside, test_beside, with_label
from dataworth.sources.plan import Block, NotPixelsError, Part, Recipe, Shape, as_images
from dataworth.sources.tables import Columns, TableOptions, dataset_of_tables
from dataworth.tasks.base import Task


def load(
    entry: Entry,
    *,
    label: str | int | None = None,
    header: bool | None = None,
    pixels: bool = True,
    scale: float | None = None,
    task: str | Task | None = None,
    drop: Columns | None = None,
    features: Columns | None = None,
    groups: str | int | None = None,
    time: str | int | None = None,
) -> Dataset:
    """Read a CSV file; a test file in the same folder becomes the official held-out split.

    Fields are separated by commas, semicolons, tabs or bars; with another sign than the comma,
    numbers may have a decimal comma. A table of numbers becomes an array. A table with text, dates
    or missing values becomes a frame: of pandas where it is installed, else of polars. One column
    of text alone becomes a list of texts.

    A test file without the label column, as in competitions, is ignored with a warning.

    Parameters
    ----------
    entry : Entry
        The file. Its pair is found by name: ``train`` in it, ``test`` in the other.
    label : str or int, optional
        Name or index (from 0) of the label column. By default the column called label, class,
        target or y; without a header, the first of a file with as many further columns as a square
        image has pixels.
    header : bool, optional
        Whether the first row holds names; detected by default.
    pixels : bool
        Whether features that are whole numbers 0..255 are stored as ``uint8``. If false, they are
        read as ``float32``.
    scale : float, optional
        As in `Dataset`.
    task : {"classification", "regression"} or Task, optional
        As in `Dataset`.
    drop : str, int or sequence of them, optional
        Columns that are not used: names or indices; a text may list names with commas.
    features : str, int or sequence of them, optional
        The columns that a model learns from; by default all that have no other role.
    groups, time : str or int, optional
        The columns of groups and of times; see `Dataset`.

    Raises
    ------
    DataError
        If the file is invalid; the message names the row and the remedy.
    """
    options = {"label": label, "header": header, "pixels": pixels}
    beside = _labelled_test(entry, label, header)
    columns = TableOptions(label, drop, features, groups, time)
    form = form_of(entry, label, header)

    def as_table() -> Dataset:
        train, test = read_tables(entry, beside, label, header)
        said = {} if header is None else {"header": header}
        name = table_name(entry)
        return dataset_of_tables(name, train, test, columns, scale=scale, task=task, read_with=said)

    if columns.names_columns or form.separator != "," or form.mixed:
        return as_table()
    parts = [
        part(each, label, header, as_images, pixels) if each else None for each in (entry, beside)
    ]
    assert parts[0] is not None
    name = table_name(entry)
    recipe = Recipe(name, parts[0], parts[1], scale=scale, task=task, options=options)
    try:
        return read(recipe)
    except DataError as error:
        # Text or a gap beyond the first rows, in a table that is not an image.
        if form.image or error.code not in ("value-missing", "not-numeric"):
            raise
        try:
            return as_table()
        except DataError:
            raise error from None


def table_name(entry: Entry) -> str:
    """The file's name without its ending."""
    return entry.stem.removesuffix(".csv").removesuffix(".tsv")


def part(
    entry: Entry,
    label: str | int | None,
    header: bool | None,
    shape: Shape,
    may_be_pixels: bool = True,
) -> Part:
    """Make one split from one CSV file; `shape` reshapes flat samples to images."""

    @cache
    def form() -> CsvForm:
        found = form_of(entry, label, header)
        if header is None and found.numbered:
            warnings.warn(
                DataworthWarning(
                    f"{entry}: the first row, {found.header[0]}..{found.header[-1]}, is read as "
                    "the names of the columns. If it is a sample, say header=False (--no-header "
                    "on the command line).",
                    code="header-assumed",
                ),
                stacklevel=2,
            )
        return found

    def blocks(pixels: bool) -> Iterator[Block]:
        if pixels and not may_be_pixels:
            raise NotPixelsError
        if pixels and form().plain:
            return _pixel_blocks(entry, form(), shape)
        return csv_blocks(entry, form(), shape, pixels)

    return Part((entry,), blocks, lambda: form().first_row)


def _labelled_test(entry: Entry, label: str | int | None, header: bool | None) -> Entry | None:
    """Find the test file that belongs to `entry`, unless it lacks the label column."""
    test = test_beside(entry)
    if test is None:
        return None
    form, head = form_of(entry, label, header), head_of(test, header, label)
    if form.header and head.header:
        return with_label(test, head.header, entry, form.header, form.label)
    if head.columns == form.columns - 1:
        leave_aside(test, entry, f"one column less than {entry.name}: no labels")
        return None
    return test


def _pixel_blocks(entry: Entry, form: CsvForm, shape: Shape) -> Iterator[Block]:
    def plain(rows: Pixels) -> Block:
        features = rows[:, 1:] if form.label == 0 else np.delete(rows, form.label, axis=1)
        return Block(np.ascontiguousarray(shape(features)), rows[:, form.label].astype(np.int64))

    def careful(text: bytes, row: int) -> Block:
        features, labels = pixel_samples(entry, form, text, row)
        return Block(np.ascontiguousarray(shape(features)), labels)

    with open_lines(entry) as file:
        _skip(file, form.start)
        yield from read_rows(file, form.columns, plain, careful, form.first_row, form.label)


def _skip(file: BinaryIO, count: int) -> None:
    while count > 0:
        count -= len(file.read(count))
