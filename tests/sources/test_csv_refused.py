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
    ("text", "code", "says"),
    [
        (b"", "file-damaged", "0 bytes"),
        (b"\n\n", "no-rows", ""),
        (HEADER, "no-rows", ""),
        ("\n".join(ROWS) + "\n1,2,3\n", "file-malformed", "row 31 .*3 .*65"),
        (_with(7, ",0,", ","), "file-malformed", "row 7 .*64 .*65"),
        (_with(7, ",0,", ",0,0,"), "file-malformed", "row 7 .*66 .*65"),
        (_with(9, ",0,", ",x,"), "not-numeric", r"row 9, column \d+: 'x'"),
        (_with(9, ",0,", ",nan,"), "not-finite", r"row 9, column \d+: 'nan'"),
        (_with(9, ",0,", ",,"), "value-missing", r"row 9, column \d+: "),
        (
            _with(9, ",0,", ",256,"),
            "value-out-of-range",
            r"row 9, column \d+: '256'.*pixels=False",
        ),
        (_with(9, ",0,", ",-1,"), "value-out-of-range", r"row 9, column \d+: '-1'"),
        (_with(9, ",0,", ",0.5,"), "value-out-of-range", r"row 9, column \d+: '0\.5'"),
        (
            _with(1, ",0,", ",x,"),
            "header-unclear",
            r"row 1, column \d+: 'x'.*header=True",
        ),
        ("\n".join([*ROWS[:3], "", *ROWS[3:]]), "file-malformed", "row 4 "),
        (
            HEADER + "\n" + _with(9, ",0,", ",300,"),
            "value-out-of-range",
            r"row 10, column \d+ \('pixel\d+'\): '300'",
        ),
        ("\n".join(ROWS).replace(",", "#"), "file-malformed", ""),
        (
            "1,2,4\n4,5,6\n",
            "column-unclear",
            " 3 columns.*label=0.*--label 0",
        ),
        ("5,x,7\n5,6,7\n", "header-unclear", "row 1, column 2: 'x'.*header=False"),
        ("y,0,1\nx,3,4\n", "header-unclear", "row 1, column 1: 'y'.*header=False"),
        ("label,a,label\n1,2,3\n", "named-twice", "2 columns.*'label'"),
        (b"label,a\n1,\xff\xfe\n", "not-utf-8", ""),
        (
            ",a,label\n0,5,1\n1,6,0\n2,8,1\n",
            "index-column",
            "column 1 .*index=False",
        ),
    ],
)
def test_refused_with_file_row_and_what_to_do(
    tmp_path: Path, text: str | bytes, code: str, says: str
) -> None:
    refuse_csv(tmp_path, text, code, says)


@pytest.mark.parametrize("label", [65, "colour"])
def test_an_unknown_label_column_is_refused(tmp_path: Path, label: str | int) -> None:
    refuse_csv(tmp_path, "\n".join(ROWS), "column-missing", r"65 columns|'colour'", label=label)


def test_text_labels_do_not_hide_bad_rows(tmp_path: Path) -> None:
    rows = [f"n{row}" for row in ROWS]
    refuse_csv(tmp_path, "\n".join([*rows, "n1,2"]), "file-malformed", "row 31 .*2 ")
    refuse_csv(
        tmp_path,
        "\n".join([*rows[:5], rows[5].replace(",0,", ",,", 1)]),
        "value-missing",
        "row 6, column",
    )


def test_a_bad_row_far_down_is_named(tmp_path: Path) -> None:
    rows = ROWS * 200
    rows[5_432] = rows[5_432].replace(",0,", ",0 0,", 1)
    refuse_csv(tmp_path, "\n".join(rows), "not-numeric", r"row 5433, column \d+: '0 0'")
