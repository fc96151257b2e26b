from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from errors import raises
from sklearn.metrics import get_scorer_names
from sklearn.model_selection import LearningCurveDisplay

from dataworth.curves.curve import Curve
from dataworth.curves.read import (
    as_curve,
    as_curves,
    curve_from_frame,
    curve_from_scores,
    curves_from_frame,
)
from dataworth.errors import DataError
from dataworth.metrics.registry import scorer

SIZES = np.array([10, 20])
SCORES = np.array([[0.5, 0.6, 0.7], [0.8, 0.9, 1.0]])
LCDB = {
    "openmlid": [3, 3, 3, 6, 6],
    "learner": ["tree", "tree", "svm", "tree", "tree"],
    "size_train": [16, 32, 16, 16, 32],
    "outer_seed": [1, 1, 0, 0, 2],
    "score_valid": [-0.7, -0.5, -0.9, -2.0, -1.5],
}


def test_scikit_learns_result_is_its_scores_on_held_out_rows() -> None:
    curve = as_curve((SIZES, SCORES * 0, SCORES), "accuracy")
    assert curve.metric.name == "accuracy"
    assert curve.higher_is_better
    assert curve.samples.tolist() == [10, 10, 10, 20, 20, 20]
    assert curve.values.tolist() == SCORES.ravel().tolist()
    assert curve.seeds.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("scoring", "metric"),
    [("neg_log_loss", "loss"), ("neg_mean_squared_error", "mean_squared_error")],
)
def test_negated_losses_are_losses_again(scoring: str, metric: str) -> None:
    curve = curve_from_scores((SIZES, SCORES, -SCORES, SCORES), scoring)
    assert (curve.metric.name, curve.higher_is_better) == (metric, False)
    assert (curve.values == SCORES.ravel()).all()
    assert as_curve(Curve(SIZES, [0.4, 0.3], metric=metric), scoring).values.tolist() == [0.4, 0.3]


def test_every_scorer_of_scikit_learn_is_known() -> None:
    for name in get_scorer_names():
        metric, sign = scorer(name)
        assert metric.higher_is_better == (sign == 1), name


@pytest.mark.parametrize(
    ("result", "code", "said"),
    [
        ((SIZES, SCORES), "wrong-type", "tuple of 2"),
        ((SIZES, SCORES, SCORES.T), "shape-mismatch", r"test_scores \(3, 2\)"),
        ((SIZES, SCORES, -SCORES), "metric-unclear", "neg_log_loss"),
        (("a", "b", "c"), "not-numeric", "train_sizes_abs.*'a'"),
        ((SIZES, SCORES, [["a"], ["b"]]), "not-numeric", "test_scores is"),
    ],
)
def test_what_is_no_result_of_learning_curve(
    result: tuple[np.ndarray, ...], code: str, said: str
) -> None:
    with raises(code, DataError, said):
        as_curve(result)


@pytest.mark.parametrize("frame", [pd.DataFrame(LCDB), pl.DataFrame(LCDB), LCDB])
def test_a_frame_of_several_curves(frame: object) -> None:
    curves = curves_from_frame(
        frame,
        ["openmlid", "learner"],
        samples="size_train",
        value="score_valid",
        seed="outer_seed",
        metric="neg_log_loss",
    )
    assert list(curves) == [(3, "tree"), (3, "svm"), (6, "tree")]
    tree = curves[6, "tree"]
    assert (tree.name, tree.metric.name) == ("6 tree", "loss")
    assert tree.samples.tolist() == [16, 32]
    assert tree.values.tolist() == [2.0, 1.5]
    assert tree.seeds.tolist() == [0, 2]
    with raises("several-curves", DataError, "'openmlid' holds 3, 6"):
        curves_from_frame(frame, "learner", samples="size_train", value="score_valid")
    of_set = curves_from_frame(frame, "learner", value="score_valid", where={"openmlid": 3})
    assert {key: len(curve) for key, curve in of_set.items()} == {"tree": 2, "svm": 1}


