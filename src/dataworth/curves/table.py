"""Table: rows and named columns of measurements, as a file or a data frame holds them."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dataworth._util.words import did_you_mean
from dataworth.errors import DataError

_MOST_COLUMNS = 4_096
_LONGEST_NAME = 300
"""Characters of the name of a column."""
_LONGEST_HEADER = 100_000
"""Characters of the names of all columns."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of cells, each a text, a number or None.

    Attributes
    ----------
    place : str
        What messages call it: a path, or "the frame".
    columns : dict of str to list
        Cells by the name of the column, in the order of the file.
    rows : list of int
        The row of the file that each entry comes from, counted from 1.
    separator : str
        What separates the cells of a row; empty where nothing does.
    notes : tuple of str
        What was assumed about the form, in sentences.
    """

    place: str
    columns: dict[str, list[Any]]
    rows: list[int]
    separator: str = ""
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, row: int, column: str) -> str:
        """What messages call one cell."""
        if not self.rows[row]:
            return f"{self.place}, column {column!r}"
        return f"{self.place}, row {self.rows[row]}, column {column!r}"

    def take(self, rows: Sequence[int]) -> Table:
        """The table of some rows."""
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        return replace(self, columns=columns, rows=[self.rows[row] for row in rows])

    def noted(self, *notes: str) -> Table:
        """The same table with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def column(self, name: str) -> str:
        """The name of a column as the table writes it.

        Raises
        ------
        DataError
            If there is none of this name; the message lists the names.
        """
        if name in self.columns:
            return name
        same = [each for each in self.columns if each.casefold() == name.strip().casefold()]
        if len(same) == 1:
            return same[0]
        raise DataError(
            f"{self.place}: column {name!r} is missing; there are {listed(self.names)}."
            f"{did_you_mean(name, self.names)}",
            code="column-missing",
            column=name,
        )

    def filtered(self, conditions: Mapping[str, Any]) -> Table:
        """The rows whose cells have the given values.

        Raises
        ------
        DataError
            If a column is missing, or no row has the value.
        """
        table = self
        for name, wanted in conditions.items():
            column = table.column(name)
            cells = table.columns[column]
            rows = [row for row, cell in enumerate(cells) if label(cell) == label(wanted)]
            if not rows:
                raise DataError(
                    f"{self.place}: no row has {column} = {label(wanted)}; the column holds "
                    f"{listed(distinct(cells))}.",
                    code="no-rows",
                    column=column,
                )
            table = table.take(rows)
        return table


def check_names(names: Sequence[str], place: str) -> None:
    """Refuse more columns, or longer names of them, than measurements have.

    Raises
    ------
    DataError
        Before time is spent on what each name may mean.
    """
    characters = sum(map(len, names))
    if len(names) > _MOST_COLUMNS or characters > _LONGEST_HEADER:
        raise DataError(
            f"{place}: {len(names):,} columns, with names of {characters:,} characters; expected a "
            f"table of measurements, of at most {_MOST_COLUMNS:,} columns and {_LONGEST_HEADER:,} "
            "characters. Features of samples are given with --data.",
            code="value-out-of-range",
        )
    longest = max(names, key=len, default="")
    if len(longest) > _LONGEST_NAME:
        raise DataError(
            f"{place}: the name of a column has {len(longest):,} characters, "
            f"{reprlib.repr(longest)}; expected at most {_LONGEST_NAME}. Is the first row one of "
            "names?",
            code="value-out-of-range",
        )


def refuse_repeated(names: Iterable[str], place: str) -> None:
    """Refuse several columns of one name.

    Raises
    ------
    DataError
        For the first such name.
    """
    counts = Counter(names)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        raise DataError(
            f"{place}: {counts[twice]} columns are called {twice!r}; rename all but one.",
            code="named-twice",
        )


def label(cell: Any) -> str:
    """A cell as an option names it: 1, 1.0 and "1" are the same."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, bool) or cell is None:
        return str(cell)
    text = str(cell).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.15g}"


def distinct(cells: Sequence[Any]) -> list[str]:
    """The different labels of some cells, in the order in which they come."""
    return list(dict.fromkeys(label(cell) for cell in cells))


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names separated by commas; of many the first ones."""
    shown = [name if len(name) <= 60 else f"{name[:57]}..." for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more
