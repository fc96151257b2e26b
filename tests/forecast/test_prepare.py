"""Observations: what they know of their noise."""

from __future__ import annotations

import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st
from law_curves import SIZES, curve_of, noisy, power

from dataworth import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.prepare import prepare

MANY = np.round(np.geomspace(100, 1e8, 36))


@given(st.floats(0.05, 2.0), st.floats(1.5, 4.0))
def test_a_straight_log_log_curve_has_no_scatter(c: float, ratio: float) -> None:
    sizes = np.round(1e6 * ratio ** np.arange(8.0))
    assert prepare(curve_of(sizes, (sizes / 1e6) ** -c)).scatter == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("spread", [0.01, 0.05])
def test_scatter_is_the_noise_of_single_runs(spread: float) -> None:
    found = [
        prepare(curve_of(MANY, noisy((MANY / 100) ** -0.3, spread, seed))).scatter
        for seed in range(30)
    ]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(spread, rel=0.15)


def test_sizes_that_lie_far_apart_are_runs_of_their_own() -> None:
    losses = noisy(power(SIZES), 0.02, 0)
    own = prepare(curve_of(SIZES, losses))
    assert own.noisy
    assert not own.repeated
    np.testing.assert_allclose(own.noise, own.scatter**2)
    assert own.run_noise == own.noise[-1]


def test_many_looks_at_one_run_do_not_show_their_noise() -> None:
    sizes = np.round(np.geomspace(1000, 8000, 24))
    looks = prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)))
    assert not looks.noisy
    assert (looks.noise == 0).all()


def test_seeds_show_noise_however_close_the_sizes() -> None:
    sizes = np.repeat(np.round(np.geomspace(1000, 2000, 12)), 4)
    observations = prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)))
    assert observations.repeated
    assert observations.noisy
    assert np.sqrt(observations.run_noise) == pytest.approx(0.02, rel=0.3)


def test_few_sizes_are_runs_of_their_own_however_close() -> None:
    sizes = np.linspace(2000, 21_000, 20)
    observations = prepare(curve_of(sizes, power(sizes)))
    assert observations.noisy
    assert observations.notes == ()


def test_many_sizes_are_what_they_are_said_to_be() -> None:
    sizes = np.round(np.geomspace(1000, 8000, 24))
    curve = curve_of(sizes, power(sizes))
    guessed = prepare(curve)
    assert not guessed.noisy
    assert "single_run=False" in guessed.notes[0]
    assert prepare(curve, single_run=False).noisy
    assert prepare(Curve(sizes, power(sizes), np.zeros(24))).noisy
    assert prepare(curve, single_run=True).notes == ()
    assert not prepare(curve_of(SIZES, power(SIZES)), single_run=True).noisy


def test_repeated_sizes_are_no_looks_at_one_run() -> None:
    sizes = np.repeat(SIZES, 3)
    with raises("sizes-repeated", ForecastError):
        prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)), single_run=True)


def test_noise_of_sizes_far_from_repeated_ones_is_that_of_the_nearest() -> None:
    sizes = [100, 100, 200, 200, 400, 400, 400_000, 800_000]
    observations = prepare(curve_of(sizes, [1, 1.1, 0.9, 0.8, 0.7, 0.75, 0.3, 0.28]))
    assert 0.03 < np.sqrt(observations.run_noise) < 0.1


def test_losses_that_no_learning_curve_has_are_refused() -> None:
    with raises("loss-range-too-wide", ForecastError, r"1e-20.*1e\+20"):
        prepare(curve_of([1000, 2000], [1e20, 1e-20]))
    with raises("loss-overflows", ForecastError):
        prepare(curve_of([10, 10, 20], [1.7e308, 1.7e308, 1.0]))


@pytest.mark.parametrize("repeated", [slice(None, 3), slice(-3, None)])
def test_a_few_sizes_with_many_seeds_show_the_noise_of_all(repeated: slice) -> None:
    runs = np.ones(len(SIZES), int)
    runs[repeated] = 10
    sizes = np.repeat(SIZES, runs)
    observations = prepare(curve_of(sizes, noisy(power(sizes), 0.1, 0)))
    assert observations.repeated
    assert np.sqrt(observations.run_noise) == pytest.approx(0.1, rel=0.4)
    np.testing.assert_allclose(observations.noise * runs, observations.run_noise, rtol=0.8)
