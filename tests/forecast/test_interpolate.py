"""Up to the largest measured size: answers follow the measurements, and join the forecast."""

from __future__ import annotations

import numpy as np
import pytest
from law_curves import SIZES, curve_of, noisy, power

import dataworth as dw
from dataworth import Curve

FLAT = np.repeat([1, 0.5, 0.31, 0.262, 0.252, 0.2503, 0.25, 0.25], 3)


@pytest.fixture(scope="module")
def bent() -> dw.Forecast:
    """The forecast of a curve that falls faster at first than the laws that fit its end."""
    sizes = np.repeat(100 * 2 ** np.arange(8), 3)
    return dw.forecast(Curve(sizes, FLAT * np.tile([0.99, 1, 1.01], 8)))


def test_predictions_at_measured_sizes_are_the_measured_means(bent: dw.Forecast) -> None:
    sizes = bent.observations.sizes[:-1]
    predicted = bent.predict(sizes)
    np.testing.assert_allclose(predicted.median, np.exp(bent.observations.log_loss[:-1]), rtol=1e-9)
    spread = np.log(predicted.upper / predicted.lower)
    assert (spread > 0.015).all()
    assert (spread < 0.04).all()


def test_the_gain_between_measured_sizes_is_the_measured_one(bent: dw.Forecast) -> None:
    assert bent.value_of(100, 12_800).median == pytest.approx(0.75, abs=0.01)
    none = bent.value_of(6400, 12_800)
    assert none.lower < -0.001 < none.median < 0.001 < none.upper


@pytest.mark.parametrize("size", [100.0, 400.0, 12_800.0])
def test_answers_do_not_jump_at_measured_sizes(bent: dw.Forecast, size: float) -> None:
    near = bent.quantiles(size * np.array([1 - 1e-9, 1, 1 + 1e-9]), [0.05, 0.5, 0.95])
    np.testing.assert_allclose(near[:, [0, 2]], near[:, [1, 1]], rtol=1e-6)


def test_from_the_largest_size_on_the_draws_answer(bent: dw.Forecast) -> None:
    sizes = 12_800 * np.array([1.0, 2.0, 50.0])
    drawn = bent.draws.log_loss(np.log(sizes / 12_800))
    np.testing.assert_array_equal(bent.log_losses(sizes), drawn)


def test_the_noise_of_the_held_out_rows_is_in_measured_sizes_too() -> None:
    curve = Curve(np.repeat(SIZES, 3), noisy(power(np.repeat(SIZES, 3)), 0.01, 0))
    plain, wide = (dw.forecast(curve, test_noise=noise).predict([1000]) for noise in (0.0, 0.05))
    assert wide.upper[0] - wide.lower[0] > 3 * (plain.upper[0] - plain.lower[0])


def test_gains_do_not_count_what_no_share_can_be() -> None:
    curve = Curve([100, 200, 400, 800, 1600], [0.01, 0.02, 0.015, 0.03, 0.04], metric="accuracy")
    forecast = dw.forecast(curve)
    assert forecast.log_losses([1600, 1e9]).max() == 0
    value, at_worst = forecast.value_of(1600, 1e9, 0.999), forecast.predict([1600], 0.9999)
    assert value.lower >= -at_worst.upper[0]
    assert dw.forecast(Curve(curve.samples, curve.values, metric="r2")).log_losses([1e9]).max() > 0


def test_sizes_far_below_the_smallest_are_answered() -> None:
    forecast = dw.forecast(curve_of(SIZES, power(SIZES)))
    median = forecast.predict([1e-300, 1.0, 100.0, 500.0]).median
    assert np.isfinite(median).all()
    assert (np.diff(median) <= 0).all()
