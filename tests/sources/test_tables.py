"""Tables with text, dates and missing values, from CSV and Parquet files."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from errors import raises
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dataworth as dw
from dataworth.errors import DataError
from dataworth.sources import tables
from dataworth.sources.csv.delimiter import separator_of

RANDOM = np.random.default_rng(4)
ROWS = 60


def churn() -> list[list[str]]:
    """A header and rows: a customer, a date, a city, an age with gaps, and whether they left."""
    rows = [["customer", "since", "city", "age", "zip", "left"]]
    for row in range(ROWS):
        city = ["Rome", "Köln", ""][row % 3]
        age = "" if row % 7 == 3 else f"{20 + row / 4}"
        rows.append(
            [
                f"c{row // 3}",
                f"2024-{1 + row // 28:02}-{1 + row % 28:02}",
                city,
                age,
                f"0{1000 + row}",
                "yes" if city == "Rome" or row % 5 == 0 else "no",
            ]
        )
    return rows


def write(path: Path, rows: list[list[str]], separator: str = ",") -> Path:
    path.write_text("\n".join(separator.join(row) for row in rows) + "\n", "utf-8")
    return path


def test_a_table_with_text_and_gaps_is_a_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "churn.csv", churn())
    data = dw.load(path, label="left", groups="customer", drop="zip")
    assert data.form == "frame"
    assert dict(data.schema.columns) == {"since": "date", "city": "text", "age": "number"}
    assert data.class_names == ("no", "yes")
    assert data.groups is not None
    assert len(set(data.groups.tolist())) == ROWS // 3
    assert data.x["age"].isna().tolist() == [row % 7 == 3 for row in range(ROWS)]
    assert data.x["city"].isna().sum() == ROWS // 3
    assert str(data.x["since"].max().date()) == "2024-03-04"
    by_time = dw.load(path, label="left", time="since", features=["city", "age"])
    assert by_time.time is not None
    assert (np.diff(by_time.time.astype("M8[D]").astype(int)) >= 0).all()
    assert "since" not in by_time.schema.columns


def test_codes_with_zeros_stay_text_and_columns_may_be_given_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "churn.csv", churn())
    data = dw.load(path, label=-1, drop=[0, "SINCE"])
    assert data.x["zip"].iloc[0] == "01000"
    assert [*data.schema.columns] == ["city", "age", "zip"]
    assert dw.load(path, label="left", drop="customer,since").fingerprint == data.fingerprint


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators_and_decimal_commas_are_found_out(tmp_path: Path, separator: str) -> None:
    plain = dw.load(write(tmp_path / "a.csv", churn()), label="left")
    rows = [[field.replace(".", ",") for field in row] for row in churn()]
    assert dw.load(write(tmp_path / "b.csv", rows, separator), label="left").fingerprint == (
        plain.fingerprint
    )
    numbers = [["label", "a", "b"], *[[str(k % 2), f"1.{k}", f"{k}"] for k in range(9)]]
    array = dw.load(write(tmp_path / "c.csv", numbers))
    other = dw.load(write(tmp_path / "d.csv", numbers, separator))
    assert array.form == other.form == "array"
    assert array.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("1,5;2,5\n1,0;3,5\n", ";"),
        ("a,b\nx;y,1\nu;v,2\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ('text,y\n"a; b",1\n"c; d",2\n', ","),
        ("one\ntwo\n", ","),
    ],
)
def test_separators(text: str, separator: str) -> None:
    assert separator_of(text) == separator


def test_a_pipeline_takes_the_columns_by_name(tmp_path: Path) -> None:
    data = dw.load(write(tmp_path / "churn.csv", churn()), label="left", drop="zip,customer,since")
    pipeline = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["city"]),
            (SimpleImputer(), make_column_selector(dtype_include="number")),
        ),
        LogisticRegression(),
    )
    x, y = data.take(np.arange(0, ROWS, 2))
    held, truth = data.take(np.arange(1, ROWS, 2))
    assert pipeline.fit(x, y).score(held, truth) > 0.8


def test_without_pandas_it_is_a_frame_of_polars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "churn.csv", churn())
    known = dw.load(path, label="left").fingerprint
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    data = dw.load(path, label="left", features="city,age")
    assert isinstance(data.x, pl.DataFrame)
    assert dw.load(path, label="left").fingerprint == known
    pipeline = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["city"])),
        LogisticRegression(),
    )
    x, y = data.take(np.arange(0, ROWS, 2))
    held, truth = data.take(np.arange(1, ROWS, 2))
    assert pipeline.fit(x, y).score(held, truth) > 0.8


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    rows = churn()
    frame = pl.DataFrame(rows[1:], schema=rows[0], orient="row").with_columns(
        pl.col("city").cast(pl.Categorical),
        pl.col("age").cast(pl.Float64, strict=False),
        pl.col("since").str.to_date(),
        tags=pl.Series([[row] for row in range(ROWS)]),
        member=pl.Series([True, None, False] * (ROWS // 3)),
    )
    frame.write_parquet(tmp_path / "a.parquet")
    data = dw.load(tmp_path / "a.parquet", label="left", groups="customer", drop="zip")
    assert dict(data.schema.columns) == {
        "since": "date",
        "city": "category",
        "age": "number",
        "tags": "other",
        "member": "bool",
    }
    with raises("value-missing", DataError, r"a\.parquet, row 2, column 'member'"):
        dw.load(tmp_path / "a.parquet", label="member")


def test_a_test_file_with_the_same_columns_is_the_held_out_half(tmp_path: Path) -> None:
    rows = churn()
    write(tmp_path / "train.csv", rows[:41])
    # All ages are missing here: the column is one of numbers all the same.
    write(tmp_path / "test.csv", [rows[0], *[[*row[:3], "", *row[4:]] for row in rows[41:]]])
    data = dw.load(tmp_path / "train.csv", label="left", groups="customer")
    assert data.official_test is not None
    assert len(data.official_test) == 20
    assert data.official_test.schema.columns == data.schema.columns
    assert "group-on-both-sides" in {finding.code for finding in dw.audit(data)}
    write(tmp_path / "test.csv", [[*row[:2], *row[3:]] for row in (rows[0], *rows[41:])])
    with raises("column-missing", DataError, r"test\.csv lacks .*city"):
        dw.load(tmp_path / "train.csv", label="left")


@pytest.mark.parametrize(
    ("change", "options", "code", "says"),
    [
        ((5, 3, "3O.5"), {}, "not-numeric", r"row 7, column 'age': '3O\.5'"),
        ((5, 5, ""), {}, "value-missing", "row 7, column 'left'"),
        ((5, 0, ""), {"groups": "customer"}, "value-missing", "row 7, column 'customer' .groups"),
        ((5, 1, ""), {"time": "since"}, "value-missing", "row 7, column 'since' .time"),
        ((5, 1, "May"), {"time": "since"}, "value-unclear", "row 7, column 'since'.*'May'"),
        (None, {"groups": "custmer"}, "column-missing", "groups.*'custmer'.*mean 'customer'"),
        (None, {"drop": "zip,y"}, "column-missing", "drop.*'y'"),
        (None, {"drop": "left"}, "options-conflict", "left"),
        (None, {"features": ["left"]}, "options-conflict", "left"),
    ],
)
def test_what_cannot_be_used_is_named_with_file_and_row(
    tmp_path: Path, change: Any, options: dict[str, Any], code: str, says: str
) -> None:
    rows = churn()
    if change is not None:
        row, column, value = change
        rows[row + 1][column] = value
    with raises(code, DataError, says):
        dw.load(write(tmp_path / "churn.csv", rows), label="left", **options)


def test_marks_of_missing_numbers_and_words_among_texts(tmp_path: Path) -> None:
    rows = [["y", "a", "b"], *[[str(k % 2), "?" if k == 3 else str(k), "none"] for k in range(9)]]
    rows[2][2] = "NA"
    data = dw.load(write(tmp_path / "a.csv", rows))
    assert data.x["a"].isna().sum() == 1
    assert data.x["b"].tolist()[0] == "none"
    assert data.x["b"].isna().tolist() == [False, True] + [False] * 7


def test_days_that_may_be_months_stay_text(tmp_path: Path) -> None:
    rows = [
        ["y", "a", "b"],
        *[[str(k % 2), f"0{k + 1}/02/2024", f"{k + 11}/02/2024"] for k in range(9)],
    ]
    data = dw.load(write(tmp_path / "a.csv", rows))
    assert dict(data.schema.columns) == {"a": "text", "b": "date"}


def test_one_column_of_text_is_a_list_of_texts(tmp_path: Path) -> None:
    lines = [
        f'"This is comment {k}, and it is {"good" if k % 2 else "bad"}",{k % 2}' for k in range(20)
    ]
    (tmp_path / "texts.csv").write_text("comment,label\n" + "\n".join(lines))
    data = dw.load(tmp_path / "texts.csv")
    assert data.form == "texts"
    assert data.take(np.array([1]))[0] == ["This is comment 1, and it is good"]
    (tmp_path / "cities.csv").write_text("city,label\n" + "\n".join(["Rome,0", "Köln,1"] * 10))
    assert dw.load(tmp_path / "cities.csv").form == "frame"


def test_a_table_of_texts_alone_has_a_header(tmp_path: Path) -> None:
    rows = [["text", "label"], *[[f"words {k}", ["pos", "neg"][k % 2]] for k in range(10)]]
    data = dw.load(write(tmp_path / "a.csv", rows))
    assert data.class_names == ("neg", "pos")
    assert len(data) == 10


def test_pandas_is_not_imported_for_a_table_of_numbers(tmp_path: Path) -> None:
    import subprocess

    path = write(tmp_path / "a.csv", [["y", "a"], *[[str(k % 2), f"{k}.5"] for k in range(9)]])
    code = f"import sys, dataworth as dw; dw.load({str(path)!r}); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["*", "^a.*$"])
@pytest.mark.parametrize("kind", ["csv", "parquet", "numbers.parquet"])
def test_a_name_that_polars_takes_for_a_pattern_is_refused(
    tmp_path: Path, kind: str, name: str
) -> None:
    frame = pl.DataFrame({name: RANDOM.normal(size=ROWS), "label": list(range(3)) * (ROWS // 3)})
    if kind != "numbers.parquet":
        frame = frame.with_columns(word=pl.Series(["x", "y"] * (ROWS // 2)))
    path = tmp_path / f"a.{kind}"
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    with raises("column-unclear", DataError, re.escape(name)):
        dw.load(path)
