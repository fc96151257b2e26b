"""Text files of measurements: encoding, comments, separators and JSON, without being asked."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import stat
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataworth.curves.cells import is_missing
from dataworth.curves.json_tables import json_table
from dataworth.curves.markup import plain_rows
from dataworth.curves.spreadsheet import is_spreadsheet, spreadsheet_rows
from dataworth.curves.table import Table, check_names, listed, refuse_repeated
from dataworth.errors import DataError

_MOST_BYTES = 512 * 2**20
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SPACES = " "
_COMMENT = ("#", "//", "%")
_LABELS = "metric"
_FEWEST_CELLS = 2
"""Of a row of a table; one alone above it is its title."""
_LONGEST_UNIT = 12
_MOST_HEADERS = 8
"""Rows of names above each other, which become one."""
_COMMAS = (
    " Numbers with decimal commas need quotes, or semicolons between the cells; text with commas "
    "needs quotes."
)
_SAMPLE = 50
"""Rows that show which separator a file has."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_KINDS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"PAR1", "a Parquet file; read it with pandas or polars and give the data frame"),
    (b"\x93NUMPY", "a NumPy array; give its columns to dataworth.Curve"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "a database; give the run directory that holds it"),
    (b"PK\x03\x04", "a ZIP archive or another document; unpack it, or save it as CSV or XLSX"),
    (b"\xd0\xcf\x11\xe0", "a document of old office programs; save it as CSV or XLSX"),
    *((bytes([0x80, protocol]), "a pickle") for protocol in range(2, 6)),
)
"""How files of other types start."""
_MILLISECONDS = 1e11
"""MLflow's files of a metric start with the time in milliseconds since 1970."""


def read_table(path: str | os.PathLike[str]) -> Table:
    """Read the table in a text file or a spreadsheet.

    CSV with any usual separator, JSON, JSON lines and XLSX, in UTF-8, UTF-16, UTF-32 or
    Windows-1252, also compressed by gzip.

    Raises
    ------
    DataError
        If it cannot be read, is not text, or has no header.
    """
    place = Path(path)
    raw = _bytes(place)
    if is_spreadsheet(raw):
        return _with_header(spreadsheet_rows(raw, str(place)), str(place), "", ())
    text, notes = _text(raw, place)
    start = text.lstrip()[:1]
    if start and start in "[{":
        return json_table(text, str(place), notes)
    return _from_rows(text, place, notes)


def _bytes(place: Path) -> bytes:
    try:
        mode = os.stat(place).st_mode
        if not stat.S_ISREG(mode):
            raise DataError(
                f"{place}: is not a regular file; give a run directory or a file of measurements.",
                code="not-a-file",
            )
        if os.path.getsize(place) > _MOST_BYTES:
            raise DataError(
                f"{place}: is larger than {_MOST_BYTES // 2**20} MB; give a file with a row for "
                "each run.",
                code="value-out-of-range",
            )
        raw = place.read_bytes()
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(raw)) as file:
                raw = file.read(_MOST_BYTES + 1)
            if len(raw) > _MOST_BYTES:
                raise DataError(
                    f"{place}: unpacks to more than {_MOST_BYTES // 2**20} MB; give a file with a "
                    "row for each run.",
                    code="value-out-of-range",
                )
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(
            f"{place}: is cut short or damaged; gzip cannot unpack it.", code="file-damaged"
        ) from None
    except OSError as error:
        raise DataError(
            f"{place}: cannot be read ({error.strerror}). Give a run directory, or a file with a "
            "column of numbers of samples and a column of a metric.",
            code="file-unreadable",
        ) from None
    return raw


