"""Forecasts of metrics of all directions and ranges."""

from __future__ import annotations

import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st

import dataworth as dw
from dataworth import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.loss_scale import LossScale, loss_scale

SIZES = [100, 200, 400, 800, 1600]
SHARES = [0.62, 0.71, 0.77, 0.82, 0.855]
DECIBELS = [21.0, 23.7, 25.9, 27.6, 29.1]


@pytest.fixture(scope="module")
def of_accuracy() -> dw.Forecast:
    return dw.forecast(Curve(SIZES, SHARES, metric="accuracy"))


@pytest.mark.parametrize(
    "metric",
    ["mAP", "Accuracy", "acc", "val_accuracy", "AUC", "F1", "bleu", "IoU", "kappa", "R2", "ndcg",
     "pearsonr", "exact_match", "recall@5", "score", "test/f1 (doc avg)"],
)  # fmt: skip
def test_a_metric_that_rises_to_1_has_the_scale_of_accuracy(
    metric: str, of_accuracy: dw.Forecast
) -> None:
    scale, values = loss_scale(Curve(SIZES, SHARES, metric=metric)), np.array(SHARES)
    np.testing.assert_array_equal(scale.losses(values), of_accuracy.scale.losses(values))
    assert scale.log_cap >= of_accuracy.scale.log_cap


def test_a_metric_that_rises_to_1_is_forecast_as_accuracy_is(of_accuracy: dw.Forecast) -> None:
    found = dw.forecast(Curve(SIZES, SHARES, metric="mAP")).samples_for(0.9)
    assert found == of_accuracy.samples_for(0.9)
    assert found.median == pytest.approx(5983, rel=0.01)
    assert not found.met


def test_an_unknown_metric_takes_a_direction(of_accuracy: dw.Forecast) -> None:
    expected = of_accuracy.samples_for(0.9)
    for options in ({"higher_is_better": True}, {"best": 1}):
        made = dw.forecast(Curve(SIZES, SHARES, metric="quality", **options))
        assert made.samples_for(0.9) == expected
    (said,) = (w for w in dw.forecast(Curve(SIZES, SHARES, metric="quality",
               higher_is_better=True)).warnings if "best value" in w)  # fmt: skip
    assert "--best" in said


def test_an_unknown_metric_that_rises_is_refused_and_one_that_falls_is_a_loss() -> None:
    rising = Curve(SIZES, SHARES, metric="quality")
    for ask in (dw.forecast, lambda curve: dw.compare({"a": curve, "b": curve})):
        with pytest.raises(ForecastError, match=r"higher_is_better=True or --higher-is-better"):
            ask(rising)
    fallen = dw.forecast(Curve(SIZES, SHARES[::-1], metric="quality"))
    loss = dw.forecast(Curve(SIZES, SHARES[::-1]))
    assert fallen.samples_for(0.5) == loss.samples_for(0.5)
    assert any("'quality' is not known" in warning for warning in fallen.warnings)
    assert not any("not known" in warning for warning in loss.warnings)
    dw.forecast(Curve(SIZES, SHARES, metric="quality", higher_is_better=False))


def test_a_loss_that_rises_may_be_a_score() -> None:
    assert any(
        "--metric" in said for said in dw.forecast(Curve(SIZES, SHARES, metric="loss")).warnings
    )


def test_a_negated_loss_is_forecast_like_the_loss(of_accuracy: dw.Forecast) -> None:
    negated = dw.forecast(Curve(SIZES, np.array(SHARES) - 1, metric="neg_error_rate"))
    assert negated.samples_for(-0.1).median == pytest.approx(of_accuracy.samples_for(0.9).median)
    assert (negated.predict([1e9]).upper <= 0).all()


