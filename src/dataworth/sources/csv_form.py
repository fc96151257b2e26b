"""What the head of a CSV file tells: its columns, whether it has a header, where the label is."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from dataworth.errors import DataError
from dataworth.sources.entry import Entry

LABEL_NAMES = ("label", "class", "target", "y")
_HEAD_BYTES = 1 << 18
_HEAD_ROWS = 50
_BOM = b"\xef\xbb\xbf"
_IMAGE_SIDE = 8
_PIXEL_SHARE = 0.9


@dataclass(frozen=True)
class CsvForm:
    """The form of a CSV file.

    Attributes
    ----------
    columns : int
        Fields per row.
    header : tuple of str
        Names of the columns; empty without a header row.
    start : int
        Bytes before the first row of data.
    label : int
        Index of the label column.
    plain : bool
        Whether the first rows of data are digits and commas alone, or nearly so in an image.
    image : bool
        Whether the features are the pixels of a square image: as many as one has, and nearly all
        of those in the first rows whole numbers 0..255.
    """

    columns: int
    header: tuple[str, ...]
    start: int
    label: int
    plain: bool
    image: bool

    @property
    def first_row(self) -> int:
        """Line of the file, counted from 1, on which the data start."""
        return 2 if self.header else 1

    def column_name(self, column: int) -> str:
        """What an error calls a column."""
        named = f" ({self.header[column]!r})" if column < len(self.header) else ""
        return f"column {column + 1}{named}"


def form_of(entry: Entry, label: str | int | None, header: bool | None) -> CsvForm:
    """Look at the head of a CSV file.

    Parameters
    ----------
    entry : Entry
        The file.
    label : str or int, optional
        Name or index (from 0) of the label column.
    header : bool, optional
        Whether the first row holds names. Found out if None: it does if it holds text in columns
        that hold numbers below.

    Raises
    ------
    DataError
        If the file is empty, is no CSV, or leaves open what is what.
    """
    with entry.open() as file:
        head = file.read(_HEAD_BYTES)
    start = len(_BOM) if head.startswith(_BOM) else 0
    rows = _rows(entry, head[start:], whole=len(head) < _HEAD_BYTES)
    if header is None:
        header = _has_header(entry, rows)
    names = tuple(field.strip() for field in rows[0]) if header else ()
    if header:
        if len(rows) < 2:
            raise DataError(f"{entry} has a header row and no row of data.")
        start = head.index(b"\n", start) + 1
    columns = len(rows[0])
    if columns < 2:
        raise DataError(
            f"{entry}: the first row has no comma; expected a label and at least one feature, "
            "separated by commas. If another sign separates them, convert the file."
        )
    data = rows[header:]
    position = label_column(entry, columns, names, label)
    features = [field for row in data for column, field in enumerate(row) if column != position]
    labels = [row[position] for row in data if len(row) > position]
    pixels = sum(map(_is_plain_pixel, features))
    image = _is_square(columns - 1) and pixels >= _PIXEL_SHARE * len(features)
    plain = all(map(_is_plain_pixel, labels)) and (image or pixels == len(features))
    return CsvForm(
        columns=columns,
        header=names,
        start=start,
        label=position,
        plain=plain and b'"' not in head[start:],
        image=image,
    )


def _is_plain_pixel(field: str) -> bool:
    return field.isascii() and field.isdigit() and int(field) <= 255


def _is_square(features: int) -> bool:
    side = math.isqrt(features)
    return side >= _IMAGE_SIDE and side * side == features


def is_number(field: str) -> bool:
    """Whether a field holds a number; "nan" and an empty field count as (missing) numbers."""
    try:
        float(field or "nan")
    except ValueError:
        return False
    return True


def _rows(entry: Entry, head: bytes, whole: bool) -> list[list[str]]:
    try:
        text = (head if whole else head[: head.rfind(b"\n") + 1]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{entry} is not UTF-8 text (byte {error.start:,}: {error.reason}); "
            "is it a CSV file? Convert it to UTF-8."
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = [row for row, _ in zip((row for row in reader if row), range(_HEAD_ROWS), strict=False)]
    if not rows:
        raise DataError(f"{entry} holds no rows. Copy or download it again.")
    return rows


def _has_header(entry: Entry, rows: Sequence[Sequence[str]]) -> bool:
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    texts = [not is_number(field) for field in first]
    if not rest:
        return all(texts)
    below = [all(is_number(row[column]) for row in rest) for column in range(len(first))]
    numbers = [field.strip() for field, text in zip(first, texts, strict=True) if not text]
    names_only = len(set(numbers)) == len(numbers) and all(map(str.isdigit, numbers))
    if any(text and number for text, number in zip(texts, below, strict=True)):
        if names_only:
            return True
        column = next(c for c, (t, b) in enumerate(zip(texts, below, strict=True)) if t and b)
        raise DataError(
            f"{entry}, row 1, column {column + 1}: {first[column]!r} is no number, and the column "
            "holds numbers below it, but the rest of the row does not look like a header. Correct "
            "the field; or say header=True or header=False."
        )
    # Text labels under a name, and numbers for the names of the pixels: label,0,1,2,...
    counted = any(numbers == [str(i + k) for i in range(len(numbers))] for k in (0, 1))
    named = any(field.strip().lower() in LABEL_NAMES for field in first)
    return named and len(numbers) > 1 and counted


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
    if _is_square(columns - 1):
        return 0
    raise DataError(
        f"{entry}: which of the {columns} columns is the label? None is called "
        f"{', '.join(LABEL_NAMES)}. Give its name or index (from 0), such as label=0 or label=-1."
    )
