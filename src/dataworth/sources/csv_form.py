"""What the head of a CSV file tells: its columns, whether it has a header, where the label is."""

from __future__ import annotations

from dataclasses import dataclass

from dataworth.errors import DataError
from dataworth.sources.csv_columns import counts_up, is_square, label_column
from dataworth.sources.csv_head import head_of
from dataworth.sources.entry import Entry

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

    @property
    def numbered(self) -> bool:
        """Whether the columns have numbers for names, all of them."""
        return bool(self.header) and all(name.isdigit() for name in self.header)

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
        Whether the first row holds names; found out if None.

    Raises
    ------
    DataError
        If the file is empty, is no CSV, or leaves open what is what.
    """
    head = head_of(entry, header)
    columns = head.columns
    if columns < 2:
        raise DataError(
            f"{entry}: the first row has no comma; expected a label and at least one feature, "
            "separated by commas. If another sign separates them, convert the file."
        )
    if head.header and not head.header[0].strip() and counts_up([row[0] for row in head.rows]):
        raise DataError(
            f"{entry}, column 1 has no name and counts the rows: an index, as pandas writes it, "
            "which is no feature. Write the file without it: to_csv(..., index=False)."
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
    )


def _is_plain_pixel(field: str) -> bool:
    return field.isascii() and field.isdigit() and int(field) <= 255