def _text(raw: bytes, place: Path) -> tuple[str, tuple[str, ...]]:
    for start, kind in _KINDS:
        if raw.startswith(start):
            raise DataError(
                f"{place}: is {kind}. Expected a table of measurements: CSV, JSON, XLSX, or a "
                "Markdown or LaTeX table.",
                code="not-utf-8",
            )
    encoding = "utf-8"
    notes: tuple[str, ...] = ()
    for mark, name in _MARKS:
        if raw.startswith(mark):
            encoding = name
            break
    else:
        # Latin letters have a zero byte beside each in UTF-16.
        if b"\0" in raw[:200]:
            encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
        notes = ("the text is read as Windows-1252",)
    if _CONTROL.search(text[:100_000]) or "\ufffd" in text[:100_000]:
        raise DataError(
            f"{place}: not a text file; expected CSV, JSON lines or XLSX. For another format, "
            "read the table in Python and pass the data frame to dataworth.forecast.",
            code="not-utf-8",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _from_rows(text: str, place: Path, notes: tuple[str, ...]) -> Table:
    first, _, rest = text.partition("\n")
    text, marked = plain_rows(text)
    told = re.fullmatch(r'"?sep=(.)"?[,;\t]*', first.strip(" ") if "\t" in first else first.strip())
    separator = told[1] if told else marked or _separator(text, place)
    if told:
        # Blank, so that rows keep the numbers that an editor gives them.
        text = "\n" + rest
    rows = _rows(text, separator, place)
    if marked:
        # A heading may begin as a comment does: "# samples".
        rows = [(number, [_heading(row[0]), *row[1:]]) for number, row in rows]
        notes = (*notes, "the table is read from " + ("LaTeX" if marked == "&" else "Markdown"))
    elif separator not in (",", ""):
        named = _SEPARATORS.get(separator, "spaces" if separator == _SPACES else repr(separator))
        notes = (*notes, f"cells are separated by {named}")
    return _with_header(rows, str(place), separator, notes)


def _heading(cell: str) -> str:
    return re.sub(r"^\s*#\s*", "", cell) if _is_comment(cell) else cell


def _separator(text: str, place: Path) -> str:
    """The separator that the first rows agree on; a comma where none does."""
    lines = [line for line in text[:65_536].split("\n") if line.strip() and not _is_comment(line)]
    sample = lines[:_SAMPLE]
    for candidate in (*_SEPARATORS, _SPACES):
        try:
            counts = [len(_split(line, candidate)) for line in sample]
        except csv.Error as error:
            raise _malformed(place, error) from None
        # A title above the table has none, but may have words.
        titled = candidate == _SPACES and _of_most(sample, (";", "\t", "|"))
        if counts and counts[0] > 1 and min(counts[1:] or counts) > 1 and not titled:
            return candidate
    return _of_most(sample, tuple(_SEPARATORS)) or _of_most(sample[:1], tuple(_SEPARATORS)) or ","


def _of_most(lines: Sequence[str], separators: Sequence[str]) -> str:
    """The first separator that more than half of the lines hold; empty without one."""
    return next((s for s in separators if 2 * sum(s in line for line in lines) > len(lines)), "")


def _split(line: str, separator: str) -> list[str]:
    if separator == _SPACES:
        return _words(line)
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])


def _words(line: str) -> list[str]:
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _malformed(place: Path, error: Exception) -> DataError:
    return DataError(f"{place}: not a CSV of measurements ({error}).", code="file-malformed")