@pytest.mark.parametrize("options", [{"metric": "psnr"}, {"metric": "x", "higher_is_better": True}])
def test_a_metric_without_an_end_rises(options: dict[str, object]) -> None:
    forecast = dw.forecast(Curve(SIZES, DECIBELS, **options))  # type: ignore[arg-type]
    ahead = forecast.predict([1600, 3200, 6400, 1e5])
    assert (np.diff(ahead.median) > 0).all()
    assert ahead.median[0] == pytest.approx(29.1, abs=0.2)
    assert 29.6 < ahead.median[1] < 31
    assert ahead.lower[1] < 30.3 < ahead.upper[1]
    target = forecast.samples_for(31)
    assert target.lower < target.median < target.upper
    assert 3200 < target.median < 20_000
    assert forecast.samples_for(25.9).median == 400
    gain = forecast.value_of(1600, 3200)
    assert gain.median == pytest.approx(ahead.median[1] - ahead.median[0], abs=0.05)
    assert forecast.backtest[0].actual == pytest.approx(29.1)


def test_the_unit_of_a_metric_without_an_end_does_not_matter() -> None:
    values = np.array(DECIBELS)
    plain, other = (
        dw.forecast(Curve(SIZES, each, metric="reward")).predict([3200, 10_000])
        for each in (values, 1000 * values - 5e4)
    )
    for part in ("median", "lower", "upper"):
        expected = 1000 * getattr(plain, part) - 5e4
        assert getattr(other, part) == pytest.approx(expected, abs=1.0)


def test_decibels_are_forecast_as_the_ratios_that_they_stand_for() -> None:
    errors = 10 ** (-np.array(DECIBELS) / 10)
    of_errors = dw.forecast(Curve(SIZES, errors, metric="mse")).predict([3200, 12_800])
    of_decibels = dw.forecast(Curve(SIZES, DECIBELS, metric="psnr")).predict([3200, 12_800])
    assert of_decibels.median == pytest.approx(-10 * np.log10(of_errors.median), abs=0.01)


def test_learners_are_compared_by_a_metric_without_an_end() -> None:
    better = Curve(SIZES, np.array(DECIBELS) + 2, metric="psnr")
    comparison = dw.compare({"a": Curve(SIZES, DECIBELS, metric="PSNR"), "b": better})
    first, second = comparison.standings(3200)
    assert first.name == "b"
    assert first.lower < first.median < first.upper
    assert first.median - second.median == pytest.approx(2, abs=0.2)
    assert comparison.difference("b", "a", 3200).median == pytest.approx(2, abs=0.3)


def test_curves_of_several_units_are_not_compared(of_accuracy: dw.Forecast) -> None:
    in_per_cent = Curve(SIZES, 100 * np.array(SHARES), metric="accuracy")
    same = dw.compare({"a": of_accuracy, "b": in_per_cent}).standings(3200)
    assert same[0].median == pytest.approx(same[1].median, rel=1e-3)
    of_stars, of_points = (Curve(SIZES, SHARES, metric="x", best=best) for best in (5, 10))
    with pytest.raises(ForecastError, match="differs in direction, unit or best value"):
        dw.compare({"a": of_stars, "b": of_points})
    alike = dw.compare({"a": of_accuracy, "b": Curve(SIZES, SHARES, metric="val_acc")})
    assert alike.metric.name == "accuracy"
    ranked = [Curve(SIZES, SHARES, metric=metric, name=metric) for metric in ("ndcg@5", "ndcg@10")]
    with pytest.raises(ForecastError, match="different metrics"):
        dw.compare(ranked)


def test_targets_lie_in_the_range_of_the_metric(of_accuracy: dw.Forecast) -> None:
    in_per_cent = dw.forecast(Curve(SIZES, 100 * np.array(SHARES), metric="accuracy"))
    for forecast, target, said in (
        (of_accuracy, 1.0, "between 0 and 1"),
        (of_accuracy, -0.1, "between 0 and 1"),
        (in_per_cent, 101, "between 0 and 100"),
        (dw.forecast(Curve(SIZES, SHARES, metric="r2")), 1.5, "below 1"),
        (dw.forecast(Curve(SIZES, DECIBELS, metric="psnr")), float("inf"), "a finite number"),
        (dw.forecast(Curve(SIZES, DECIBELS[::-1], metric="perplexity")), 0.9, "above 1"),
    ):
        with pytest.raises(ForecastError, match=rf"target is .*{said}"):
            forecast.samples_for(target)
    assert dw.forecast(Curve(SIZES, SHARES, metric="r2")).samples_for(-0.1).met


