"""What the columns of a table are: whether the first row names them, and which is the label."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dataworth.errors import DataError
from dataworth.sources.entry import Entry

LABEL_NAMES = ("label", "class", "target", "y")
_IMAGE_SIDE = 8
# So many numbers that count up from 0 or 1 are names of columns, and no sample.
_COUNTED = 8


def is_number(field: str) -> bool:
    """Whether a field holds a number; "nan" and an empty field count as (missing) numbers."""
    try:
        float(field or "nan")
    except ValueError:
        return False
    return True


def is_square(features: int) -> bool:
    """Whether so many features are the pixels of a square image of 8 x 8 or more."""
    side = math.isqrt(features)
    return side >= _IMAGE_SIDE and side * side == features


def has_header(entry: Entry, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names; refused where it might be a sample with a fault."""
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    texts = [not is_number(field) for field in first]
    if not rest:
        return all(texts)
    above_numbers = [
        column
        for column, text in enumerate(texts)
        if text and all(is_number(row[column]) for row in rest)
    ]
    named = any(field.strip().lower() in LABEL_NAMES for field in first)
    numbers = [field.strip() for field, text in zip(first, texts, strict=True) if not text]
    counted = any(numbers == [str(i + k) for i in range(len(numbers))] for k in (0, 1))
    sure = counted and len(numbers) >= _COUNTED
    if above_numbers and (not numbers or sure or (named and counted)):
        return True
    # Text labels under a name, and numbers for the names of the pixels: label,0,1,2,...
    if named and sure:
        return True
    if above_numbers or (named and numbers and counted):
        column = above_numbers[0] if above_numbers else texts.index(True)
        raise DataError(
            f"{entry}, row 1, column {column + 1}: {first[column]!r} is no number, and it is not "
            "clear whether the row is a header or a sample with a fault. Correct the field; or say "
            "header=True or header=False."
        )
    return False


def label_column(entry: Entry, columns: int, names: Sequence[str], label: str | int | None) -> int:
    """Index of the label column, given what the caller said and the columns' names (if any)."""
    if isinstance(label, int):
        if not -columns <= label < columns:
            raise DataError(
                f"{entry} has {columns} columns; label={label} is none of 0..{columns - 1}."
            )
        return label % columns
    lower = [name.lower() for name in names]
    wanted = [label.lower()] if label is not None else list(LABEL_NAMES)
    for name in wanted:
        if lower.count(name) > 1:
            raise DataError(
                f"{entry}: {lower.count(name)} columns are called {name!r}; rename all but one, or "
                "give the label column's index (from 0): label=0."
            )
        if name in lower:
            return lower.index(name)
    if label is not None:
        known = ", ".join(names[:8]) or "none: the file has no header row"
        raise DataError(f"{entry} has no column {label!r}; its names are: {known}.")
    if is_square(columns - 1):
        return 0
    raise DataError(
        f"{entry}: which of the {columns} columns is the label? None is called "
        f"{', '.join(LABEL_NAMES)}. Give its name or index (from 0), such as label=0 or label=-1."
    )
