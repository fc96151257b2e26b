"""CSV files with columns of any type, read as frames."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from dataworth._util.extras import require
from dataworth.errors import DataError
from dataworth.sources.columns import refuse_patterns
from dataworth.sources.csv.diagnose import explain_lengths
from dataworth.sources.csv.lines import open_lines
from dataworth.sources.csv.sniff import CsvHead, head_of
from dataworth.sources.csv.typed import typed
from dataworth.sources.files import Entry
from dataworth.sources.tables import Table

if TYPE_CHECKING:
    import polars as pl


def read_tables(
    entry: Entry, test: Entry | None, label: str | int | None, header: bool | None
) -> tuple[Table, Table | None]:
    """Read a CSV file, and the one that holds its test half, with the same types of columns.

    Raises
    ------
    DataError
        If a file is not a table, or a column of numbers holds something else; the message names
        file and row.
    """
    require("polars", "tables of data")
    import polars as pl

    head = head_of(entry, header, label)
    frame = _texts(entry, head)
    held_head = None if test is None else head_of(test, header, label)
    held = None if test is None or held_head is None else _texts(test, held_head)
    decimal = "," if head.separator != "," else "."
    columns, held_columns = [], []
    for name in frame.columns:
        column = frame[name]
        rows = len(column)
        if held is not None and name in held.columns:
            column = column.append(held[name])

        def place(row: int, rows: int = rows) -> str:
            if row < rows:
                return f"{entry}, row {head.first_row + row}"
            assert held_head is not None
            return f"{test}, row {held_head.first_row + row - rows}"

        whole = typed(column, decimal, entry, place)
        columns.append(whole.slice(0, rows))
        if held is not None and name in held.columns:
            held_columns.append(whole.slice(rows))
    train = Table(entry, pl.DataFrame(columns), head.first_row)
    if held is None or test is None or held_head is None:
        return train, None
    return train, Table(test, pl.DataFrame(held_columns), held_head.first_row)


def _texts(entry: Entry, head: CsvHead) -> pl.DataFrame:
    """All fields as texts."""
    import polars as pl

    names = list(head.header) or [f"column_{index}" for index in range(head.columns)]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise DataError(
            f"{entry}: {names.count(twice[0])} columns are called {twice[0]!r}; rename all but "
            "one.",
            code="named-twice",
            column=twice[0],
        )
    refuse_patterns(entry, names)
    with open_lines(entry) as file:
        text = file.read()[head.start :].rstrip(b"\r\n")
    try:
        return pl.read_csv(
            io.BytesIO(text),
            has_header=False,
            separator=head.separator,
            schema=dict.fromkeys(names, pl.String),
        )
    except pl.exceptions.PolarsError as error:
        explain_lengths(entry, head, text)
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{entry} cannot be read as a table: {reason}.", code="file-malformed"
        ) from None
