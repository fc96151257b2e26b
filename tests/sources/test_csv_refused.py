from __future__ import annotations

from pathlib import Path

import pytest
from csv_files import HEADER, ROWS, refuse_csv


def _with(row: int, old: str, new: str) -> str:
    rows = list(ROWS)
    assert old in rows[row - 1]
    rows[row - 1] = rows[row - 1].replace(old, new, 1)
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", r"is empty"),
        (b"\n\n", r"no rows"),
        (HEADER, r"header row and no row"),
        ("\n".join(ROWS) + "\n1,2,3\n", r"row 31 has 3 fields; expected 65"),
        (_with(7, ",0,", ","), r"row 7 has 64 fields; expected 65"),
        (_with(7, ",0,", ",0,0,"), r"row 7 has 66 fields; expected 65"),
        (_with(9, ",0,", ",x,"), r"row 9, column \d+: 'x' is no number"),
        (_with(9, ",0,", ",nan,"), r"row 9, column \d+: 'nan' is not finite"),
        (_with(9, ",0,", ",,"), r"row 9, column \d+: the field is empty"),
        (_with(9, ",0,", ",256,"), r"row 9, column \d+: '256' is no pixel.*pixels=False"),
        (_with(9, ",0,", ",-1,"), r"row 9, column \d+: '-1' is no pixel"),
        (_with(9, ",0,", ",0.5,"), r"row 9, column \d+: '0.5' is no pixel"),
        (
            _with(1, ",0,", ",x,"),
            r"row 1, column \d+: 'x' is no number.*fault.*header=True",
        ),
        ("\n".join([*ROWS[:3], "", *ROWS[3:]]), r"row 4 is blank"),
        (HEADER + "\n" + _with(9, ",0,", ",300,"), r"row 10, column \d+ \('pixel\d+'\): '300'"),
        ("\n".join(ROWS).replace(",", ";"), r"no comma"),
        ("1,2,4\n4,5,6\n", r"which of the 3 columns is the label.*label=0.*--label 0"),
        ("5,x,7\n5,6,7\n", r"row 1, column 2: 'x' is no number.*header=False"),
        ("y,0,1\nx,3,4\n", r"row 1, column 1: 'y' is no number.*header=False"),
        ("label,a,label\n1,2,3\n", r"2 columns are called 'label'"),
        (b"label,a\n1,\xff\xfe\n", r"not UTF-8"),
        (",a,label\n0,5,1\n1,6,0\n2,8,1\n", r"column 1 .* counts the rows: an index.*index=False"),
    ],
)
def test_refused_with_file_row_and_what_to_do(tmp_path: Path, text: str | bytes, says: str) -> None:
    refuse_csv(tmp_path, text, says)


@pytest.mark.parametrize("label", [65, "colour"])
def test_an_unknown_label_column_is_refused(tmp_path: Path, label: str | int) -> None:
    refuse_csv(tmp_path, "\n".join(ROWS), r"65 columns|no column 'colour'", label=label)


def test_text_labels_do_not_hide_bad_rows(tmp_path: Path) -> None:
    rows = [f"n{row}" for row in ROWS]
    refuse_csv(tmp_path, "\n".join([*rows, "n1,2"]), r"row 31 has 2 fields")
    refuse_csv(tmp_path, "\n".join([*rows[:5], rows[5].replace(",0,", ",,", 1)]), r"row 6, column")


def test_a_bad_row_far_down_is_named(tmp_path: Path) -> None:
    rows = ROWS * 200
    rows[5_432] = rows[5_432].replace(",0,", ",0 0,", 1)
    refuse_csv(tmp_path, "\n".join(rows), r"row 5433, column \d+: '0 0' is no number")
