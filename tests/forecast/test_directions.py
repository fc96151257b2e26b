"""Which way a metric improves: known, said, or asked for; never guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.loss_scale import loss_scale

SIZES = [150, 300, 600, 1_200, 2_400]
SCORES = np.array([0.55, 0.66, 0.735, 0.79, 0.83])
RISING = (
    *("mAP", "mAP@50", "val_mAP", "mean_iou", "dice_score", "Top-1 Acc", "eval/exact_match"),
    *("ROC-AUC", "auprc", "micro_f1", "kappa", "pearson_r", "spearmanr", "hit@10", "pass@1"),
)


@pytest.fixture(scope="module")
def needed() -> float:
    return dw.forecast(Curve(SIZES, SCORES, metric="accuracy")).samples_for(0.88).median


@pytest.mark.parametrize("name", RISING)
def test_a_known_score_has_the_scale_of_accuracy(name: str) -> None:
    scales = [loss_scale(Curve(SIZES, SCORES, metric=each)) for each in (name, "accuracy")]
    made, expected = (scale.losses(SCORES) for scale in scales)
    np.testing.assert_array_equal(made, expected)


def test_a_known_score_is_forecast_as_accuracy_is(needed: float) -> None:
    found = dw.forecast(Curve(SIZES, SCORES, metric="val_mAP")).samples_for(0.88)
    assert found.median == needed > 2_400
    assert not found.met


@pytest.mark.parametrize("name", ["quality", "stars", "my metric", "zzz_3"])
def test_an_unknown_name_that_rises_is_refused_with_the_option(name: str, needed: float) -> None:
    with raises("metric-unclear", ForecastError, "--higher-is-better"):
        dw.forecast(Curve(SIZES, SCORES, metric=name))
    told = Curve(SIZES, SCORES, metric=name, higher_is_better=True)
    assert dw.forecast(told).samples_for(0.88).median == needed


@pytest.mark.parametrize("factor", [1, 10, 100])
def test_values_without_a_name_that_rise_are_refused(
    tmp_path: Path, factor: int, needed: float
) -> None:
    path = tmp_path / "a.csv"
    rows = zip(SIZES, factor * SCORES, strict=True)
    path.write_text("\n".join(["samples,value", *(f"{n},{v}" for n, v in rows)]))
    with raises("metric-unclear", ForecastError, "--metric accuracy"):
        dw.forecast(path)
    if factor != 10:
        found = dw.forecast(dw.as_curve(path, "accuracy")).samples_for(0.88 * factor)
        assert found.median == pytest.approx(needed)
    risen = dw.forecast(dw.as_curve(path, "loss"))
    assert any("the loss rises" in text for text in risen.warnings)


@pytest.mark.parametrize(
    ("name", "values", "low", "high"),
    [
        ("psnr", [22.0, 24.1, 26.3, 28.2, 29.9], 30.5, 34),
        ("bleu", [11.0, 15.5, 19.7, 23.4, 26.3], 27, 33),
        ("reward", [-120.0, -60.0, -10.0, 35.0, 70.0], 80, 140),
        ("r2", [-0.2, 0.21, 0.45, 0.6, 0.7], 0.73, 0.85),
    ],
)
def test_other_ranges_rise_too(name: str, values: list[float], low: float, high: float) -> None:
    median = float(dw.forecast(Curve(SIZES, values, metric=name)).predict([4_800]).median[0])
    assert low < median < high


def test_noise_without_a_name_is_not_taken_for_a_score() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        values = 0.7 + 0.01 * random.normal(size=12)
        dw.forecast(Curve(np.repeat(SIZES[:4], 3), values))
