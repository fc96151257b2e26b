from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from source_files import digit_images

import dataworth as dw
from dataworth.errors import DataError, DataworthWarning

ROWS = [
    ",".join(map(str, [label, *image.reshape(-1)]))
    for image, label in zip(*digit_images(30), strict=True)
]
HEADER = ",".join(["label", *(f"pixel{i}" for i in range(64))])


def _load(folder: Path, text: str | bytes, **options: object) -> dw.Dataset:
    content = text.encode() if isinstance(text, str) else text
    (folder / "own.csv").write_bytes(content)
    return dw.load(folder / "own.csv", **options)


def _refused(folder: Path, text: str | bytes, says: str, **options: object) -> None:
    with pytest.raises(DataError, match=says) as caught:
        _load(folder, text, **options)
    assert "own.csv" in str(caught.value)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dw.Dataset:
    return _load(tmp_path_factory.mktemp("clean"), "\n".join(ROWS) + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(ROWS),
        "\r\n".join(ROWS) + "\r\n",
        "\n".join(ROWS) + "\n\n\n",
        "\ufeff" + "\n".join(ROWS),
        "\n".join([HEADER, *ROWS]),
        "\ufeff" + "\r\n".join([HEADER, *ROWS]) + "\r\n\r\n",
        "\n".join([",".join(["label", *map(str, range(64))]), *ROWS]),
        "\n".join([HEADER.replace("pixel9,", "pixel8,"), *ROWS]),
        "\n".join([*ROWS[:20], ROWS[20].replace(",0,", ",0.0, ", 1), *ROWS[21:]]),
        "\n".join([*ROWS[:20], ROWS[20].replace(",0,", ',"0",', 1), *ROWS[21:]]),
    ],
    ids=[
        "no final newline",
        "crlf",
        "trailing blank lines",
        "bom",
        "header",
        "bom, crlf, header",
        "numbered header",
        "duplicate names of features",
        "a whole number with a point",
        "a quoted number",
    ],
)
def test_harmless_oddities_change_nothing(tmp_path: Path, text: str, clean: dw.Dataset) -> None:
    data = _load(tmp_path, text)
    assert data.samples == 30
    assert data.fingerprint == clean.fingerprint


def test_the_first_row_of_a_headerless_file_is_a_sample(clean: dw.Dataset) -> None:
    images, labels = digit_images(30)
    np.testing.assert_array_equal(clean.x_train[0], images[0])
    assert clean.y_train[0] == labels[0]


def test_header_option_wins(tmp_path: Path) -> None:
    assert _load(tmp_path, "\n".join(ROWS), header=True).samples == 29


def test_text_labels_become_named_classes(tmp_path: Path) -> None:
    rows = [re.sub(r"^\d+", lambda found: f"n{found[0]}", row) for row in ROWS]
    data = _load(tmp_path, "\n".join(rows))
    assert data.samples == 30
    assert data.class_names == tuple(f"n{k}" for k in range(10))
    assert data.x_train.dtype == np.uint8
    np.testing.assert_array_equal(data.y_train, digit_images(30)[1])


def test_a_big_or_textual_label_among_small_numbers(tmp_path: Path) -> None:
    rows = ROWS * 20
    rows[300] = re.sub(r"^\d+", "300", rows[300])
    data = _load(tmp_path, "\n".join(rows))
    assert data.x_train.dtype == np.uint8
    assert data.y_train[300] == 300
    rows[300] = re.sub(r"^\d+", "other", rows[300])
    data = _load(tmp_path, "\n".join(rows))
    assert data.x_train.dtype == np.uint8
    assert data.class_names == (*"0123456789", "other")
    rows = [re.sub(r"^\d", lambda found: str(500 + int(found[0])), row) for row in ROWS]
    assert _load(tmp_path, "\n".join(rows)).x_train.dtype == np.uint8


def test_a_test_file_with_more_samples_is_suspect(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("\n".join(ROWS[:10]))
    (tmp_path / "test.csv").write_text("\n".join(ROWS[10:]))
    with pytest.warns(DataworthWarning, match=r"more samples \(20\).*\(10\).*swapped"):
        dw.load(tmp_path)


def test_text_labels_below_a_numbered_header(tmp_path: Path) -> None:
    rows = [f"n{row}" for row in ROWS]
    data = _load(tmp_path, "\n".join([",".join(["label", *map(str, range(64))]), *rows]))
    assert data.samples == 30


def test_label_column_by_name_by_index_and_by_habit(tmp_path: Path) -> None:
    text = "a,b,Target\n1,2,0\n3,4,1\n5,6,1\n"
    for options in ({}, {"label": "target"}, {"label": 2}, {"label": -1}):
        data = _load(tmp_path, text, **options)
        np.testing.assert_array_equal(data.x_train, [[1, 2], [3, 4], [5, 6]])
        np.testing.assert_array_equal(data.y_train, [0, 1, 1])


def test_labels_with_gaps_keep_their_indices(tmp_path: Path) -> None:
    data = _load(tmp_path, "\n".join(row for row in ROWS if row[0] not in "36"))
    assert data.classes == 10
    assert set(data.y_train) == {0, 1, 2, 4, 5, 7, 8, 9}


def test_values_beyond_a_byte_in_a_table_are_real_features(tmp_path: Path) -> None:
    rows = [f"{i},{i * 20},{i % 3}" for i in range(30)]
    data = _load(tmp_path, "\n".join(["age,income,class", *rows]))
    assert data.x_train.dtype == np.float32
    assert data.scale == 1.0
    assert data.x_train[29, 1] == 580


def test_pixels_false_reads_real_numbers(tmp_path: Path) -> None:
    data = _load(tmp_path, "\n".join(ROWS), pixels=False, scale=0.5)
    assert data.x_train.dtype == np.float32
    assert data.scale == 0.5


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
        (_with(1, ",0,", ",x,"), r"row 1, column \d+: 'x' is no number.*header=True"),
        ("\n".join([*ROWS[:3], "", *ROWS[3:]]), r"row 4 is blank"),
        (HEADER + "\n" + _with(9, ",0,", ",300,"), r"row 10, column \d+ \('pixel\d+'\): '300'"),
        ("\n".join(ROWS).replace(",", ";"), r"no comma"),
        ("1,2,3\n4,5,6\n", r"which of the 3 columns is the label.*label=0"),
        ("label,a,label\n1,2,3\n", r"2 columns are called 'label'"),
        (b"label,a\n1,\xff\xfe\n", r"not UTF-8"),
    ],
)
def test_refused_with_file_row_and_what_to_do(tmp_path: Path, text: str | bytes, says: str) -> None:
    _refused(tmp_path, text, says)


@pytest.mark.parametrize("label", [65, "colour"])
def test_an_unknown_label_column_is_refused(tmp_path: Path, label: str | int) -> None:
    _refused(tmp_path, "\n".join(ROWS), r"65 columns|no column 'colour'", label=label)


def test_text_labels_do_not_hide_bad_rows(tmp_path: Path) -> None:
    rows = [f"n{row}" for row in ROWS]
    _refused(tmp_path, "\n".join([*rows, "n1,2"]), r"row 31 has 2 fields")
    _refused(tmp_path, "\n".join([*rows[:5], rows[5].replace(",0,", ",,", 1)]), r"row 6, column")


def test_a_bad_row_far_down_is_named(tmp_path: Path) -> None:
    rows = ROWS * 200
    rows[5_432] = rows[5_432].replace(",0,", ",0 0,", 1)
    _refused(tmp_path, "\n".join(rows), r"row 5433, column \d+: '0 0' is no number")
