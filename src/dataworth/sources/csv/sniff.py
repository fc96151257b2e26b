"""Detection of the layout of a CSV file from its head: columns, header and label column."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from dataworth._util.numbers import is_number
from dataworth.errors import DataError
from dataworth.sources.columns import LABEL_NAMES, counts_up, is_square, label_column
from dataworth.sources.csv.delimiter import separator_of
from dataworth.sources.csv.lines import open_lines
from dataworth.sources.files import Entry

_HEAD_BYTES = 1 << 18
_MOST_HEAD_BYTES = 1 << 26
_HEAD_ROWS = 50
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvHead:
    """The first rows of a CSV file.

    Attributes
    ----------
    header : tuple of str
        Names of the columns; empty without a header row.
    rows : list of list of str
        The first rows of data, in fields.
    text : bytes
        The first bytes of data, unchanged.
    start : int
        Bytes of the file before the first row of data.
    separator : str
        The sign between the fields.
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    text: bytes
    start: int
    separator: str = ","

    @property
    def first_row(self) -> int:
        """Line of the file, counted from 1, on which the data start."""
        return 2 if self.header else 1

    @property
    def columns(self) -> int:
        """Number of fields per row."""
        return len(self.header or self.rows[0])


def head_of(entry: Entry, header: bool | None, label: str | int | None = None) -> CsvHead:
    """Read the head of a CSV file.

    Parameters
    ----------
    entry : Entry
        The file.
    header : bool, optional
        Whether the first row holds names; detected if None, see `has_header`.
    label : str or int, optional
        The label column as the caller gives it; a row with its name is a header.

    Raises
    ------
    DataError
        If the file is empty, is not a CSV, or it is ambiguous whether it has a header.
    """
    with open_lines(entry) as file:
        blocks, lines = [], 0
        while lines < 2 and (more := file.read(_HEAD_BYTES)):
            blocks.append(more)
            lines += more.count(b"\n")
            if len(blocks) * _HEAD_BYTES > _MOST_HEAD_BYTES:
                raise DataError(
                    f"{entry}: its first two lines have no end within {_MOST_HEAD_BYTES >> 20} MB; "
                    "is it a CSV file?",
                    code="file-malformed",
                )
        head = b"".join(blocks)
        complete = len(head) % _HEAD_BYTES != 0 or not file.read(1)
    start = len(_BOM) if head.startswith(_BOM) else 0
    rows, separator = _rows(entry, head[start:], complete)
    if header is None:
        header = _names_label(rows, label) or has_header(entry, rows)
    if header:
        if len(rows) < 2:
            raise DataError(f"{entry} has a header row and no row of data.", code="no-rows")
        start = head.index(b"\n", start) + 1
    names = tuple(field.strip() for field in rows[0]) if header else ()
    return CsvHead(names, rows[header:], head[start:], start, separator)


def _names_label(rows: Sequence[Sequence[str]], label: str | int | None) -> bool:
    """Whether the first row is made of words, one of them the name of the label column.

    Rows below have other words in that column, as a header of a table of texts alone shows.
    """
    first = [field.strip().lower() for field in rows[0]]
    wanted = LABEL_NAMES if label is None else (str(label).lower(),)
    if any(not field or is_number(field) for field in first) or len(rows) < 2:
        return False
    return any(
        name in first
        and all(
            len(row) > first.index(name) and row[first.index(name)].strip().lower() != name
            for row in rows[1:]
        )
        for name in wanted
    )


def _rows(entry: Entry, head: bytes, complete: bool) -> tuple[list[list[str]], str]:
    try:
        text = (head if complete else head[: head.rfind(b"\n") + 1]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{entry} is not UTF-8 text (byte {error.start:,}: {error.reason}); "
            "is it a CSV file? Convert it to UTF-8.",
            code="not-utf-8",
        ) from None
    separator = separator_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = list(islice((row for row in reader if row), _HEAD_ROWS))
    except csv.Error as error:
        raise DataError(
            f"{entry}, row {reader.line_num}: {error}. Correct the row or remove it.",
            code="file-malformed",
            row=reader.line_num,
        ) from None
    if not rows:
        raise DataError(f"{entry} holds no rows. Copy or download it again.", code="no-rows")
    return rows, separator


# From this many numbers that count up from 0 or 1, the row is names of columns, not a sample.
_COUNTED = 8
# Rows after which a column of nothing but text, or of nothing but fractions, is taken as such.
_ENOUGH_ROWS = 8


