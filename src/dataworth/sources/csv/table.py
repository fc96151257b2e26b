"""Tables of mixed columns (text labels, real numbers), read with polars."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth.errors import DataError
from dataworth.sources.assemble import plain_labels
from dataworth.sources.csv.diagnose import explain
from dataworth.sources.csv.lines import open_lines
from dataworth.sources.csv.sniff import CsvForm
from dataworth.sources.files import Entry
from dataworth.sources.plan import Block, NotPixelsError, Shape

if TYPE_CHECKING:
    import polars as pl

_BLOCK_ROWS = 8_192


def csv_blocks(entry: Entry, form: CsvForm, shape: Shape, pixels: bool) -> Iterator[Block]:
    """Read a CSV file whose labels may be text and whose features may be real numbers.

    Raises
    ------
    NotPixelsError
        If `pixels` is true and a feature is not a whole number 0..255.
    DataError
        If a row is ragged, or a feature is missing or not a number.
    """
    require("polars", "tables of data")
    import polars as pl

    names = [f"column_{number}" for number in range(form.columns)]
    schema: dict[str, Any] = dict.fromkeys(names, pl.UInt8 if pixels else pl.Float32)
    schema[names[form.label]] = pl.String
    with open_lines(entry) as file:
        text = file.read()[form.start :].rstrip(b"\r\n")
    try:
        frame = pl.read_csv(io.BytesIO(text), has_header=False, schema=schema)
        sound = _is_sound(frame)
    except pl.exceptions.PolarsError as error:
        frame, sound, reason = pl.DataFrame(), False, str(error).splitlines()[0]
    else:
        reason = "a field is empty or not finite"
    if not sound:
        explain(entry, form, text)
        if pixels:
            raise NotPixelsError
        raise DataError(
            f"{entry} cannot be read as a table of numbers: {reason}.", code="file-malformed"
        )
    del text
    labels = frame[names[form.label]]
    return _slices(frame.drop(names[form.label]), labels_of(labels), shape)


def _is_sound(frame: pl.DataFrame) -> bool:
    import polars as pl

    missing = sum(frame.null_count().row(0))
    return not missing and all(
        bool((column.str.strip_chars() != "").all())
        if column.dtype == pl.String
        else not column.dtype.is_float() or bool(column.is_finite().all())
        for column in frame
    )


def labels_of(column: pl.Series) -> NDArray[Any]:
    """The labels of a column; text is converted by `plain_labels`."""
    import polars as pl

    if column.dtype == pl.String:
        return plain_labels(column.str.strip_chars().to_numpy().astype(str))
    return column.to_numpy()


def _slices(frame: pl.DataFrame, labels: NDArray[Any], shape: Shape) -> Iterator[Block]:
    for start in range(0, len(labels), _BLOCK_ROWS):
        rows = frame.slice(start, _BLOCK_ROWS).to_numpy(order="c")
        yield Block(np.ascontiguousarray(shape(rows)), labels[start : start + _BLOCK_ROWS])
