"""What the head of a CSV file tells: its columns, whether it has a header, where the label is."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from dataworth.errors import DataError
from dataworth.sources.csv_columns import has_header, is_square, label_column
from dataworth.sources.entry import Entry

_HEAD_BYTES = 1 << 18
_HEAD_ROWS = 50
_BOM = b"\xef\xbb\xbf"
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
        head = b""
        while head.count(b"\n") < 2 and (more := file.read(_HEAD_BYTES)):
            head += more
        complete = len(head) % _HEAD_BYTES != 0 or not file.read(1)
    start = len(_BOM) if head.startswith(_BOM) else 0
    rows = _rows(entry, head[start:], complete)
    if header is None:
        header = has_header(entry, rows)
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
    image = is_square(columns - 1) and pixels >= _PIXEL_SHARE * len(features)
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


def _rows(entry: Entry, head: bytes, complete: bool) -> list[list[str]]:
    try:
        text = (head if complete else head[: head.rfind(b"\n") + 1]).decode("utf-8")
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
