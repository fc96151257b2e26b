"""Files as spreadsheets, trackers and programs write them: the same curve, or a refusal."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from curve_files import ROWS, RUNS, SIZES, csv_text, workbook
from errors import raises

from dataworth.curves.curve import Curve
from dataworth.curves.read import as_curve, load_curve
from dataworth.errors import DataError
from dataworth.forecast.api import forecast

REFERENCE = Curve(
    [n for n, _, _ in ROWS], [v for _, _, v in ROWS], [s for _, s, _ in ROWS]
).to_csv()


def json_lines(**names: str) -> str:
    keys = {"samples": "samples", "seed": "seed", "value": "value", **names}
    rows = [dict(zip(keys.values(), row, strict=True)) for row in ROWS]
    return "".join(json.dumps(row) + "\n" for row in rows)


def wide(*names: str) -> str:
    rows = [f"{size},{a},{b}" for size, (a, b) in zip(SIZES, RUNS, strict=True)]
    return "\n".join([",".join(["samples", *names]), *rows])


TEXTS = {
    "semicolons": csv_text(separator=";"),
    "semicolons and decimal commas": csv_text(separator=";", mark=","),
    "tabs": csv_text(separator="\t"),
    "tabs and decimal commas": csv_text(separator="\t", mark=","),
    "bars": csv_text(separator="|"),
    "spaces": csv_text(separator="  "),
    "sep=": "sep=;\n" + csv_text(separator=";"),
    "sep= in quotes": '"sep=,"\n' + csv_text(),
    "a comment before the header": "# made by a script\n" + csv_text(),
    "comments between rows": csv_text().replace("\n1500", "\n# next\n1500", 1),
    "a header behind a comment sign": "# " + csv_text(),
    "carriage returns alone": csv_text().replace("\n", "\r"),
    "capitals": csv_text("Samples,Seed,Value"),
    "quoted": csv_text('"samples","seed","value"'),
    "thousands in quotes": csv_text()
    .replace("13500,", '"13,500",')
    .replace("1500,", '"1,500",', 2),
    "thousands by points": csv_text(separator=";", mark=",")
    .replace("500;", ".500;")
    .replace("\n.500", "\n500"),
    "thousands by spaces": csv_text(separator=";").replace("13500", "13 500"),
    "thousands by underscores": csv_text().replace("13500", "13_500"),
    "text seeds": csv_text().replace(",0,", ",first,").replace(",1,", ",second,"),
    "JSON lines": json_lines(),
    "a JSON list": "[" + ",".join(json_lines().splitlines()) + "]",
    "JSON columns": json.dumps(
        dict(zip(("samples", "seed", "value"), map(list, zip(*ROWS, strict=True)), strict=True))
    ),
    "nested JSON lines": json_lines(samples="config.n_samples"),
    "empty rows at the end": csv_text() + ",,\n,,\n",
    "one column for each seed": wide("seed_0", "seed_1"),
    "numbers for names": wide("0", "1"),
    "runs for names": wide("run 0", "run 1"),
    "repeats for names": wide("rep0", "rep1"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_gives_the_same_curve_in_any_form(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(TEXTS[name], encoding="utf-8")
    assert load_curve(tmp_path / "a.csv").to_csv() == REFERENCE


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    text = csv_text("samples,seed,value,Gr\u00f6\u00dfe").replace("\n", ",\u00e4\n")
    text = text.replace(",Gr\u00f6\u00dfe,\u00e4", ",Gr\u00f6\u00dfe")
    if encoding.startswith("utf-16-"):
        text = csv_text()
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    curve = load_curve(tmp_path / "a.csv")
    assert curve.to_csv() == REFERENCE
    assert any("Windows-1252" in note for note in curve.assumed) == (encoding == "cp1252")


def test_compressed_files_and_workbooks(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(csv_text().encode()))
    assert load_curve(tmp_path / "a.csv.gz").to_csv() == REFERENCE
    assert load_curve(tmp_path / "a.csv.gz").name == "a"
    for shared in (True, False):
        rows = [("samples", "seed", "value"), *ROWS]
        (tmp_path / "a.xlsx").write_bytes(workbook(rows, shared=shared))
        assert load_curve(tmp_path / "a.xlsx").to_csv() == REFERENCE
    (tmp_path / "a.xlsx").write_bytes(workbook(rows)[:-200])
    with raises("not-utf-8", DataError, r"a\.xlsx"):
        load_curve(tmp_path / "a.xlsx")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(csv_text().encode())[:-20])
    with raises("file-damaged", DataError, r"a\.csv\.gz"):
        load_curve(tmp_path / "a.csv.gz")


@pytest.mark.parametrize(
    ("header", "metric", "said"),
    [
        ("n_samples,seed,loss", "loss", "'n_samples' holds the numbers of samples"),
        ("train_size,seed,test_loss", "test_loss", "'test_loss' the metric"),
        ("size_train,outer_seed,score_test", "score_test", "'outer_seed' the seeds"),
        ("numTrainingSamples,fold,valLoss", "valLoss", "'fold' the seeds"),
        ("#examples,random_state,eval/loss", "eval/loss", "'random_state' the seeds"),
        ("config.train_size,run,RMSE", "RMSE", "'config.train_size' holds"),
        ("training set size,trial,perplexity", "perplexity", "'trial' the seeds"),
    ],
)
def test_the_fields_own_names_of_columns(
    tmp_path: Path, header: str, metric: str, said: str
) -> None:
    (tmp_path / "a.csv").write_text(csv_text(header))
    curve = load_curve(tmp_path / "a.csv")
    assert (curve.metric.name, curve.seeded) == (metric, True)
    assert curve.values.tolist() == [value for _, _, value in ROWS]
    assert said in "; ".join(curve.assumed)


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text("effort,attempt,outcome"))
    curve = as_curve(path, samples="effort", value="outcome", seed="attempt")
    assert curve.values.tolist() == [value for _, _, value in ROWS]
    assert curve.seeded
    for wrong, near in (("efort", "'effort'"), ("Effort ", None)):
        if near is None:
            assert len(as_curve(path, samples=wrong, value="outcome", seed="attempt")) == 8
            continue
        with raises("column-missing", DataError, f"'{wrong}'.*{near}"):
            as_curve(path, samples=wrong, value="outcome")
    with raises("options-conflict", DataError):
        as_curve(curve, samples="effort")


@pytest.mark.parametrize("blank", ["", "NA", "nan", "N/A", "null", "-", "None", "#N/A"])
def test_a_run_without_a_figure_is_said_once(tmp_path: Path, blank: str) -> None:
    (tmp_path / "a.csv").write_text(csv_text().replace("2.275", blank))
    curve = load_curve(tmp_path / "a.csv")
    assert np.isnan(curve.values).sum() == 1
    said = [text for text in (*curve.assumed, *forecast(curve).warnings) if "finite" in text]
    assert said == ["1 of 8 values are not finite: left out."]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            "samples,value\n1.000,2\n3.000,1.5\n",
            "value-unclear",
            "row 2.*'1.000' may be 1 or 1000",
        ),
        ("samples;value\n1.000;2,5\n3,000;1,5\n", "value-unclear", "row 3.*'3,000'"),
        ("samples;value\n1,000;2,5\n3,000;1,5\n", "value-unclear", "'1,000' may be 1 or 1000"),
        ("samples;value\n1000;2,125\n3000;1,625\n", "value-unclear", "'2,125' may be 2.125"),
        ("samples;value\n1000;2,5\n3000;1.5\n", "value-unclear", "row 2.*'2,5'.*'1.5'"),
        ("samples,value\n1000,0,5\n3000,0,4\n", "file-malformed", "row 2: 3 fields"),
        ("samples,value\n1000,85%\n3000,0.9\n", "not-numeric", "row 2.*'85%'.*'0.9'"),
        ("samples,value\n,85\n3000,0.9\n", "value-missing", "row 2.*'samples'"),
        ("1000,0.5\n3000,0.4\n", "column-missing", "names of columns"),
        ("samples,train_size,value\n1,2,1\n3,4,1\n", None, ""),
        ("n_train,n_samples,loss\n10,20,1\n30,90,1\n", "column-unclear", "n_train, n_samples"),
        ("samples,tree,net\n10,1,2\n30,2,1\n", "column-unclear", "tree, net.*--value tree"),
        ("samples,accuracy,f1\n10,.1,.2\n30,.2,.3\n", "metric-unclear", "accuracy, f1.*--metric"),
        ('{"samples": 3}\n{"samples": 4\n', "file-malformed", "row 2"),
        ("[1, 2, 3]", "file-malformed", "objects"),
        ("[" * 100_000, "file-malformed", "row 1"),
    ],
)
def test_what_may_mean_two_things_is_refused(
    tmp_path: Path, text: str, code: str | None, said: str
) -> None:
    (tmp_path / "a.csv").write_text(text)
    if code is None:
        assert load_curve(tmp_path / "a.csv").samples.tolist() == [1, 3]
        return
    with raises(code, DataError, said):
        load_curve(tmp_path / "a.csv")


def test_points_and_commas_that_are_clear_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text, sizes, values in (
        ("samples;value\n1.500;0,915\n12.000.000;0,5\n", [1500, 12_000_000], [0.915, 0.5]),
        ("samples,value\n1000.000,1.627\n100.000,1.915\n", [100, 1000], [1.915, 1.627]),
        ("samples,loss\n1k,2\n2.5k,1.5\n1M,1\n", [1000, 2500, 1_000_000], [2, 1.5, 1]),
        ('samples,rmse\n10,"1,234.5"\n30,950\n', [10, 30], [1234.5, 950]),
        ("samples;rmse\n10;1.234,5\n30;950\n", [10, 30], [1234.5, 950]),
        ("samples,value\n1e2,1E-1\n1e3,5e-2\n", [100, 1000], [0.1, 0.05]),
    ):
        path.write_text(text)
        curve = load_curve(path)
        assert (curve.samples.tolist(), curve.values.tolist()) == (sizes, values)


def test_values_in_per_cent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text, metric, values in (
        ("samples,value\n100,71 %\n300,80.5%\n", "accuracy", [71, 80.5]),
        ("samples,value\n100,29%\n300,0.5%\n", "error_rate", [29, 0.5]),
        ("samples,error_rate\n100,0.9%\n300,0.5%\n", "error_rate", [0.9, 0.5]),
        ("samples,acc (%)\n100,71\n300,80.5\n", "acc (%)", [71, 80.5]),
        ("samples,accuracy_pct\n100,71\n300,80.5\n", "accuracy_pct", [71, 80.5]),
        ("samples,val_acc\n100,71\n300,80.5\n", "val_acc", [71, 80.5]),
    ):
        path.write_text(text)
        curve = load_curve(path)
        assert (curve.metric.name, curve.metric.unit, curve.best) == (
            metric,
            "%",
            100.0 if curve.higher_is_better else 0.0,
        )
        assert curve.values.tolist() == values


@pytest.mark.parametrize(
    ("header", "sizes"),
    [
        ("samples", ["0.05", "0.15", "0.45", "1"]),
        ("fraction", ["0.05", "0.15", "0.45", "1.0"]),
        ("samples", ["5%", "15%", "45%", "100 %"]),
        ("percent", ["5", "15", "45", "100"]),
        ("% of data", ["5", "15", "45", "100"]),
        ("train_fraction", ["5", "15", "45", "100"]),
    ],
)
def test_sizes_as_shares_need_their_total(tmp_path: Path, header: str, sizes: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "\n".join([f"{header},loss", *(f"{n},{v[0]}" for n, v in zip(sizes, RUNS, strict=True))])
    )
    with raises("option-missing", DataError, "--total"):
        load_curve(path)
    curve = as_curve(path, total=40_000)
    assert curve.samples.tolist() == [2_000, 6_000, 18_000, 40_000]
    assert any("of 40,000 samples" in note for note in curve.assumed)


def test_a_total_of_counts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text())
    with raises("options-conflict", DataError, "total"):
        as_curve(tmp_path / "a.csv", total=40_000)


def test_a_figure_without_a_name_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    lines = [f'{{"samples": {size}, "loss": 0.5, "": 1}}\n' for size in SIZES]
    path.write_text("".join(lines))
    assert load_curve(path).values.tolist() == [0.5] * len(SIZES)


@pytest.mark.parametrize(
    "text",
    [
        "samples,loss\n100,0.5\n200,e0\n",
        "samples,loss\ne5,0.5\n200,0.4\n",
        "samples,1.000.000,2.000.000,0.475.27\nloss,1,2,3\n",
        "samples (),loss\n100,0.5\n200,'e0'\n",
    ],
)
def test_what_only_looks_like_a_number_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"'e0'|'e5'|0\.475\.27"):
        load_curve(path)


def test_a_cell_beyond_the_last_column_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "curve.xlsx"
    whole = workbook([["samples", "loss"], [100, 0.5], [200, 0.4]])
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'r="B2"', b'r="ZZZZZZZZ2"'))
    path.write_bytes(changed.getvalue())
    with raises("file-damaged", DataError):
        load_curve(path)


@pytest.mark.parametrize("name", ["samples", "value", "x"])
def test_sizes_across_beside_a_column_of_texts(tmp_path: Path, name: str) -> None:
    """The column must not be mixed with the sizes and the figures of the first row."""
    path = tmp_path / "across.csv"
    path.write_text(f"{name},500,1000,2000,4000\nnet,0.5,0.4,0.3,0.25\n")
    if name == "value":
        with pytest.raises(DataError):
            load_curve(path)
    else:
        assert load_curve(path).samples.tolist() == [500, 1_000, 2_000, 4_000]


def test_a_minus_of_a_word_processor_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("samples,loss\n500,\u22120.6\n1000,\u22120.7\n", encoding="utf-8")
    assert as_curve(path).values.tolist() == [-0.6, -0.7]


def test_a_share_of_less_than_a_sample_is_refused() -> None:
    with raises("options-conflict", DataError, "the smallest size is 0.5 samples"):
        Curve([0.01, 0.1, 1], [0.6, 0.7, 0.8], total=50)
