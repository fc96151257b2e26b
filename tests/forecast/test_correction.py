"""The learned correction: what it does to draws, where it fades, and that answers still agree."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.errors import ForecastError
from dataworth.forecast.correction import (
    NODES,
    PRODUCTS,
    Adjustment,
    Correction,
    network_inputs,
    shipped_correction,
)
from dataworth.forecast.families import FAMILIES
from dataworth.forecast.features import NAMES
from dataworth.forecast.prior import shipped_prior

SIZES = np.array([64, 128, 256, 512, 1024])
AHEAD = [2048, 4096, 8192, 16_384]


def curve(noise: float = 0.01, count: int = 5) -> dw.Curve:
    rng = np.random.default_rng(0)
    losses = np.repeat(0.1 + 0.5 / np.sqrt(SIZES[:count]), 3)
    seeds = np.tile(np.arange(3), count)
    noisy = losses * (1 + noise * rng.standard_normal(3 * count))
    return dw.Curve(np.repeat(SIZES[:count], 3), noisy, seeds, metric="error")


def test_adjustment_moves_and_stretches_each_draw() -> None:
    ones = np.ones(len(NODES))
    adjustment = Adjustment(-0.1 * ones, 2.0 * ones, 0.5 * ones, 0.5 * ones)
    logs = np.array([[-3.0], [-1.0], [-1.0 + 0.04]])

    corrected = adjustment.apply(np.array([1.0]), logs, np.array([-1.0]), np.array([0.5]))

    # In spreads the draws lie at -4, 0 and 0.08 of the middle; their roots are 2, 0 and 0.2828.
    expected = [-1.1 - 0.5 * 2 * 2, -1.1, -1.1 + 0.5 * 0.5 * np.sqrt(0.08)]
    assert corrected[:, 0] == pytest.approx(expected, rel=1e-12)


def test_adjustment_keeps_the_order_of_draws_and_is_constant_beyond_its_last_node() -> None:
    draws = np.sort(np.random.default_rng(1).standard_normal((500, 2)), axis=0)
    rising = np.linspace(0.5, 1.5, len(NODES))
    adjustment = Adjustment(-rising, rising, 2 - rising, rising)

    u, middle, spread = np.array([NODES[-1], 9.0]), np.zeros(2), np.ones(2)
    near, far = adjustment.apply(u, draws[:, [0, 0]], middle, spread).T

    assert (np.diff(near) >= 0).all()
    assert np.array_equal(near, far)


def test_shipped_correction_knows_the_features_and_its_text_is_read_back() -> None:
    shipped = shipped_correction()
    again = Correction.from_json(shipped.to_json())

    assert shipped.features == NAMES
    assert set(shipped.families) <= set(FAMILIES)
    assert again.to_json() == shipped.to_json()


def test_correction_fades_where_a_curve_is_unlike_all_that_it_was_learned_on() -> None:
    shipped = shipped_correction()
    rows = np.tile(shipped.centre, (len(NODES), 1))
    middle, spread = -0.1 * NODES, np.full(len(NODES), 0.1)

    near = shipped.adjustment(rows, "mlp", middle, spread)
    far = shipped.adjustment(rows + 50 * shipped.scale, "mlp", middle, spread)

    assert np.abs(np.log(near.above)).max() > 0.01
    assert far.shift == pytest.approx(0, abs=1e-9)
    assert far.above == pytest.approx(1)
    assert far.power == pytest.approx(1)


def test_family_is_used_and_a_family_that_does_not_exist_is_refused() -> None:
    hungry, converged = (dw.forecast(curve(), family=name) for name in ("mlp", "linear"))
    unknown = dw.forecast(curve())

    assert hungry.family == "mlp"
    assert len({f.predict([8192]).median[0] for f in (hungry, converged, unknown)}) == 3
    with raises("unknown-choice", ForecastError, match="expected one of linear, "):
        dw.forecast(curve(), family="oracle")


def test_family_that_was_not_learned_counts_as_unknown() -> None:
    told, untold = dw.forecast(curve(), family="transformer"), dw.forecast(curve())

    assert np.array_equal(told.log_losses(AHEAD), untold.log_losses(AHEAD))


def test_family_acts_with_the_distance_and_with_the_kind_of_metric() -> None:
    names = ("skew", *PRODUCTS)
    z = np.array([[0.5, 2.0, -1.0], [0.25, 3.0, 1.0]])

    inputs = network_inputs(z, np.array([[0.0, 1.0], [0.0, 0.0]]), names)

    assert inputs[0].tolist() == [0.5, 2.0, -1.0, 0.0, 1.0, 0.0, 2.0, 0.0, -1.0]
    assert inputs[1].tolist() == [0.25, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_same_figures_are_corrected_otherwise_as_losses_than_as_error_rates() -> None:
    losses = curve()
    rates = dw.Curve(losses.samples, losses.values, losses.seeds, metric="error_rate")

    said = [dw.forecast(each).predict([8192]).median[0] for each in (rates, losses)]
    bare = [
        dw.forecast(each, prior=replace(shipped_prior(True), correction=None)).predict([8192])
        for each in (rates, losses)
    ]

    assert said[0] != said[1]
    assert bare[0].median[0] == bare[1].median[0]


def test_percent_and_shares_are_corrected_alike() -> None:
    errors = curve()
    shares, percent = (
        dw.Curve(errors.samples, best * (1 - errors.values), errors.seeds, metric="accuracy")
        for best in (1, 100)
    )

    said = [dw.forecast(each).predict([8192]).median[0] for each in (shares, percent)]

    assert said[1] == pytest.approx(100 * said[0], rel=1e-9)


def test_laws_named_by_the_caller_are_not_corrected() -> None:
    asked = dw.forecast(curve(), laws=["power-3", "m3"])
    bare = dw.forecast(
        curve(), laws=["power-3", "m3"], prior=replace(shipped_prior(True), correction=None)
    )

    assert np.array_equal(asked.log_losses(AHEAD), bare.log_losses(AHEAD))


@pytest.mark.parametrize("count", [3, 4, 5])
def test_corrected_medians_never_get_worse_with_more_samples(count: int) -> None:
    forecast = dw.forecast(curve(0.03, count), family="knn")
    sizes = np.geomspace(SIZES[count - 1], 40 * SIZES[count - 1], 60)

    assert (np.diff(forecast.predict(sizes).median) <= 1e-4).all()


def test_all_answers_come_from_the_same_corrected_draws() -> None:
    forecast = dw.forecast(curve(), family="forest")
    target = float(forecast.predict([4096]).median[0])
    size = forecast.samples_for(target, level=0.5)
    losses = forecast.log_losses([size.median])[:, 0]

    assert size.median == pytest.approx(4096, rel=0.02)
    assert forecast.probability(4096, target) == pytest.approx(0.5, abs=0.005)
    assert forecast.probability(size.lower, target) == pytest.approx(0.25, abs=0.01)
    assert (losses <= np.log(target)).mean() == pytest.approx(0.5, abs=0.01)
    gain = forecast.value_of(1024, 4096)
    two = np.exp(forecast.log_losses([1024, 4096]))
    assert gain.median == pytest.approx(np.median(two[:, 0] - two[:, 1]), rel=1e-12)


def test_size_given_that_the_target_is_reachable_is_finite() -> None:
    forecast = dw.forecast(curve())
    hard = forecast.samples_for(0.104)
    given = hard.if_reachable

    assert hard.upper == np.inf
    assert given is not None
    assert 1024 <= given.lower < given.median < given.upper <= 32 * 1024 * 1.06
    within = max(forecast.probability(size, 0.104) for size in np.geomspace(1024, 32 * 1024, 40))
    assert forecast.probability(given.median, 0.104) == pytest.approx(within / 2, abs=0.01)


def test_forecast_is_pickled_and_gives_the_same_answers() -> None:
    forecast = dw.forecast(curve(), family="mlp")
    again = pickle.loads(pickle.dumps(forecast))

    assert np.array_equal(again.log_losses(AHEAD), forecast.log_losses(AHEAD))
    assert again.samples_for(0.11) == forecast.samples_for(0.11)
    assert again.law == forecast.law