@pytest.mark.parametrize("library", [pd, pl])
def test_a_frame_of_one_curve(library: object) -> None:
    frame = library.DataFrame({"samples": [30, 10], "value": [0.3, 0.9], "seed": [4, 5]})  # type: ignore[attr-defined]
    curve = as_curve(frame)
    assert curve.to_csv() == Curve([10, 30], [0.9, 0.3], [5, 4]).to_csv()
    assert as_curve(frame, "roc_auc").higher_is_better


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({}, "several-curves", "'openmlid' holds 3, 6"),
        ({"samples": "size"}, "column-missing", "'size' .*openmlid, learner"),
        ({"samples": "learner", "value": "score_valid"}, "not-numeric", "'learner': 'tree'"),
        (
            {"samples": "size_train", "value": "score_valid", "seed": "s"},
            "column-missing",
            "'s'",
        ),
    ],
)
def test_a_frame_with_other_columns(options: dict[str, Any], code: str, said: str) -> None:
    with raises(code, DataError, said):
        curve_from_frame(pd.DataFrame(LCDB), **options)


def test_a_lazy_frame_is_told_to_collect() -> None:
    frame = pl.DataFrame(LCDB).lazy()
    for read in (as_curve, curve_from_frame, lambda lazy: curves_from_frame(lazy, "learner")):
        with raises("wrong-type", DataError, r"LazyFrame.*\.collect\(\)"):
            read(frame)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, dict])
@pytest.mark.parametrize("seeds", [[0.0, float("nan")], [0.5, 1.0]])
def test_seeds_of_a_frame_are_whole(library: Any, seeds: list[float]) -> None:
    with raises("value-out-of-range", DataError, "seeds"):
        as_curve(library({"samples": [10, 30], "value": [0.9, 0.5], "seed": seeds}))


def test_a_csv_is_what_the_caller_says_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("samples,value,accuracy,neg_brier\n10,-0.9,0.5,-0.4\n30,-0.5,0.7,-0.2\n")
    assert as_curve(path).metric.name == "loss"
    assert as_curve(path, "accuracy").values.tolist() == [0.5, 0.7]
    assert as_curve(path, "Acc").values.tolist() == [0.5, 0.7]
    assert as_curve(path, "neg_log_loss").values.tolist() == [0.9, 0.5]
    assert as_curve(str(path), "neg_brier").values.tolist() == [0.4, 0.2]
    assert as_curve(path, "r2").values.tolist() == [-0.9, -0.5]
    assert as_curve(path, "max_error").metric.name == "max_error"


