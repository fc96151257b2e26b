"""Tables of other shapes: pasted from papers, with sizes across, several rows of names, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from errors import raises

from dataworth.curves.read import as_curve, as_curves
from dataworth.errors import DataError

SIZES = [1_000, 3_000, 9_000]
VALUES = [0.62, 0.71, 0.78]
PAIRS = list(zip(SIZES, VALUES, strict=True))


def rows(form: str, pairs: list[tuple[int, float]] = PAIRS) -> str:
    return "".join(form.format(n=n, v=v) for n, v in pairs)


TEXTS = {
    "Markdown": "# Results\n\n| samples | accuracy |\n|---:|:--:|\n" + rows("| {n} | **{v}** |\n"),
    "Markdown without outer bars": "samples | accuracy\n--- | ---\n" + rows("{n} | {v}\n"),
    "a frame of signs": "+---+---+\n| samples | accuracy |\n+===+===+\n" + rows("| {n} | {v} |\n"),
    "Markdown with signs": "| # samples | **acc.** |\n|---|---|\n"
    + rows("| {n:,} | **{v}**`*` |\n"),
    "LaTeX with spreads as indices": "Samples & Accuracy \\\\\n"
    + rows("{n} & ${v}_{{\\pm 0.01}}$ \\\\\n"),
    "Markdown with formulas and tags": "| N | acc. |\n|---|---|\n"
    + rows("| ${n}$ | <b>{v}</b>^\u2020 |\n"),
    "LaTeX with arrows and sizes of type": "$N$ & Acc. $\\uparrow$ \\\\\n"
    + rows("\\num{{{n}}} & {v} {{\\scriptsize ($\\pm$0.01)}} \\\\\n"),
    "LaTeX with footnotes": "Samples & Accuracy \\\\\n" + rows("{n} & ${v}^{{\\dagger}}$ \\\\\n"),
    "a title above": "My results\n\nsamples,accuracy\n" + rows("{n},{v}\n"),
    "a title above cells of tabs": "My results\nsamples\taccuracy\n" + rows("{n}\t{v}\n"),
    "a title and merged names": "Results,,\n,Accuracy,Notes\nSamples,,\n" + rows("{n},{v},ok\n"),
    "units below the names": "samples;accuracy;time\n[n];[-];s\n" + rows("{n};{v};1{n}\n"),
    "LaTeX": "\\begin{{tabular}}{{rr}}\n\\toprule\nSamples & Accuracy \\\\\n\\midrule\n"
    + rows("{n:,} & \\textbf{{{v}}} \\\\ \\hline\n")
    + "\\end{tabular}\n",
    "sizes across": "samples,1000,3000,9000\naccuracy,0.62,0.71,0.78\n",
    "sizes across, no corner": ",1k,3k,9k\naccuracy,0.62,0.71,0.78\n",
    "n= across": "metric;n=1000;n=3000;n=9000\naccuracy;0,62;0,71;0,78\n",
    "several rows of names": ",accuracy,accuracy\n,mean,max\nsamples,,\n" + rows("{n},{v},9\n"),
    "names of rows": '"","samples","accuracy"\n' + rows('"1",{n},{v}\n'),
    "names of rows without heading": '"samples" "accuracy"\n' + rows('"1" {n} {v}\n'),
    "joined files": "samples,accuracy\n1000,0.62\nsamples,accuracy\n"
    + rows("{n},{v}\n", PAIRS[1:]),
    "spreadsheet errors": "samples,accuracy,\n" + rows("{n},{v},\n") + "#N/A,#DIV/0!,\n,,\n",
}
DOCUMENTS: dict[str, Any] = {
    "by size": {str(n): {"accuracy": v} for n, v in PAIRS},
    "a metric by size": {"accuracy": {str(n): v for n, v in PAIRS}},
    "pandas, columns": {
        "samples": {str(i): n for i, n in enumerate(SIZES)},
        "accuracy": {str(i): v for i, v in enumerate(VALUES)},
    },
    "pandas, split": {"columns": ["samples", "accuracy"], "index": [0, 1, 2], "data": PAIRS},
    "a list within": {"name": "x", "results": [{"n": n, "accuracy": v} for n, v in PAIRS]},
    "runs in lists": {"n": SIZES, "accuracy": [[v - 0.01, v + 0.01] for v in VALUES]},
}


def check(path: Path) -> None:
    curve = as_curve(path)
    assert [point.samples for point in curve.summary()] == SIZES
    assert [point.mean for point in curve.summary()] == pytest.approx(VALUES)
    assert curve.higher_is_better


@pytest.mark.parametrize("name", TEXTS)
def test_a_table_in_any_shape(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text(TEXTS[name].replace("{{", "{").replace("}}", "}"))
    check(tmp_path / "a.txt")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_in_any_shape(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(DOCUMENTS[name]))
    check(tmp_path / "a.json")


def test_rows_of_models_over_sizes_are_not_pooled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("model,1000,3000,9000\nresnet,.6,.7,.8\nvit,.5,.7,.9\n")
    with raises("several-curves", DataError, "--by model"):
        as_curve(path)
    path.write_text(json.dumps({"resnet": {"10": 0.5, "30": 0.6}, "vit": {"10": 0.4, "30": 0.7}}))
    with raises("column-unclear", DataError, "resnet, vit"):
        as_curve(path)


def test_a_log_of_training_gives_its_held_out_figures(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    log = [
        {"step": step, "loss": 2 / step} if side else {"step": step, "eval_loss": 3 / step}
        for step in (10, 30, 90)
        for side in (True, False)
    ]
    path.write_text(json.dumps({"best_metric": 0.1, "log_history": log}))
    curve = as_curve(path)
    assert curve.metric.name == "eval_loss"
    assert curve.values.tolist() == [0.3, 0.1, 3 / 90]
    path = tmp_path / "a.csv"
    path.write_text("step,train_loss,val_loss\n10,.9,\n10,,1.1\n30,.7,\n30,,.9\n")
    assert as_curve(path).values.tolist() == [1.1, 0.9]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n", "a picture"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive"),
        (b"PAR1", "a Parquet file"),
        (b"import numpy as np\nprint(1)\n", "no column holds numbers"),
        (b'{"nbformat": 4, "cells": []}', "a notebook"),
        (b"name: x\nruns: [1, 2]\n", "no column holds numbers"),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(
    tmp_path: Path, start: bytes, said: str
) -> None:
    (tmp_path / "a").write_bytes(start)
    with pytest.raises(DataError, match=said):
        as_curve(tmp_path / "a")


def test_decimal_commas_between_commas_are_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("samples,loss\n1000,5,31\n3000,4,11\n")
    with raises("file-malformed", DataError, "row 2: 3 fields.*decimal commas"):
        as_curve(tmp_path / "a.csv")


def test_units_below_the_names_are_those_of_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("samples,accuracy\nk,%\n1,62\n3,71\n9,78\n")
    curve = as_curve(path)
    assert curve.samples.tolist() == SIZES
    assert curve.metric.unit == "%"
    assert "row 2 holds units" in curve.assumed


def test_a_row_that_is_no_row_of_units_is_still_wrong(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("samples,accuracy\n1000,abc\n3000,0.71\n9000,0.78\n")
    with raises("not-numeric", DataError, "row 2, column 'accuracy': 'abc'"):
        as_curve(path)


def test_sizes_as_powers(tmp_path: Path) -> None:
    path = tmp_path / "powers.csv"
    path.write_text("samples,accuracy\n10^3,0.62\n3 x 10^3,0.71\n2**14,0.78\n")
    assert as_curve(path).samples.tolist() == [1_000, 3_000, 16_384]
    path.write_text(
        "Samples & Accuracy \\\\\n$10^{3}$ & 0.62 \\\\\n$3 \\times 10^{4}$ & 0.7 \\\\\n"
    )
    assert as_curve(path).samples.tolist() == [1_000, 30_000]


def test_spreads_of_sizes_across_are_used(tmp_path: Path) -> None:
    path = tmp_path / "across.md"
    path.write_text(
        "| | 1k | 3k | 9k |\n|---|---|---|---|\n"
        "| accuracy | **0.62** ± 0.01 | 0.71 ± 0.02 | 0.78 ± 0.03 |\n"
    )
    curve = as_curve(path)
    assert curve.stds is not None
    assert curve.stds.tolist() == [0.01, 0.02, 0.03]


def test_a_spread_that_may_be_of_the_last_digits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    path.write_text("samples,accuracy\n" + rows("{n},{v}(5)\n"))
    with raises("value-unclear", DataError, r"'0.62\(5\)'"):
        as_curve(path)


def test_curves_by_name_in_a_document_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    part = {"samples": SIZES, "accuracy": VALUES}
    other = {"samples": [100, 200], "accuracy": [0.1, 0.2]}
    for second in (part, other):
        path.write_text(json.dumps({"vit": part, "cnn": second}))
        with raises("several-curves", DataError, "column 'curve' holds vit, cnn"):
            as_curve(path)
        assert list(as_curves(path, by="curve")) == ["vit", "cnn"]


def test_text_in_a_metrics_cells_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.csv"
    path.write_text("samples,accuracy\n" + rows("{n},{v} +/- 0.5 (n=5)\n"))
    with raises("not-numeric", DataError, "column 'accuracy' holds '0.62"):
        as_curve(path)
