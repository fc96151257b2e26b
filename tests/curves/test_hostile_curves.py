"""Files of measurements that were made to stall their reader: each is one error, and quick."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from errors import raises

from dataworth.curves import json_tables, text_files
from dataworth.curves.read import load_curve
from dataworth.errors import DataError

_ROWS = "".join(f"{size},1,{3 * size**-0.4:.4f}\n" for size in (100, 200, 400, 800))


@pytest.mark.parametrize("name", ["(" * 9_000, "-" * 9_000, "1" + " " * 9_000 + "x", "n =" * 3_000])
def test_a_name_of_a_column_is_no_novel(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"samples,{name},loss\n{_ROWS}")
    with raises("value-out-of-range", DataError, "at most 300"):
        load_curve(tmp_path / "a.csv")


def test_features_of_samples_are_no_measurements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ",".join(f"c{number}" for number in range(5_000))
    (tmp_path / "a.csv").write_text(f"samples,{names}\n" + "1," * 5_000 + "1\n")
    with raises("value-out-of-range", DataError, "5,001 columns"):
        load_curve(tmp_path / "a.csv")
    (tmp_path / "a.json").write_text(json.dumps([{f"k{number}": 1} for number in range(5_000)]))
    with raises("value-out-of-range", DataError, "5,000 columns"):
        load_curve(tmp_path / "a.json")
    monkeypatch.setattr(json_tables, "_MOST_CELLS", 100)
    (tmp_path / "a.json").write_text(json.dumps([{f"k{number}": 1} for number in range(20)]))
    with raises("value-out-of-range", DataError, "more than 100 cells"):
        load_curve(tmp_path / "a.json")


@pytest.mark.parametrize("cell", ["1" + " " * 90_000 + "x", "*" * 90_000 + "x", "1" * 90_000])
def test_a_long_cell_is_text_and_is_shown_short(cell: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"samples,loss\n100,0.5\n200,{cell}\n400,0.25\n")
    with pytest.raises(DataError) as caught:
        load_curve(tmp_path / "a.csv")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("power", ["10^999", "2^999", "10^-999", "1/" + "9" * 99, "9" * 99 + "/1"])
def test_sizes_beyond_the_range_of_floats_are_refused(power: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"samples,loss\n{power},0.5\n200,0.4\n400,0.25\n")
    with pytest.raises(DataError):
        load_curve(tmp_path / "a.csv")


def test_a_file_that_unpacks_to_too_much_is_not_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "_MOST_BYTES", 6_000)
    rows = "samples,loss\n" + "".join(f"{size},0.5\n" for size in range(1, 1_000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(rows.encode()))
    with raises("value-out-of-range", DataError, "unpacks to more than"):
        load_curve(tmp_path / "a.csv.gz")


def test_rows_of_names_over_and_over_end(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,a\n" * 2_000)
    with raises("named-twice", DataError):
        load_curve(tmp_path / "a.csv")


@pytest.mark.parametrize("row", ['<row r="1"><c r="XFD1"><v>1</v></c></row>' * 400, "wide"])
def test_a_workbook_of_more_cells_than_memory_is_damage(row: str, tmp_path: Path) -> None:
    if row == "wide":
        row = f'<row r="1"><c r="{"A" * 1_000_000}1"><v>1</v></c></row>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/workbook.xml", "<a/>")
        sheet = f'<worksheet xmlns="{main}"><sheetData>{row}</sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    (tmp_path / "a.xlsx").write_bytes(file.getvalue())
    with raises("file-damaged", DataError):
        load_curve(tmp_path / "a.xlsx")


@pytest.mark.parametrize("size", ["0", "inf", "-5"])
def test_a_size_that_cannot_be_is_refused_also_among_values_in_per_cent(
    size: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"samples,value\n500,85.1%\n3000,90.2%\n{size},93.1%\n")
    with raises("value-out-of-range", DataError, "row 4"):
        load_curve(tmp_path / "a.csv")


@pytest.mark.parametrize("column", ["run", "val_loss"])
def test_a_column_with_a_name_that_stacking_gives_is_refused(column: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        f"Step,a - val_loss,b - val_loss,{column}\n100,.5,.6,1\n200,.4,.5,2\n400,.3,.4,3\n"
    )
    with raises("named-twice", DataError, column):
        load_curve(tmp_path / "a.csv")
