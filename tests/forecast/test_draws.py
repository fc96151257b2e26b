"""Draws: what widens them, and what leaves them alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from law_curves import SIZES, curve_of, noisy, power

from dataworth import Curve, forecast
from dataworth.forecast.draws import Draws, draw_curves, quantiles_of_draws
from dataworth.forecast.prepare import prepare
from dataworth.forecast.prior import Prior, shipped_prior
from dataworth.laws.observations import Observations
from dataworth.laws.registry import all_laws

PRIOR = shipped_prior(False)
AHEAD = np.log([2.0, 8.0, 64.0])


@pytest.fixture
def observations() -> Observations:
    return prepare(curve_of(SIZES, noisy(power(SIZES), 0.01, 0)))


def drawn(observations: Observations, **changes: Any) -> Draws:
    return draw_curves(observations, all_laws(), replace(PRIOR, **changes))


def widths(draws: Draws) -> np.ndarray:
    low, high = np.quantile(draws.log_loss(AHEAD), [0.05, 0.95], axis=0)
    return np.asarray(high - low)


@pytest.mark.parametrize("name", ["level", "drift_scale", "model_spread"])
def test_each_source_of_spread_widens_and_keeps_the_middle(
    observations: Observations, name: str
) -> None:
    little, much = drawn(observations, **{name: 0.0}), drawn(observations, **{name: 3.0})
    assert (widths(much) > widths(little)).all()
    middles = [np.median(draws.log_loss(AHEAD), axis=0) for draws in (little, much)]
    # Far out the laws are skewed, and so are draws that keep all of their disagreement.
    np.testing.assert_allclose(middles[0][:2], middles[1][:2], atol=0.02)


def test_spread_grows_with_the_distance(observations: Observations) -> None:
    assert (np.diff(widths(drawn(observations))) > 0).all()


def test_many_sizes_that_count_as_few_points_keep_less_of_the_disagreement() -> None:
    sizes = np.geomspace(500, 32_000, 32).round()
    observations = prepare(curve_of(sizes, power(sizes)))
    assert drawn(observations, evidence=2.0, shrinkage=1.0).shrinkage == pytest.approx(0.25)
    assert drawn(observations, evidence=32.0, shrinkage=0.8).shrinkage == pytest.approx(0.8)


def test_a_prior_is_read_as_it_was_written() -> None:
    for shows in (True, False):
        prior = shipped_prior(shows)
        assert Prior.from_json(prior.to_json()) == replace(prior, correction=None)


@pytest.mark.parametrize("repeats", [1, 3])
def test_intervals_hardly_depend_on_the_seed_of_the_draws(repeats: int) -> None:
    sizes = np.repeat(SIZES, repeats)
    curve = Curve(sizes, noisy(power(sizes), 0.02, 0))
    each = [forecast(curve, seed=seed).predict([SIZES[-1] * 10]) for seed in range(8)]
    ends = np.log([[p.lower[0], p.median[0], p.upper[0]] for p in each])
    assert (ends.std(axis=0) < 0.03 * np.mean(ends[:, 2] - ends[:, 0]) / 2).all()


@pytest.mark.parametrize("count", [1, 2, 7, 64, 4096])
def test_quantiles_of_draws_are_those_of_numpy_to_the_bit(count: int) -> None:
    draws = np.random.default_rng(count).standard_normal((count, 5))
    draws[0, 3], draws[0, 4] = np.nan, np.inf
    for probabilities in ([0.05, 0.5, 0.95], [0.0, 1.0], np.linspace(0, 1, 41)):
        with np.errstate(invalid="ignore"):
            expected = np.quantile(draws, probabilities, axis=0)
            found = quantiles_of_draws(draws, probabilities)
        np.testing.assert_array_equal(found[:, :4], expected[:, :4])
        np.testing.assert_array_equal(np.isinf(found[:, 4]), np.isinf(expected[:, 4]))
