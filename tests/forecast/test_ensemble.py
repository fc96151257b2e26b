"""Members: what weighs more, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from law_curves import SIZES, curve_of, noisy, power

from dataworth.forecast.ensemble import ensemble_member, independent, stacking_weights
from dataworth.forecast.grid_fits import WEIGHT_EXPONENTS, fit_grids, origins
from dataworth.forecast.prepare import prepare
from dataworth.forecast.prior import shipped_prior
from dataworth.laws.observations import Observations
from dataworth.laws.registry import all_laws, find_law

PRIOR = shipped_prior(True)


@pytest.fixture
def observations() -> Observations:
    sizes = np.repeat(SIZES, 3)
    return prepare(curve_of(sizes, noisy(power(sizes), 0.01, 0)))


def test_every_law_is_solved_under_every_weighting(observations: Observations) -> None:
    found = {(one.law.name, one.weight_exponent) for one in fit_grids(observations, all_laws())}
    assert found == {(law.name, near) for law in all_laws() for near in WEIGHT_EXPONENTS}


def test_shares_and_weights_sum_to_one(observations: Observations) -> None:
    members = [ensemble_member(grid_fit, PRIOR) for grid_fit in fit_grids(observations, all_laws())]
    for member in members:
        assert member.weights.sum() == pytest.approx(1)
        assert (member.weights >= 0).all()
        assert len(member.errors) == len(origins(observations))
    assert stacking_weights(members, PRIOR).sum() == pytest.approx(1)


def test_more_evidence_favours_the_shapes_that_fit(observations: Observations) -> None:
    grid_fit = fit_grids(observations, (find_law("power-3"),))[1]
    best = int(grid_fit.profile.error.argmin())
    few, many = (
        ensemble_member(grid_fit, replace(PRIOR, spread=10.0, evidence=evidence)).weights[best]
        for evidence in (2.0, 12.0)
    )
    assert few < many


def test_a_narrow_prior_draws_shapes_to_the_retention_it_expects(
    observations: Observations,
) -> None:
    grid_fit = fit_grids(observations, (find_law("power-3"),))[1]
    keeps = np.nan_to_num(grid_fit.profile.retention, nan=0.5)
    means = [
        float(ensemble_member(grid_fit, replace(PRIOR, retention=r, spread=0.05)).weights @ keeps)
        for r in (0.4, 0.7, 0.95)
    ]
    assert means[0] < means[1] < means[2]


def test_few_sizes_amount_to_few_points() -> None:
    assert independent(PRIOR, 2) < independent(PRIOR, 5) <= independent(PRIOR, 1000)
    assert independent(PRIOR, 1000) == PRIOR.evidence


def test_a_smaller_backtest_error_weighs_more(observations: Observations) -> None:
    grid_fit = fit_grids(observations, (find_law("power-3"),))[1]
    member = ensemble_member(grid_fit, PRIOR)
    worse = replace(member, errors=tuple(10 * error for error in member.errors))
    weights = stacking_weights([member, worse], PRIOR)
    assert weights[0] > weights[1]
    assert stacking_weights([member, worse], replace(PRIOR, sharpness=0.0)) == pytest.approx(
        [0.5, 0.5]
    )


def test_laws_of_fewer_parameters_are_favoured_as_the_prior_says(
    observations: Observations,
) -> None:
    members = [
        ensemble_member(one, PRIOR) for one in fit_grids(observations, (find_law("power-2"),))
    ]
    members += [replace(one, law=find_law("power-3")) for one in members]
    weights = stacking_weights(members, replace(PRIOR, simplicity=1.5)).reshape(2, -1).sum(axis=1)
    assert weights[0] / weights[1] == pytest.approx(np.exp(1.5))
