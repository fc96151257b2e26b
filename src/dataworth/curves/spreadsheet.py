"""XLSX workbooks: the first sheet that holds something, as rows of cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from dataworth.errors import DataError

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MOST_BYTES = 64 * 2**20
"""Of all parts of a workbook, unpacked."""
_MOST_CELLS = 5_000_000
_MOST_COLUMNS = 16_384
"""Of a sheet of Office Open XML."""
_WORKBOOK = "xl/workbook.xml"


def is_spreadsheet(raw: bytes) -> bool:
    """Whether some bytes are a workbook of Office Open XML."""
    if not raw.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _WORKBOOK in archive.namelist()
    except Exception:
        # Damaged bytes make the reader of zip raise nearly anything.
        return False


def spreadsheet_rows(raw: bytes, place: str) -> list[tuple[int, list[Any]]]:
    """The rows of the first sheet that has any, with their numbers.

    Cells are texts, numbers (as text, with all digits), or empty texts. Of a formula the stored
    result is read.

    Raises
    ------
    DataError
        If the workbook is damaged, or larger than a table of measurements.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise DataError(
                    f"{place}: unpacks to more than {_MOST_BYTES // 2**20} MB; give a sheet with a "
                    "row for each run.",
                    code="value-out-of-range",
                )
            names = archive.namelist()
            shared = list(_shared(archive)) if "xl/sharedStrings.xml" in names else []
            sheets = sorted(
                (name for name in names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)),
                key=lambda name: int(re.sub(r"\D", "", name)),
            )
            for sheet in sheets:
                rows = list(_sheet(archive, sheet, shared))
                if rows:
                    return rows
    except DataError:
        raise
    except Exception:
        # Damaged bytes make the readers of zip and XML raise nearly anything.
        raise DataError(f"{place}: the workbook is damaged.", code="file-damaged") from None
    return []


def _shared(archive: zipfile.ZipFile) -> Iterator[str]:
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    for item in root.iter(f"{_MAIN}si"):
        yield "".join(text.text or "" for text in item.iter(f"{_MAIN}t"))


def _sheet(
    archive: zipfile.ZipFile, name: str, shared: list[str]
) -> Iterator[tuple[int, list[Any]]]:
    root = ElementTree.fromstring(archive.read(name))
    width = total = 0
    for count, row in enumerate(root.iter(f"{_MAIN}row"), start=1):
        cells: dict[int, Any] = {}
        for position, cell in enumerate(row.iter(f"{_MAIN}c")):
            reference = re.match(r"[A-Z]{1,4}", cell.get("r", ""))
            at = _index(reference[0]) if reference else position
            if at >= _MOST_COLUMNS:
                raise ValueError("a cell beyond the last column")
            cells[at] = _value(cell, shared)
        if any(str(value).strip() for value in cells.values()):
            width = max(width, max(cells) + 1)
            total += width
            if total > _MOST_CELLS:
                raise ValueError("too many cells")
            yield int(row.get("r", count)), [cells.get(at, "") for at in range(width)]


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ElementTree.Element, shared: list[str]) -> Any:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
    stored = cell.find(f"{_MAIN}v")
    if stored is None or stored.text is None:
        return ""
    if kind == "s":
        return shared[int(stored.text)]
    # The file stores numbers with a decimal point, whatever the display format.
    return float(stored.text) if kind == "n" else stored.text
