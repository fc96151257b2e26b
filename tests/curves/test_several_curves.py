"""Rows that are no repeats are never pooled: by, where, or a refusal that names the column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from errors import raises

import dataworth as dw
from dataworth.curves.read import as_curve, as_curves
from dataworth.errors import DataError

SIZES = [100, 300, 900, 2700]
FIRST, SECOND = (0.8, 0.7, 0.6, 0.52), (1.5, 0.9, 0.5, 0.3)


def table(column: str, kinds: tuple[object, object], seed: str = "") -> str:
    rows = [
        f"{kind},{size}{seed and ',0'},{value}"
        for kind, values in zip(kinds, (FIRST, SECOND), strict=True)
        for size, value in zip(SIZES, values, strict=True)
    ]
    return "\n".join([f"{column},samples{seed and ',seed'},value", *rows])


@pytest.mark.parametrize("seed", ["", "seed"])
@pytest.mark.parametrize(
    ("column", "kinds"),
    [
        ("learner", ("bayes", "knn")),
        ("model", ("small", "large")),
        ("dataset", ("a", "b")),
        ("task", ("fr-en", "de-en")),
        ("model_size", (1_000_000, 30_000_000)),
        ("lr", (0.1, 0.01)),
        ("my_switch", ("on", "off")),
        ("flag", (0, 1)),
    ],
)
def test_a_column_that_tells_curves_apart_is_named(
    tmp_path: Path, column: str, kinds: tuple[object, object], seed: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(column, kinds, seed))
    with raises("several-curves", DataError, f"{column!r} holds .*--by {column}.*--where"):
        as_curve(path)
    curves = as_curves(path, column)
    assert [str(key) for key in curves] == [str(kind) for kind in kinds]
    assert [curve.values.tolist() for curve in curves.values()] == [list(FIRST), list(SECOND)]
    one = as_curve(path, where={column: kinds[1]})
    assert one.values.tolist() == list(SECOND)


def test_rows_of_training_and_test_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table("phase", ("train", "val"), "seed"))
    with raises("several-curves", DataError, "'phase' holds train, val.*phase=val"):
        as_curve(path)
    assert as_curve(path, where="phase=val").values.tolist() == list(SECOND)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, dict])
def test_a_frame_is_not_pooled_either(library: type) -> None:
    frame = library({"learner": ["a", "a", "b", "b"], "n": [10, 30] * 2, "rmse": [4, 3, 2, 1]})
    with raises("several-curves", DataError, "'learner' holds a, b"):
        as_curve(frame)
    assert {k: c.values.tolist() for k, c in as_curves(frame, by="learner").items()} == {
        "a": [4, 3],
        "b": [2, 1],
    }
    with raises("column-missing", DataError, "'lerner'.*'learner'"):
        as_curves(frame, by="lerner")


def test_columns_that_describe_a_run_make_no_other_curve(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for rest in (
        "note\n100,0,.9,warm\n100,1,.8,\n300,0,.7,warm\n300,1,.6,\n",
        "gpu\n100,0,.9,0\n100,1,.8,1\n300,0,.7,0\n300,1,.6,1\n",
        "epochs\n100,0,.9,30\n100,1,.8,30\n300,0,.7,10\n300,1,.6,10\n",
        "train_loss\n100,0,.9,.5\n100,1,.8,.4\n300,0,.7,.5\n300,1,.6,.4\n",
        "version\n100,0,.9,2\n100,1,.8,2\n300,0,.7,2\n300,1,.6,2\n",
    ):
        path.write_text(f"samples,seed,value,{rest}")
        assert as_curve(path).values.tolist() == [0.9, 0.8, 0.7, 0.6]


def test_several_columns_of_seeds_are_one_seed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "samples,fold,repeat,error\n"
        + "".join(f"{n},{f},{r},{1 / n}\n" for n in (10, 30) for f in (0, 1) for r in (0, 1))
    )
    curve = as_curve(path)
    assert curve.seeds.tolist() == [0, 1, 2, 3] * 2


def test_each_curve_has_a_forecast_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table("learner", ("bayes", "knn")))
    bayes, knn = (
        float(dw.forecast(curve).predict([8_100]).median[0])
        for curve in as_curves(path, "learner").values()
    )
    assert knn < 0.25 < 0.4 < bayes


HIGH = (0.62, 0.71, 0.78, 0.83)


def accuracies(header: str, kinds: tuple[object, object]) -> str:
    rows = [
        f"{size},{kind},{round(value - 0.1 * place, 3)}"
        for place, kind in enumerate(kinds)
        for size, value in zip(SIZES, HIGH, strict=True)
    ]
    return "\n".join([f"samples,{header},accuracy", *rows])


@pytest.mark.parametrize("column", ["notes", "comment", "id", "seed", "run"])
def test_names_of_models_under_any_heading_are_not_pooled(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(accuracies(column, ("resnet", "vit")))
    with raises("several-curves", DataError, f"--by {column}"):
        as_curve(path)
    assert len(as_curve(path, seed=column)) == 8
    path.write_text(accuracies("seed", ("seed-1", "seed-2")))
    assert len(as_curve(path)) == 8


def test_passes_over_the_sizes_that_differ_are_not_pooled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(accuracies("gpu", (0, 0)).replace(",gpu", "").replace(",0,", ","))
    with raises("several-curves", DataError, "come 2 times"):
        as_curve(path)
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join([lines[0], *sorted(lines[1:], key=lambda row: int(row.split(",")[0]))])
    )
    assert len(as_curve(path)) == 8


def test_groups_of_a_chart_are_not_pooled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    names = [f'"Group: {model} - val/acc{end}"' for model in "ab" for end in ("", "__MIN", "__MAX")]
    rows = [f"{n},{v},{v},{v},{v - 0.1},{v},{v}" for n, v in zip(SIZES, HIGH, strict=True)]
    path.write_text("\n".join([",".join(["Step", *names]), *rows]))
    with raises("several-curves", DataError, "Group: a"):
        as_curve(path)
    assert list(as_curves(path, "run")) == ["Group: a", "Group: b"]
