"""One curve in many forms of files, and a workbook made by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

SIZES = (500, 1_500, 4_500, 13_500)
RUNS = ((2.31, 2.275), (1.642, 1.7), (1.2, 1.166), (0.875, 0.9))
ROWS = [
    (size, seed, value)
    for size, values in zip(SIZES, RUNS, strict=True)
    for seed, value in enumerate(values)
]


def csv_text(header: str = "samples,seed,value", separator: str = ",", mark: str = ".") -> str:
    """The curve as text with one separator and one decimal mark."""
    lines = [
        separator.join((str(size), str(seed), str(value).replace(".", mark)))
        for size, seed, value in ROWS
    ]
    return "\n".join([header.replace(",", separator), *lines, ""])


def workbook(rows: Sequence[Sequence[object]], *, shared: bool = True) -> bytes:
    """A workbook of one sheet, as spreadsheets write it: shared strings, and numbers as such."""
    strings: list[str] = []
    body = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for at, cell in enumerate(row):
            place = f"{chr(65 + at)}{number}"
            if isinstance(cell, str) and shared:
                if cell not in strings:
                    strings.append(cell)
                cells.append(f'<c r="{place}" t="s"><v>{strings.index(cell)}</v></c>')
            elif isinstance(cell, str):
                cells.append(f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
            elif cell is not None:
                cells.append(f'<c r="{place}"><v>{cell}</v></c>')
        body.append(f'<row r="{number}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{main}"><sheetData>{"".join(body)}</sheetData></worksheet>'
    items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}"/>')
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{items}</sst>')
    return raw.getvalue()
