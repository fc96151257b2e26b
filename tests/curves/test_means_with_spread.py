"""Means with their spread: standard deviations, errors and intervals, in Python and in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.curves.curve import Curve
from dataworth.curves.read import as_curve, load_curve
from dataworth.errors import DataError

SIZES = [400, 1_200, 3_600, 10_800]
MEANS = [1.9, 1.41, 1.05, 0.8]
STDS = np.array([0.03, 0.02, 0.02, 0.01])


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("samples,value,std,n", [STDS, [4] * 4]),
        ("n,loss,loss_std,seeds", [STDS, [4] * 4]),
        ("train_size,mean,sd,runs", [STDS, [4] * 4]),
        ("samples,test_loss,sem,n_seeds", [STDS / 2, [4] * 4]),
        ("samples,value,stderr,count", [STDS / 2, [4] * 4]),
        ("samples,value,ci95,n", [1.96 * STDS / 2, [4] * 4]),
        ("n,loss,loss_var,reps", [STDS**2, [4] * 4]),
        ("n,loss (mean),loss (std),num_seeds", [STDS, [4] * 4]),
        ("n,loss,\u00b1,reps", [STDS, [4] * 4]),
        ("n,loss,loss_err,reps", [STDS, [4] * 4]),
        (
            "samples,value,lower,upper,n",
            [MEANS - 0.98 * STDS, MEANS + 0.98 * STDS, [4] * 4],
        ),
    ],
)
def test_columns_of_spread_are_read(tmp_path: Path, header: str, columns: list[Any]) -> None:
    rows = zip(SIZES, MEANS, *columns, strict=True)
    text = "\n".join([header, *(",".join(map(str, row)) for row in rows)])
    (tmp_path / "a.csv").write_text(text)
    curve = load_curve(tmp_path / "a.csv")
    assert curve.stds == pytest.approx(STDS)
    assert curve.runs is not None
    assert curve.runs.tolist() == [4] * 4
    assert not curve.others
    assert not curve.seeded
    assert any(
        "standard" in note or "variance" in note or "intervals" in note for note in curve.assumed
    )
    curve.to_csv(tmp_path / "b.csv")
    assert load_curve(tmp_path / "b.csv").to_csv() == curve.to_csv()


def test_a_spread_belongs_to_its_own_metric(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,acc_mean,acc_std,loss_mean,loss_std\n10,.5,.01,2,.3\n30,.6,.01,1,.2\n")
    for metric, stds in ((None, [0.3, 0.2]), ("acc", [0.01, 0.01])):
        curve = as_curve(path, metric)
        assert curve.stds is not None
        assert curve.stds.tolist() == stds
    path.write_text("n,acc,rmse_std\n10,.5,.1\n30,.6,.2\n")
    assert as_curve(path).stds is None
    path.write_text("n,acc,q10\n10,.5,.1\n30,.6,.2\n")
    assert "not used: q10" in as_curve(path).assumed


@pytest.mark.parametrize(
    "cells",
    [
        ("0.62 \u00b1 0.02", "0.71\u00b10.01"),
        ("0.62 (0.02)", "0.71 (0.01)"),
        ("0.62 +/- 0.02", "0.71 +- 0.01"),
        ("62 \u00b1 2 %", "71 % \u00b1 1"),
        ("0,62 (\u00b10,02)", "0,71 (0,01)"),
    ],
)
def test_cells_of_a_mean_and_its_spread(tmp_path: Path, cells: tuple[str, str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"n;acc\n10;{cells[0]}\n30;{cells[1]}\n")
    curve = as_curve(path)
    scale = 100 if curve.metric.unit == "%" else 1
    assert curve.values == pytest.approx([0.62 * scale, 0.71 * scale])
    assert curve.stds == pytest.approx([0.02 * scale, 0.01 * scale])


def test_intervals_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text in (
        "n;acc\n10;0.5 [0.4, 0.6]\n30;0.6 (0.5-0.7)\n",
        "n;acc;95% CI\n10;0.5;[0.4, 0.6]\n30;0.6;[0.5, 0.7]\n",
    ):
        path.write_text(text)
        assert as_curve(path).stds == pytest.approx([0.1 / 1.96] * 2)


def test_the_forecast_of_means_is_near_that_of_the_runs() -> None:
    runs = np.array(MEANS)[:, None] + STDS[:, None] * np.array([-1.2, -0.2, 0.3, 1.1])
    means, stds = runs.mean(axis=1), runs.std(axis=1, ddof=1)
    whole = dw.forecast(Curve(np.repeat(SIZES, 4), runs.ravel(), np.tile(np.arange(4), 4)))
    given = dw.forecast(Curve(SIZES, means, stds=stds, runs=4))
    ahead = [21_600, 86_400]
    for part in ("lower", "median", "upper"):
        found, wanted = (getattr(made.predict(ahead), part) for made in (given, whole))
        assert found == pytest.approx(wanted, rel=1e-6)
    assert not any("have several runs" in text for text in given.warnings)


def test_more_runs_make_a_narrower_interval() -> None:
    widths = []
    for runs in (2, 20, None):
        predicted = dw.forecast(Curve(SIZES, MEANS, stds=3 * STDS, runs=runs)).predict([21_600])
        widths.append(float(predicted.upper[0] - predicted.lower[0]))
    few, many, unknown = widths
    assert many < few < unknown * 1.05


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"stds": [0.1, 0.1]}, "shape-mismatch", "stds"),
        ({"stds": [0.1, -0.1, 0.1, 0.1]}, "value-out-of-range", "stds"),
        ({"runs": [1, 2]}, "shape-mismatch", "runs"),
        ({"runs": 0}, "value-out-of-range", "runs holds 0"),
        ({"runs": 2.5}, "value-out-of-range", "runs holds 2.5"),
        ({"total": 0}, "value-out-of-range", "total is 0"),
        ({"total": 5_000}, "options-conflict", "total"),
    ],
)
def test_what_is_no_spread_is_refused(options: dict[str, Any], code: str, said: str) -> None:
    with raises(code, DataError, said):
        Curve(SIZES, MEANS, **options)


@pytest.mark.parametrize(
    ("samples", "total", "sizes"),
    [
        ([0.1, 0.3, 1.0], 9_000, [900, 2_700, 9_000]),
        ([10, 30, 100], 9_000, [900, 2_700, 9_000]),
        ([0.5, 1, 2.5], 10_000, [50, 100, 250]),
        ([10, 30, 100], 100, [10, 30, 100]),
    ],
)
def test_shares_of_a_total(samples: list[float], total: float, sizes: list[int]) -> None:
    assert Curve(samples, [3, 2, 1], total=total).samples.tolist() == sizes


def test_sizes_up_to_100_may_be_per_cent() -> None:
    for sizes in ([10, 20, 40, 80, 100], [5, 25, 100], [1, 2, 5, 10, 50, 100]):
        values = [n**-0.3 for n in sizes]
        with raises("option-missing", dw.errors.ForecastError, "--total 100"):
            dw.forecast(Curve(sizes, values))
        assert dw.forecast(Curve(sizes, values, total=100)).predict([200]).median[0] > 0
    dw.forecast(Curve([8, 32, 100], [0.9, 0.7, 0.5]))
    with raises("value-out-of-range", DataError, "total=N"):
        Curve([0.1, 0.5, 1.0], [3, 2, 1])


@pytest.mark.parametrize(
    ("name", "std"),
    [
        ("accuracy (std)", 0.02),
        ("accuracy \u00b1 std", 0.02),
        ("accuracy [95% CI]", 0.02 / 1.96),
        ("accuracy \u00b1 SEM", 0.02),
        ("accuracy std", 0.02),
    ],
)
def test_the_name_of_a_column_says_which_spread_its_cells_hold(
    tmp_path: Path, name: str, std: float
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"samples,{name}\n500,0.6 \u00b1 0.02\n1000,0.7 \u00b1 0.02\n")
    curve = as_curve(path)
    assert curve.metric.name == "accuracy"
    assert curve.stds is not None
    assert curve.stds.tolist() == pytest.approx([std, std])


def test_a_spread_that_no_share_can_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("samples,accuracy,std\n500,0.6,1.2\n1000,0.7,1.0\n")
    with raises("value-out-of-range", DataError, "stds holds 1.2, and accuracy lies between 0 and"):
        as_curve(path)
    path.write_text("samples,accuracy,std (%)\n500,0.6,1.2\n1000,0.7,1.0\n")
    stds = as_curve(path).stds
    assert stds is not None
    assert stds.tolist() == [0.012, 0.01]
