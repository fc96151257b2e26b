from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from csv_files import HEADER, ROWS, load_csv, refuse_csv
from errors import warns
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from source_files import digit_images

import dataworth as dw


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dw.Dataset:
    return load_csv(tmp_path_factory.mktemp("clean"), "\n".join(ROWS) + "\n")


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
    data = load_csv(tmp_path, text)
    assert data.samples == 30
    assert data.fingerprint == clean.fingerprint


def test_the_first_row_of_a_headerless_file_is_a_sample(clean: dw.Dataset) -> None:
    images, labels = digit_images(30)
    np.testing.assert_array_equal(clean.x[0], images[0])
    assert clean.y[0] == labels[0]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "x1"]) | st.integers(0, 9).map(str),
            st.integers(-5, 300).map(str) | st.floats(-9, 9).map(str),
            st.integers(0, 9).map(str),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_no_sample_is_ever_taken_for_a_header(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    text = "\n".join(map(",".join, rows))
    assume(rows[0] not in (("0", "1", "2"), ("1", "2", "3")))
    words = sum(not row[0].isdigit() for row in rows)
    if not rows[0][0].isdigit() and len(rows) > 1 and all(row[0].isdigit() for row in rows[1:]):
        # Text above numbers: a header, or a sample with a fault. It is asked about.
        refuse_csv(folder, text, "header-unclear", "header=False", label=0)
    elif words == 1 and len(rows) > 2:
        refuse_csv(folder, text, "label-not-a-class", r"row \d+: .*'\w+' ", label=0)
    else:
        assert load_csv(folder, text, label=0).samples == len(rows)


def test_a_row_wider_than_the_first_look(tmp_path: Path) -> None:
    row = ",".join(["1", *["250"] * 90_000])
    data = load_csv(tmp_path, f"{row}\n{row}\n{row}", label=0)
    assert data.x.shape == (3, 300, 300)


def test_header_option_wins(tmp_path: Path) -> None:
    assert load_csv(tmp_path, "\n".join(ROWS), header=True).samples == 29


def test_text_labels_become_named_classes(tmp_path: Path) -> None:
    rows = [re.sub(r"^\d+", lambda found: f"n{found[0]}", row) for row in ROWS]
    data = load_csv(tmp_path, "\n".join(rows))
    assert data.samples == 30
    assert data.class_names == tuple(f"n{k}" for k in range(10))
    assert data.x.dtype == np.uint8
    np.testing.assert_array_equal(data.y, digit_images(30)[1])


def test_a_big_or_textual_label_among_small_numbers(tmp_path: Path) -> None:
    rows = ROWS * 20
    rows[300] = re.sub(r"^\d+", "300", rows[300])
    data = load_csv(tmp_path, "\n".join(rows))
    assert data.x.dtype == np.uint8
    assert data.class_names == (*"0123456789", "300")
    assert data.y[300] == 10
    rows[300:310] = [re.sub(r"^\d+", "other", row) for row in rows[300:310]]
    data = load_csv(tmp_path, "\n".join(rows))
    assert data.x.dtype == np.uint8
    assert data.class_names == (*"0123456789", "other")
    rows = [re.sub(r"^\d", lambda found: str(500 + int(found[0])), row) for row in ROWS]
    assert load_csv(tmp_path, "\n".join(rows)).x.dtype == np.uint8


def test_a_test_file_with_more_samples_is_suspect(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("\n".join(ROWS[:10]))
    (tmp_path / "test.csv").write_text("\n".join(ROWS[10:]))
    with warns("test-larger-than-train", r"\(20\).*\(10\)"):
        dw.load(tmp_path)


def test_column_numbers_of_pandas_are_a_header(tmp_path: Path) -> None:
    images, labels = digit_images(30)
    table = np.column_stack([labels, images.reshape(30, -1)])
    for first in (0, 1):
        numbered = pd.DataFrame(table, columns=range(first, first + 65))
        with warns("header-assumed", rf"own\.csv.*{first}\.\.\d+.*--no-header"):
            data = load_csv(tmp_path, numbered.to_csv(index=False))
        np.testing.assert_array_equal(data.x, images)
        np.testing.assert_array_equal(data.y, labels)
    assert load_csv(tmp_path, numbered.to_csv(index=False), header=True).samples == 30
    assert load_csv(tmp_path, numbered.to_csv(index=False), header=False).samples == 31


def test_few_column_numbers_above_fractions_or_text_are_a_header(tmp_path: Path) -> None:
    for column in ([0.5 * i for i in range(10)], ["a", "b"] * 5):
        table = pd.DataFrame({0: range(10), 1: range(10), 2: column})
        label = 2 if column[0] == "a" else 0
        with warns("header-assumed", r"0\.\.2"):
            data = load_csv(tmp_path, table.to_csv(index=False), label=label)
        assert data.samples == 10


def test_a_counting_first_sample_is_asked_about(tmp_path: Path) -> None:
    ramps = "\n".join(",".join(str(i + j) for j in range(65)) for i in (0, 3, 9))
    for text in (ramps, "0,1,2\n1,0,5\n", "1,2\n2,4\n"):
        refuse_csv(tmp_path, text, "header-unclear", r"row 1 .*header=False \(--header ", label=0)
        assert (
            load_csv(tmp_path, text, label=0, header=False).samples == text.strip().count("\n") + 1
        )


def test_text_labels_below_a_numbered_header(tmp_path: Path) -> None:
    rows = [f"n{row}" for row in ROWS]
    data = load_csv(tmp_path, "\n".join([",".join(["label", *map(str, range(64))]), *rows]))
    assert data.samples == 30


def test_label_column_by_name_by_index_and_by_habit(tmp_path: Path) -> None:
    text = "a,b,Target\n1,2,0\n3,4,1\n5,6,1\n"
    for options in ({}, {"label": "target"}, {"label": 2}, {"label": -1}):
        data = load_csv(tmp_path, text, **options)
        np.testing.assert_array_equal(data.x, [[1, 2], [3, 4], [5, 6]])
        np.testing.assert_array_equal(data.y, [0, 1, 1])


def test_labels_that_do_not_occur_are_no_classes(tmp_path: Path) -> None:
    data = load_csv(tmp_path, "\n".join(row for row in ROWS if row[0] not in "36"))
    assert data.class_names == tuple("01245789")
    assert set(data.y) == set(range(8))


def test_values_beyond_a_byte_in_a_table_are_real_features(tmp_path: Path) -> None:
    rows = [f"{i},{i * 20},{i % 3}" for i in range(30)]
    data = load_csv(tmp_path, "\n".join(["age,income,class", *rows]))
    assert data.x.dtype == np.float32
    assert data.scale == 1.0
    assert data.x[29, 1] == 580


def test_pixels_false_reads_real_numbers(tmp_path: Path) -> None:
    data = load_csv(tmp_path, "\n".join(ROWS), pixels=False, scale=0.5)
    assert data.x.dtype == np.float32
    assert data.scale == 0.5