def test_a_share_that_exceeds_1_where_less_is_better_is_said() -> None:
    errors = [1.2, 0.8, 0.7, 0.6, 0.5]
    forecast = dw.forecast(Curve(SIZES, errors, metric="error_rate"))
    assert any("holds 1.2" in warning for warning in forecast.warnings)
    assert (
        forecast.predict([3200]).median == dw.forecast(Curve(SIZES, errors)).predict([3200]).median
    )


@given(
    st.floats(-50, 50),
    st.sampled_from(
        [LossScale(False), LossScale(True, 60.0), LossScale(False, -60.0),
         LossScale(True, 10.0, 5.0), LossScale(False, 10.0, 5.0)]
    ),
)  # fmt: skip
def test_values_come_back_from_losses(value: float, scale: LossScale) -> None:
    value = abs(value) + 1 if scale == LossScale(False) else value
    loss = scale.loss(value)
    assert loss > 0
    assert scale.value(loss) == pytest.approx(value, abs=1e-9)
    better = scale.loss(value + 1 if scale.rises else value - 0.5)
    assert better < loss
    cost = scale.costs(np.log([loss]))
    assert scale.values_of_costs(cost) == pytest.approx([value], abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.booleans())
def test_the_loss_of_a_share_is_what_it_lacks_to_1(values: list[float], known: bool) -> None:
    metric = {"metric": "accuracy"} if known else {"metric": "x", "higher_is_better": True}
    scale = loss_scale(Curve(SIZES, values, **metric))
    assert (scale.losses(np.array(values)) == 1 - np.array(values)).all()


def test_a_loss_of_densities_may_be_negative_and_is_shifted_freely() -> None:
    sizes = np.array([100, 200, 400, 800, 1600, 3200])
    losses = -1.5 + 8 * sizes**-0.5
    truth = -1.5 + 8 * 12_800**-0.5
    found = dw.forecast(Curve(sizes, losses, metric="nll")).predict([12_800])
    assert found.lower[0] < truth < found.upper[0]
    assert found.upper[0] - found.lower[0] < 0.2
    moved = dw.forecast(Curve(sizes, losses - 10, metric="nll")).predict([12_800])
    assert moved.median[0] + 10 == pytest.approx(found.median[0], abs=1e-6)
    with pytest.raises(ForecastError):
        dw.forecast(Curve(sizes, losses, metric="rmse"))


def test_a_share_among_values_in_per_cent_is_refused() -> None:
    with pytest.raises(ForecastError, match=r"0\.78 among values in per cent") as caught:
        dw.forecast(Curve([100, 300, 900, 2_700], [62, 71, 0.78, 83], metric="accuracy"))
    assert caught.value.code == "value-out-of-range"
    dw.forecast(Curve([100, 300, 900, 2_700], [0.8, 3, 12, 40], metric="accuracy"))


def test_scores_about_1_are_not_taken_for_per_cent() -> None:
    sizes = [100, 300, 900, 2_700]
    with raises("value-out-of-range", ForecastError, r"1\.3, .* and 0\.9"):
        dw.forecast(Curve(sizes, [0.9, 0.99, 1.2, 1.3], metric="accuracy"))
    # Errors of one per cent are common.
    dw.forecast(Curve(sizes, [1.8, 1.2, 0.9, 0.7], metric="error"))


def test_a_metric_that_gets_worse_at_every_size_is_warned_of() -> None:
    for metric, values in (("accuracy", [0.9, 0.8, 0.7, 0.65]), ("rmse", [0.5, 0.6, 0.8, 1.1])):
        found = dw.forecast(Curve([100, 300, 900, 2_700], values, metric=metric))
        assert any("gets worse at every size" in text for text in found.warnings)
