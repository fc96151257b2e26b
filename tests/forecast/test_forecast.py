"""Forecasts: what they answer, that their answers agree, and what they refuse."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from hypothesis import given, settings
from hypothesis import strategies as st
from law_curves import SIZES, curve_of, noisy, power

import dataworth as dw
from dataworth import Curve
from dataworth.errors import DataError, ForecastError

AHEAD = np.array([40_000.0, 64_000.0, 128_000.0, 512_000.0])


def usual() -> Curve:
    sizes = np.repeat(SIZES, 3)
    return Curve(sizes, noisy(power(sizes), 0.01, 0), name="usual")


def test_the_interval_holds_the_truth_of_a_clean_power_law() -> None:
    predicted = dw.forecast(usual()).predict(AHEAD, level=0.99)
    assert (predicted.lower < power(AHEAD)).all()
    assert (predicted.upper > power(AHEAD)).all()
    np.testing.assert_allclose(predicted.median[:2], power(AHEAD[:2]), rtol=0.03)


def test_the_same_curve_gives_the_same_figures_to_the_bit() -> None:
    one, two = (dw.forecast(usual(), seed=3).predict(AHEAD) for _ in range(2))
    assert (one.median == two.median).all()
    assert (one.upper == two.upper).all()


def test_intervals_widen_with_distance_and_level() -> None:
    forecast = dw.forecast(usual())
    near = forecast.predict(AHEAD)
    assert (np.diff(np.log(near.upper / near.lower)) > 0).all()
    wide = forecast.predict(AHEAD, level=0.99)
    assert (wide.lower < near.lower).all()
    assert (wide.upper > near.upper).all()
    run, mean = (forecast.predict(AHEAD[:2], new_run=new) for new in (True, False))
    assert (np.log(run.upper / run.lower) > np.log(mean.upper / mean.lower)).all()


def test_quantiles_agree_with_the_prediction() -> None:
    forecast = dw.forecast(usual())
    both = forecast.quantiles(AHEAD, [0.05, 0.5, 0.95])
    predicted = forecast.predict(AHEAD)
    np.testing.assert_array_equal(both[1], predicted.median)
    np.testing.assert_allclose(both[[0, 2]], [predicted.lower, predicted.upper])


@pytest.mark.parametrize("share", [0.97, 0.9, 0.8])
def test_the_inverse_agrees_with_the_prediction(share: float) -> None:
    forecast = dw.forecast(usual())
    target = float(share * power(SIZES[-1:])[0])
    size = forecast.samples_for(target, assurance=0.8)
    assert forecast.predict([size.median]).median[0] == pytest.approx(target, rel=2e-3)
    assert size.lower < size.median < size.upper
    assert size.assured is not None
    assert size.median < size.assured <= size.upper
    if math.isfinite(size.assured):
        met = (forecast.log_losses([size.assured]) <= math.log(target)).mean()
        assert met == pytest.approx(0.8, abs=0.01)


def test_a_target_below_the_floor_is_rarely_reachable() -> None:
    floor = curve_of(SIZES, 0.5 + 0.5 * (SIZES / 500.0) ** -1.0)
    size = dw.forecast(floor).samples_for(0.2)
    assert size.median == math.inf
    assert size.probability_reachable < 0.2


def test_a_target_that_is_met_already_is_answered_from_the_measurements() -> None:
    size = dw.forecast(usual()).samples_for(0.7, assurance=0.9)
    assert size.met
    assert size.assured is not None
    # Between the sizes of 4,000 and 8,000, of which the larger meets it.
    assert 4000 < size.lower <= size.median <= size.assured <= size.upper < 8000


def test_single_runs_of_few_sizes_come_with_a_warning() -> None:
    single = dw.forecast(curve_of(SIZES, power(SIZES)))
    assert any("several runs" in warning for warning in single.warnings)
    assert not any("several runs" in warning for warning in dw.forecast(usual()).warnings)


def test_the_value_of_samples_is_the_difference_of_predictions() -> None:
    forecast = dw.forecast(usual())
    value = forecast.value_of(32_000, 128_000)
    ends = forecast.predict([32_000, 128_000]).median
    assert value.lower < value.median < value.upper
    assert value.median == pytest.approx(ends[0] - ends[1], rel=0.05)


def test_dearer_labels_stop_earlier() -> None:
    forecast = dw.forecast(usual())
    cheap, dear = forecast.stop_at(0.01, 1e4), forecast.stop_at(0.05, 1e4)
    assert dear.median < cheap.median
    assert cheap.lower <= cheap.median <= cheap.upper
    assert cheap.net > dear.net
    # Where the marginal label is worth its price: -dL/dn * worth = price.
    n = cheap.median
    slope = -np.diff(forecast.predict([n * 0.97, n * 1.03]).median)[0] / (0.06 * n)
    assert slope * 1e4 == pytest.approx(0.01, rel=0.3)


def test_accuracy_is_given_back_as_accuracy() -> None:
    error = power(SIZES, 0.05, 0.4) / 4
    loss = dw.forecast(Curve(SIZES, error, metric="error_rate"))
    accuracy = dw.forecast(Curve(SIZES, 1 - error, metric="accuracy"))
    np.testing.assert_allclose(accuracy.predict(AHEAD).median, 1 - loss.predict(AHEAD).median)
    np.testing.assert_allclose(accuracy.predict(AHEAD).lower, 1 - loss.predict(AHEAD).upper)
    assert accuracy.samples_for(0.9).median == pytest.approx(loss.samples_for(0.1).median)
    assert accuracy.value_of(1e5, 2e5).median > 0
    assert accuracy.backtest[0].actual == pytest.approx(1 - error[-1])


def test_the_law_comes_with_its_parameters_and_their_intervals() -> None:
    law = dw.forecast(usual(), laws=["power-3"]).law
    assert law.name == "power-3"
    assert law.weight == pytest.approx(1)
    assert list(law.parameters) == ["e", "b", "c"]


def test_intervals_of_parameters_hold_the_truth_of_most_samples() -> None:
    held = 0
    sizes = np.repeat(SIZES, 3)
    for seed in range(10):
        curve = Curve(sizes, noisy(power(sizes), 0.01, seed))
        found = dw.forecast(curve, laws=["power-3"]).law.parameters
        held += found["c"].lower <= 0.4 <= found["c"].upper
        held += found["e"].lower <= 0.2 <= found["e"].upper
    assert held >= 15


def test_weights_are_shares_of_the_laws_asked_for() -> None:
    weights = dw.forecast(usual(), laws=["power-2", "power-3", "last-value"]).weights
    assert set(weights) == {"power-2", "power-3", "last-value"}
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["last-value"] < 0.05


def test_few_sizes_allow_few_parameters() -> None:
    few = dw.forecast(curve_of(SIZES[:5], power(SIZES[:5])))
    assert "power-3" in few.weights
    assert not {"m4", "bnsl", "shifted-power", "weibull"} & set(few.weights)
    with raises("too-few-sizes", ForecastError, "m4.* 3 "):
        dw.forecast(curve_of(SIZES[:5], power(SIZES[:5])), laws=["m4"])


def test_the_backtest_holds_every_law_and_both_baselines() -> None:
    rows = dw.forecast(usual()).backtest
    assert {row.method for row in rows} >= {"forecast", "last-value", "power-absolute", "m4"}
    assert {row.fitted_up_to for row in rows} == {16_000, 8000, 4000}
    for row in rows:
        assert row.hidden == 32_000
        assert row.log_error == pytest.approx(math.log(row.predicted / row.actual))
    errors = {r.method: abs(r.log_error) for r in rows if r.fitted_up_to == 16_000}
    assert errors["forecast"] < errors["last-value"]


def test_the_last_value_of_the_backtest_is_the_mean_of_the_largest_size_seen() -> None:
    curve = usual()
    rows = [row for row in dw.forecast(curve).backtest if row.method == "last-value"]
    assert len(rows) == 3
    for row in rows:
        last = curve.values[curve.samples == row.fitted_up_to].mean()
        assert row.predicted == pytest.approx(last, rel=1e-12)


def test_whatever_holds_a_curve_is_forecast_as_the_curve(tmp_path: Path) -> None:
    samples, values = SIZES, power(SIZES)
    file = tmp_path / "losses.csv"
    rows = [f"{n},{value!r}" for n, value in zip(samples.tolist(), values.tolist(), strict=True)]
    file.write_text("\n".join(["samples,value", *rows]), encoding="utf-8")
    expected = dw.forecast(curve_of(samples, values)).predict(AHEAD).median
    for thing in (file, str(file), {"samples": samples, "value": values}):
        np.testing.assert_array_equal(dw.forecast(thing).predict(AHEAD).median, expected)
    accuracy = np.stack([1 - values / 4, 1 - values / 4.2], axis=1)
    from_scores = dw.forecast((samples, accuracy, accuracy))
    assert from_scores.curve.higher_is_better
    with raises("wrong-type", DataError, "int"):
        dw.forecast(7)


def test_warnings_tell_distance_and_scarcity() -> None:
    forecast = dw.forecast(usual())
    assert forecast.warnings == ()
    assert "beyond 3x" in forecast.warnings_at([150_000])[0]
    assert "beyond 10x" in forecast.warnings_at([1e6])[0]
    assert forecast.warnings_at([forecast.curve.sizes[0]]) == forecast.warnings
    below = forecast.warnings_at([forecast.curve.sizes[0] / 2])[0]
    assert "below your smallest size" in below
    scarce = dw.forecast(curve_of(SIZES[:3], power(SIZES[:3]))).warnings
    assert any("only 3 sizes" in text for text in scarce)


def test_everything_can_be_written_as_json() -> None:
    document = dw.forecast(usual()).to_dict([64_000], [0.3, 1e-6])
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["targets"][1]["median"] is None
    assert document["predictions"][0]["samples"] == 64_000


def test_numbers_of_numpy_and_single_ones_are_written_as_pythons() -> None:
    forecast = dw.forecast(usual())
    expected = forecast.to_dict([64_000], [0.5, 1], 0.5)
    targets: list[Any] = [np.float32(0.5), np.int64(1)]
    numbers = forecast.to_dict(np.array([64_000]), targets, targets[0])
    assert json.dumps(numbers, allow_nan=False) == json.dumps(expected)
    single = forecast.to_dict(64_000, 0.5, 0.5)
    assert single == expected | {"targets": expected["targets"][:1]}


def test_a_known_chance_level_is_used() -> None:
    sizes = np.geomspace(50, 6400, 8)
    z = (30.0 / sizes) ** 0.5
    losses = math.log(10) * z / np.hypot(1, z)
    curve = curve_of(sizes, losses, chance=math.log(10))
    known = dw.forecast(curve, laws=["chance-plateau"]).law.parameters["b"]
    blind = dw.forecast(curve_of(sizes, losses), laws=["chance-plateau"]).law.parameters["b"]
    assert known.lower < math.log(10) < known.upper
    assert known.upper / known.lower < blind.upper / blind.lower


def test_held_out_noise_widens_the_interval() -> None:
    plain, noisy_test = (dw.forecast(usual(), test_noise=t).predict([4e4]) for t in (0.0, 0.05))
    assert noisy_test.upper[0] > plain.upper[0]
    assert noisy_test.lower[0] < plain.lower[0]


@settings(max_examples=15, deadline=None)
@given(
    loss_unit=st.floats(1e-9, 1e9),
    size_unit=st.sampled_from([2, 10, 1000, 10**6]),
    seed=st.integers(0, 5),
)
def test_units_do_not_matter(loss_unit: float, size_unit: int, seed: int) -> None:
    losses = noisy(power(SIZES), 0.02, seed)
    plain = dw.forecast(curve_of(SIZES, losses)).predict(AHEAD)
    other = dw.forecast(curve_of(SIZES * size_unit, losses * loss_unit)).predict(AHEAD * size_unit)
    np.testing.assert_allclose(other.median / loss_unit, plain.median, rtol=1e-6)
    np.testing.assert_allclose(other.upper / loss_unit, plain.upper, rtol=1e-6)


def test_a_size_meets_its_target_with_the_probability_that_it_is_given_for() -> None:
    """Also where draws hardly differ, as for a curve without noise."""
    for curve in (usual(), curve_of(SIZES, SIZES**-0.3)):
        forecast = dw.forecast(curve)
        target = 0.95 * float(curve.values[-1])
        found = forecast.samples_for(target, assurance=0.8)
        for size, probability in (
            (found.lower, 0.05),
            (found.median, 0.5),
            (found.upper, 0.95),
            (found.assured or 0.0, 0.8),
        ):
            met = float((forecast.log_losses([size]) <= np.log(target)).mean())
            assert met == pytest.approx(probability, abs=0.03)


def test_a_share_is_never_below_zero() -> None:
    values = [0.02, 0.03, 0.025, 0.04, 0.035]
    for metric, least in (("accuracy", 0.0), ("r2", -np.inf)):
        curve = Curve([100, 200, 400, 800, 1600], values, metric=metric)
        lower = dw.forecast(curve).predict([3200], level=0.99).lower[0]
        assert lower >= least
        assert (lower == 0) == (metric == "accuracy")


def test_absurd_prices_and_noise_are_answered_or_refused() -> None:
    forecast = dw.forecast(usual())
    assert forecast.stop_at(1e308, 1e-300).median == SIZES[-1]
    with raises("value-out-of-range", ForecastError, "price_per_label"):
        forecast.stop_at(10**400, 1.0)
    with raises("value-out-of-range", ForecastError, "test_noise.* 10 times"):
        dw.forecast(usual(), test_noise=1e10)


def test_a_curve_that_keeps_to_a_law_exactly_is_not_known_exactly() -> None:
    for sizes in (SIZES, np.arange(1, 31) * 1000.0):
        ahead = sizes[-1] * np.array([2.0, 4.0])
        predicted = dw.forecast(Curve(sizes, 20 * sizes**-0.5, 0 * sizes)).predict(ahead)
        assert (predicted.lower < 20 * ahead**-0.5).all()
        assert (predicted.upper > 20 * ahead**-0.5).all()
