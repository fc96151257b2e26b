"""Roles of the columns of a table: the label, and whether the others are pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dataworth._util.words import did_you_mean
from dataworth.data.frames import listed
from dataworth.errors import DataError
from dataworth.sources.files import Entry

LABEL_NAMES = ("label", "class", "target", "y")
_IMAGE_SIDE = 8


def counts_up(fields: Sequence[str]) -> bool:
    """Whether fields are 0, 1, 2, ... or 1, 2, 3, ..., in order."""
    return any(list(fields) == [str(i + k) for i in range(len(fields))] for k in (0, 1))


def is_square(features: int) -> bool:
    """Whether this number of features can be the pixels of a square image, 8 x 8 or larger."""
    side = math.isqrt(features)
    return side >= _IMAGE_SIDE and side * side == features


def refuse_patterns(entry: Entry, names: Sequence[str]) -> None:
    """Refuse names of columns that Polars would read as patterns for several columns.

    Raises
    ------
    DataError
        If a name is ``*``, or begins with ``^`` and ends with ``$``.
    """
    for name in names:
        if name == "*" or (name.startswith("^") and name.endswith("$")):
            raise DataError(
                f"{entry}: a column is called {name!r}, which Polars reads as a pattern; rename "
                "it.",
                code="column-unclear",
                column=name,
            )


def label_column(entry: Entry, columns: int, names: Sequence[str], label: str | int | None) -> int:
    """Index of the label column, from the caller's choice and the names of the columns, if any."""
    if isinstance(label, int):
        if not -columns <= label < columns:
            raise DataError(
                f"{entry} has {columns} columns; label={label} is none of 0..{columns - 1}.",
                code="column-missing",
            )
        return label % columns
    lower = [name.lower() for name in names]
    wanted = [label.lower()] if label is not None else list(LABEL_NAMES)
    for name in wanted:
        if lower.count(name) > 1:
            raise DataError(
                f"{entry}: {lower.count(name)} columns are called {name!r}; rename all but one, or "
                "give the label column's index (from 0): label=0 (--label 0 on the command line).",
                code="named-twice",
            )
        if name in lower:
            return lower.index(name)
    if label is not None:
        known = listed(names) if names else "none: the file has no header row"
        hint = did_you_mean(label, names)
        raise DataError(
            f"{entry} has no column {label!r}; its names are: {known}.{hint}",
            code="column-missing",
        )
    if is_square(columns - 1):
        return 0
    raise DataError(
        f"{entry}: which of the {columns} columns is the label? None is called "
        f"{', '.join(LABEL_NAMES)}. Give its name or index (from 0), such as label=0 or label=-1 "
        "(--label 0 or --label -1 on the command line).",
        code="column-unclear",
    )