@pytest.mark.parametrize("typo", ["acuracy", "neg_acuracy"])
def test_a_name_that_no_column_has_is_refused_where_columns_have_names(
    tmp_path: Path, typo: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("samples,value,accuracy,note,f1\n10,0.9,0.5,warm,0.4\n30,0.5,0.7,,0.6\n")
    with raises("unknown-metric", DataError, f"'{typo}'; .* accuracy, f1. "):
        as_curve(path, typo)


@pytest.mark.parametrize("rest", ["note\n10,0.9,warm\n30,0.5,\n", "seed\n10,0.9,1\n30,0.5,2\n"])
def test_where_no_other_metric_has_a_name_the_values_may_have_any(
    tmp_path: Path, rest: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"samples,value,{rest}")
    assert as_curve(path, "perplexity").metric.name == "perplexity"


@pytest.mark.parametrize("metric", ["accuracy", "neg_brier"])
def test_text_in_the_column_that_is_asked_for_is_named(tmp_path: Path, metric: str) -> None:
    path = tmp_path / "a.csv"
    rest = "10,0.9,0.5,0.4,warm\n20,0.7,,,\n30,0.5,60%,60%,\n"
    path.write_text(f"samples,value,accuracy,brier,note\n{rest}")
    assert as_curve(path).values.tolist() == [0.9, 0.7, 0.5]
    column = metric.removeprefix("neg_")
    with raises("not-numeric", DataError, f"csv, row 4, .*'{column}': '60%'"):
        as_curve(path, metric)


def test_a_metric_has_a_name(tmp_path: Path) -> None:
    curve = Curve(SIZES, [0.9, 0.3])
    curve.to_csv(tmp_path / "a.csv")
    frame = {"samples": [1], "value": [1]}
    for thing in (curve, (SIZES, SCORES, SCORES), frame, tmp_path / "a.csv"):
        with raises("wrong-type", DataError, "metric"):
            as_curve(thing, ["a"])  # type: ignore[arg-type]


def test_a_curve_has_the_metrics_that_it_has() -> None:
    curve = Curve([10, 30], [0.9, 0.3], others={"macro_f1": [0.1, 0.6]})
    assert as_curve(curve) is curve
    assert as_curve(curve, "f1_macro").values.tolist() == [0.1, 0.6]
    with raises("unknown-metric", DataError, "'roc_auc'.*loss, macro_f1"):
        as_curve(curve, "roc_auc")


def test_what_is_no_curve_at_all() -> None:
    with raises("wrong-type", DataError, "int .*Curve"):
        as_curve(3)


def test_the_direction_of_an_unknown_metric_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("samples,value\n10,40\n30,60\n")
    assert as_curve(path, "quality").metric.higher_is_better is None
    assert as_curve(path, "quality", higher_is_better=True).higher_is_better
    assert as_curve(path, "quality", best=80).best == 80
    assert as_curve(path, higher_is_better=True).metric.name == "score"
    seeded = Curve([10, 30], [40, 60], [3, 4], others={"loss": [2.0, 1.0]}, name="a")
    again = as_curve(seeded, higher_is_better=True)
    assert (again.seeds.tolist(), again.name, list(again.others)) == ([3, 4], "a", ["loss"])


def test_a_named_index_of_pandas_is_a_column() -> None:
    runs = pd.DataFrame({"samples": [500, 500, 1000, 1000], "acc": [0.6, 0.62, 0.7, 0.72]})
    means = runs.groupby("samples").mean()
    assert as_curve(means).samples.tolist() == [500, 1000]
    assert as_curve(means["acc"]).values.tolist() == pytest.approx([0.61, 0.71])
    with_spread = as_curve(runs.groupby("samples").agg(["mean", "std"]), "acc")
    assert with_spread.stds is not None
    assert with_spread.values.tolist() == pytest.approx([0.61, 0.71])
    with raises("column-missing", DataError, "column 'samples' is missing"):
        as_curve(means["acc"].rename_axis(None))


def test_records_in_memory_are_read() -> None:
    records: list[dict[str, Any]] = [
        {"samples": 500, "acc": 0.6},
        {"samples": 1000, "acc": 0.7, "note": "x"},
    ]
    assert as_curve(records).values.tolist() == [0.6, 0.7]
    assert list(as_curves([{**row, "model": "a"} for row in records], by="model")) == ["a"]


def test_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame([[500, 0.6, 0.61]], columns=["samples", "acc", "acc"])
    with raises("named-twice", DataError, "2 columns are called 'acc'"):
        as_curve(frame)


def test_masked_cells_of_a_column_are_missing() -> None:
    values = np.ma.masked_array([0.6, 0.1, 0.8], [False, True, False])
    curve = as_curve({"samples": [500, 1000, 2000], "acc": values})
    assert curve.values.tolist() == pytest.approx([0.6, np.nan, 0.8], nan_ok=True)


def test_a_display_of_scikit_learn_is_read() -> None:
    display = LearningCurveDisplay(
        train_sizes=np.array([500, 1000]),
        train_scores=np.ones((2, 2)),
        test_scores=np.array([[0.6, 0.62], [0.7, 0.72]]),
    )
    curve = as_curve(display, "accuracy")
    assert curve.metric.name == "accuracy"
    assert curve.values.tolist() == [0.6, 0.62, 0.7, 0.72]


def test_columns_with_numbers_for_names_are_named() -> None:
    frame = pd.DataFrame({"samples": [500, 1000], 0: [0.6, 0.7]})
    assert as_curve(frame, "accuracy", value=0).values.tolist() == [0.6, 0.7]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"samples": 2.5}, "samples is 2.5"),
        ({"where": 5}, "where is 5"),
        ({"seed": True}, "seed is"),
    ],
)
def test_an_option_of_another_type_is_refused(options: dict[str, Any], said: str) -> None:
    with raises("wrong-type", DataError, said):
        as_curve({"samples": [500, 1000], "acc": [0.6, 0.7]}, **options)


@pytest.mark.parametrize(("by", "code"), [(None, "wrong-type"), ([], "nothing-given")])
def test_curves_are_told_apart_by_a_column(by: Any, code: str) -> None:
    with raises(code, DataError, "by is"):
        as_curves({"samples": [500, 1000], "acc": [0.6, 0.7]}, by)