def _rows(text: str, separator: str, place: Path) -> list[tuple[int, list[str]]]:
    """The rows that hold something, with their numbers; comments are rows of one field."""
    if separator == _SPACES:
        split: Any = (_words(line) for line in text.split("\n"))
    else:
        split = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    try:
        # Blank rows count: a reader who looks for a row in an editor counts them too.
        return [
            (number, row)
            for number, row in enumerate(split, start=1)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise _malformed(place, error) from None


def _with_header(
    rows: Sequence[tuple[int, Sequence[Any]]], place: str, separator: str, notes: tuple[str, ...]
) -> Table:
    comments = [row for _, row in rows if _commented(row)]
    plain = [(number, row) for number, row in rows if not _commented(row)]
    plain = _without_titles(plain)
    if plain and all(_is_numeric(cell) for cell in plain[0][1]):
        header = _of_comment(comments, plain[0][1]) or _of_mlflow(plain[0][1])
        if header is None:
            raise DataError(
                f"{place}: the first row, {listed([str(c) for c in plain[0][1]])}, holds numbers, "
                "not names of columns; column 'samples' is missing. Put a first row before it, "
                "such as samples,value.",
                code="column-missing",
            )
        body = plain
    else:
        header = [
            str(cell if cell is not None else "").strip() for _, row in plain[:1] for cell in row
        ]
        body = plain[1:]
    check_names(header, place)
    body = _without_headers(body, header)
    if _are_units(body):
        header = [f"{name} [{unit}]" if unit else name for name, unit in _units(body[0][1], header)]
        notes, body = (*notes, f"row {body[0][0]} holds units"), body[1:]
    if separator in (" ", "\t") and body and all(len(row) == len(header) + 1 for _, row in body):
        # R's write.table has no heading for the names of the rows.
        header = ["", *header]
    while header and not header[-1]:
        header.pop()
    if header and not header[0] and all(name[:1].isdigit() for name in header[1:]):
        # Sizes across: what stands below the empty cell says what each row is.
        header[0] = _LABELS
    refuse_repeated(filter(None, header), place)
    # Columns without a name are numbers of rows, or what a spreadsheet leaves behind.
    columns: dict[str, list[Any]] = {name: [] for name in header if name}
    for number, row in body:
        cells = list(row)
        while len(cells) > len(header) and not str(cells[-1] or "").strip():
            cells.pop()
        if len(cells) != len(header):
            raise DataError(
                f"{place}, row {number}: {len(cells)} fields; the header has {len(header)}."
                + (_COMMAS if separator == "," and len(cells) > len(header) else ""),
                code="file-malformed",
                row=number,
            )
        for name, cell in zip(header, cells, strict=True):
            if name:
                columns[name].append(cell.strip() if isinstance(cell, str) else cell)
    return Table(place, columns, [number for number, _ in body], separator, notes)


def _without_headers(
    body: list[tuple[int, Sequence[Any]]], header: list[str]
) -> list[tuple[int, Sequence[Any]]]:
    """The rows below all rows of names: pandas writes several, and joined files repeat theirs."""
    merged = 0
    while (
        body
        and merged < _MOST_HEADERS
        and (merged or len(set(filter(None, header))) < sum(map(bool, header)))
    ):
        row = [str(cell or "").strip() for cell in body[0][1]]
        if (
            len(row) != len(header)
            or not any(row)
            or any(cell and _is_numeric(cell) for cell in row)
        ):
            break
        header[:] = [f"{name} {cell}".strip() for name, cell in zip(header, row, strict=True)]
        merged, body = merged + 1, body[1:]
    return [
        (number, row) for number, row in body if [str(cell or "").strip() for cell in row] != header
    ]


def _filled(row: Sequence[Any]) -> int:
    return sum(bool(str("" if cell is None else cell).strip()) for cell in row)


def _without_titles(
    rows: list[tuple[int, Sequence[Any]]],
) -> list[tuple[int, Sequence[Any]]]:
    """The rows from the first one on that has several cells: above stands the name of the table."""
    if max((_filled(row) for _, row in rows), default=0) < _FEWEST_CELLS:
        return rows
    first = next(at for at, (_, row) in enumerate(rows) if _filled(row) >= _FEWEST_CELLS)
    title = rows[:first]
    return (
        rows if any(_is_numeric(cell) for _, row in title for cell in row if cell) else rows[first:]
    )


def _are_units(body: Sequence[tuple[int, Sequence[Any]]]) -> bool:
    """Whether the first row below the names holds units: no number, above columns of numbers."""
    if len(body) < _FEWEST_CELLS or len(body[0][1]) != len(body[1][1]):
        return False
    first, *rest = (row for _, row in body)
    if any(_is_numeric(cell) for cell in first):
        return False
    of_numbers = [
        at
        for at in range(len(first))
        if all(len(row) > at and _is_numeric(row[at]) for row in rest)
    ]
    units = [str(first[at] or "").strip() for at in of_numbers]
    others = [cell for at, cell in enumerate(first) if at not in of_numbers]
    return (
        len(of_numbers) >= _FEWEST_CELLS
        and any(units)
        and not any(is_missing(unit) for unit in units if unit)
        and all(len(unit) <= _LONGEST_UNIT for unit in units)
        and not _filled(others)
    )


def _units(row: Sequence[Any], header: Sequence[str]) -> list[tuple[str, str]]:
    cells = [str(cell or "").strip() for cell in row]
    cells += [""] * (len(header) - len(cells))
    parts = [(name, cell.strip("[]() ")) for name, cell in zip(header, cells, strict=False)]
    # Where a name is missing above, this row holds it.
    return [(name, unit) if name else (unit, "") for name, unit in parts]


def _commented(row: Sequence[Any]) -> bool:
    return bool(row) and isinstance(row[0], str) and _is_comment(row[0])


def _is_numeric(cell: Any) -> bool:
    if not isinstance(cell, str):
        return cell is not None
    return re.fullmatch(r"[-+\d.,eE%\s]+", cell) is not None and re.search(r"\d", cell) is not None


def _of_comment(comments: Sequence[Sequence[Any]], first: Sequence[Any]) -> list[str] | None:
    """A header behind a comment sign, as NumPy's savetxt writes it."""
    for row in reversed(comments):
        names = [str(cell).strip() for cell in row]
        names[0] = names[0].lstrip("#/% ").strip()
        names = [name for name in names if name]
        if len(names) == len(first):
            return names
    return None


def _of_mlflow(first: Sequence[Any]) -> list[str] | None:
    """MLflow's own file of a metric has no header: time, value and step."""
    try:
        times = float(str(first[0]))
    except ValueError:
        return None
    return ["timestamp", "value", "step"] if len(first) == 3 and times > _MILLISECONDS else None
