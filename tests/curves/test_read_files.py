import os
from pathlib import Path

import numpy as np
import pytest
from errors import raises
from nearest_mean import NearestMean

from dataworth.curves.curve import Curve
from dataworth.curves.read import load_curve
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, StudyError
from dataworth.records.store import Store
from dataworth.study.spec import Study


def test_a_csv_comes_back_as_it_was_written(tmp_path: Path) -> None:
    curve = Curve([10, 10, 30], [1 / 3, 0.4, 0.2], [7, 9, 7], others={"accuracy": [0.1, 0.2, 0.3]})
    curve.to_csv(tmp_path / "mine.csv")
    back = load_curve(tmp_path / "mine.csv")
    assert back.name == "mine"
    assert back.to_csv() == curve.to_csv()


def test_spreadsheets_leave_a_mark_spaces_and_empty_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfsamples, value\r\n100, 0.5\r\n\r\n300, 0.25\r\n")
    assert load_curve(tmp_path / "a.csv").values.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "column-missing", "'samples'"),
        ("samples,note\n1,warm\n", "column-missing", "'value'.*samples, note"),
        ("samples,value\n", "no-rows", "samples,value"),
        ("samples,value\n1,0.5\n2\n", "file-malformed", "row 3: 1 fields"),
        ("samples,value\n1,high\n", "not-numeric", "row 2.*'value': 'high'"),
        ("samples,value\n\n\n1000,1\n2000,x\n", "not-numeric", "row 5.*'value': 'x'"),
        ("samples,value,by\n1,1,a\u2028b\n2,x,c\n", "not-numeric", "row 3.*'value': 'x'"),
        (
            "samples,value\n3,0.4\n\n-3,0.4\n",
            "value-out-of-range",
            r"row 4: samples holds -3; .* positive .*numbers\.$",
        ),
        ("samples,value\n3,1\n0,1\n", "value-out-of-range", "row 3: samples holds 0"),
        ("samples,value\n3,1\n2000.5,1\n", "value-out-of-range", "row 3: samples holds 2000.5"),
        (
            "samples,value\n3,1\n1e30,1\n",
            "value-out-of-range",
            r"row 3: samples holds 1e\+30; .* 2\^63",
        ),
        (
            "samples,value,seed\n3,1,0\n4,1,0.5\n",
            "value-out-of-range",
            r"row 3: seeds holds 0\.5",
        ),
        ("samples,value,f1,f1\n3,0.4,1,2\n", "named-twice", "'f1'"),
    ],
)
def test_a_wrong_csv_is_named_with_its_row(tmp_path: Path, text: str, code: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with raises(code, DataError, said):
        load_curve(tmp_path / "a.csv")


def test_columns_without_a_name_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",samples,value,,\n0,100,0.5,,\n1,300,0.25,,\n")
    curve = load_curve(tmp_path / "a.csv")
    assert curve.values.tolist() == [0.5, 0.25]
    assert not curve.others


def test_what_is_not_there_or_no_text(tmp_path: Path) -> None:
    with raises("file-unreadable", DataError, "aaaa"):
        load_curve("a" * 5000)
    with raises("file-unreadable", DataError, r"none\.csv"):
        load_curve(tmp_path / "none.csv")
    for raw in (b"\x89PNG\r\n\x1a\n\x00\x00", b"SQLite format 3\x00\x10", b"PAR1\x15\x04\x15\x10"):
        (tmp_path / "a.csv").write_bytes(raw)
        with raises("not-utf-8", DataError, r"a\.csv"):
            load_curve(tmp_path / "a.csv")
    os.mkfifo(tmp_path / "pipe")
    with raises("not-a-file", DataError, "pipe"):
        load_curve(tmp_path / "pipe")


def test_a_directory_without_a_finished_run(tmp_path: Path) -> None:
    Store(tmp_path, write=True).close()
    with raises("no-results", StudyError):
        load_curve(tmp_path)


@pytest.mark.parametrize(
    ("text", "code", "complaint"),
    [
        ("samples,value\n0.2,1\n8,0.3\n", "value-out-of-range", "row 2: samples holds 0.2"),
        ("samples,value,seed\n2,1,nan\n8,0.3,1\n", "value-out-of-range", "seeds holds nan"),
        ("samples,value,seed\n2,1,1e30\n8,0.3,1\n", "value-out-of-range", "seeds holds 1e"),
        ("samples,value\n" + "9" * 140_000 + ",1\n", "file-malformed", "field larger"),
    ],
    ids=["size", "seed", "large seed", "long field"],
)
def test_a_file_of_impossible_figures_is_refused_by_name(
    tmp_path: Path, text: str, code: str, complaint: str
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text, encoding="utf-8")
    with raises(code, DataError, rf"odd\.csv[:,] .*{complaint}"):
        load_curve(path)


def test_a_path_with_a_nul_is_refused() -> None:
    with raises("wrong-type", DataError):
        load_curve("a\0b.csv")


@pytest.mark.usefixtures("no_picture")
def test_a_run_of_one_class_has_no_chance_level(tmp_path: Path) -> None:
    data = Dataset(np.eye(60, 3, dtype=np.float32), [0] * 60)
    Study(data, NearestMean(), sizes=[10, 20], seeds=1).run(tmp_path / "run")
    assert load_curve(tmp_path / "run").chance is None