def has_header(entry: Entry, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names.

    It does if it has text above numbers, or counts its columns, 0, 1, 2, ... or 1, 2, 3, ..., as
    pandas does for columns without names.

    Raises
    ------
    DataError
        If the row may also be a sample, with an error or by chance.
    """
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    # pandas writes its index without a name.
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
    # Text labels below a name, and numbers as names of the pixels: label,0,1,2,...
    if named and sure:
        return True
    if above_numbers or (named and numbers and counted):
        column = above_numbers[0] if above_numbers else texts.index(True)
        raise DataError(
            f"{entry}, row 1, column {column + 1}: {first[column]!r} is not a number, and it is "
            "not clear whether the row is a header or a sample with a fault. Correct the field; or "
            f"{_SAY}",
            code="header-unclear",
        )
    return False


_SAY = "say header=True or header=False (--header or --no-header on the command line)."


def _counts_columns(entry: Entry, first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether a first row of 0, 1, 2, ... holds names: True, or an error if it is ambiguous."""
    if not any(map(_is_ramp, rest)) and (len(first) >= _COUNTED or _are_of_another_kind(rest)):
        return True
    raise DataError(
        f"{entry}, row 1 counts {first[0].strip()}..{first[-1].strip()}, and it is not clear "
        f"whether it is a header or a sample: {_SAY}",
        code="header-unclear",
    )


def _is_ramp(row: Sequence[str]) -> bool:
    """Whether the numbers of a sample rise by 1 too, so that the first row may be a sample."""
    values = [float(field or "nan") if is_number(field) else float("nan") for field in row]
    return all(after - before == 1 for before, after in pairwise(values))


def _are_of_another_kind(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column holds only text or only fractions, and so no whole number."""
    return len(rows) >= _ENOUGH_ROWS and any(
        all(not is_number(field) or "." in field for field in column)
        for column in zip(*rows, strict=True)
    )


_PIXEL_SHARE = 0.9


@dataclass(frozen=True)
class CsvForm:
    """The layout of a CSV file.

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
        Whether the first rows of data are digits and commas only, or nearly so for an image.
    image : bool
        Whether the features are the pixels of a square image: their number is a square, and nearly
        all of them in the first rows are whole numbers 0..255.
    separator : str
        The sign between the fields.
    mixed : bool
        Whether a feature of the first rows is something else than a number.
    """

    columns: int
    header: tuple[str, ...]
    start: int
    label: int
    plain: bool
    image: bool
    separator: str = ","
    mixed: bool = False

    @property
    def first_row(self) -> int:
        """Line of the file, counted from 1, on which the data start."""
        return 2 if self.header else 1

    @property
    def numbered(self) -> bool:
        """Whether the names of all columns are numbers."""
        return bool(self.header) and all(name.isdigit() for name in self.header)

    def column_name(self, column: int) -> str:
        """The description of a column in an error message."""
        named = f" ({self.header[column]!r})" if column < len(self.header) else ""
        return f"column {column + 1}{named}"


def form_of(entry: Entry, label: str | int | None, header: bool | None) -> CsvForm:
    """Detect the layout of a CSV file from its head.

    Parameters
    ----------
    entry : Entry
        The file.
    label : str or int, optional
        Name or index (from 0) of the label column.
    header : bool, optional
        Whether the first row holds names; detected if None.

    Raises
    ------
    DataError
        If the file is empty, is not a CSV, or its layout is ambiguous.
    """
    head = head_of(entry, header, label)
    columns = head.columns
    if columns < 2:
        raise DataError(
            f"{entry}: the first rows have no comma, semicolon, tab or bar that separates fields; "
            "expected a label and at least one feature. If another sign separates them, convert "
            "the file.",
            code="file-malformed",
        )
    if head.header and not head.header[0].strip() and counts_up([row[0] for row in head.rows]):
        raise DataError(
            f"{entry}, column 1 has no name and counts the rows: an index, as pandas writes it, "
            "which is not a feature. Write the file without it: to_csv(..., index=False).",
            code="index-column",
        )
    position = label_column(entry, columns, head.header, label)
    features = [
        field for row in head.rows for column, field in enumerate(row) if column != position
    ]
    labels = [row[position] for row in head.rows if len(row) > position]
    pixels = sum(map(_is_plain_pixel, features))
    image = is_square(columns - 1) and pixels >= _PIXEL_SHARE * len(features)
    plain = all(map(_is_plain_pixel, labels)) and (image or pixels == len(features))
    return CsvForm(
        columns=columns,
        header=head.header,
        start=head.start,
        label=position,
        plain=plain and b'"' not in head.text,
        image=image,
        separator=head.separator,
        mixed=not image and any(not field.strip() or not is_number(field) for field in features),
    )


def _is_plain_pixel(field: str) -> bool:
    return field.isascii() and field.isdigit() and int(field) <= 255
