"""Whether the first row of a CSV file is a header; refused where that is not certain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dataworth.errors import DataError
from dataworth.sources.csv_columns import LABEL_NAMES, counts_up, is_number
from dataworth.sources.entry import Entry

# So many numbers that count up from 0 or 1 are names of columns, and no sample.
_COUNTED = 8
# In so many rows, a column that holds nothing but text or fractions holds nothing else.
_ENOUGH_ROWS = 8


def has_header(entry: Entry, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names.

    It does if it holds text above numbers, or counts its columns, 0, 1, 2, ... or 1, 2, 3, ...,
    as pandas names those that have no names.

    Raises
    ------
    DataError
        If it may be a sample, with a fault or by chance.
    """
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    # An index that pandas wrote has no name.
    texts = [not field.strip() or not is_number(field) for field in first]
    if not rest:
        return all(texts)
    numbers = [field.strip() for field, text in zip(first, texts, strict=True) if not text]
    counted = counts_up(numbers)
    if counted and not any(texts) and len(first) > 1:
        return _counts_columns(entry, first, rest)
    above_numbers = [
        column
        for column, text in enumerate(texts)
        if text and all(is_number(row[column]) for row in rest)
    ]
    named = any(field.strip().lower() in LABEL_NAMES for field in first)
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
            "clear whether the row is a header or a sample with a fault. Correct the field; or "
            f"{_SAY}"
        )
    return False


_SAY = "say header=True or header=False (--header or --no-header on the command line)."


def _counts_columns(entry: Entry, first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether a first row of 0, 1, 2, ... is one of names: True, or refused."""
    if not any(map(_is_ramp, rest)) and (len(first) >= _COUNTED or _are_of_another_kind(rest)):
        return True
    raise DataError(
        f"{entry}, row 1 counts {first[0].strip()}..{first[-1].strip()}, and it is not clear "
        f"whether it is a header or a sample: {_SAY}"
    )


def _is_ramp(row: Sequence[str]) -> bool:
    """Whether the numbers of a sample rise by 1 as well: so may those of the first, then."""
    values = [float(field or "nan") if is_number(field) else float("nan") for field in row]
    return all(after - before == 1 for before, after in pairwise(values))


def _are_of_another_kind(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column holds text alone, or fractions alone, and so no whole number."""
    return len(rows) >= _ENOUGH_ROWS and any(
        all(not is_number(field) or "." in field for field in column)
        for column in zip(*rows, strict=True)
    )
