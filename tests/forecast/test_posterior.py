"""The posterior of a law that is taken as known."""

from __future__ import annotations

import numpy as np
import pytest
from law_curves import SIZES, curve_of, noisy, power

import dataworth as dw
from dataworth.forecast.ensemble import EnsembleMember
from dataworth.forecast.grid_fits import fit_grids
from dataworth.forecast.posterior import posterior_member
from dataworth.forecast.prepare import prepare
from dataworth.forecast.prior import shipped_prior
from dataworth.laws.base import Law
from dataworth.laws.fit import fit_law
from dataworth.laws.observations import Observations
from dataworth.laws.registry import all_laws, find_law

PRIOR = shipped_prior(True)
each_law = pytest.mark.parametrize("law", all_laws(), ids=lambda law: law.name)


def observations_of(spread: float = 0.01) -> Observations:
    sizes = np.repeat(SIZES, 3)
    return prepare(curve_of(sizes, noisy(power(sizes), spread, 0)))


def drawn(law: Law, observations: Observations, above: float | None = None) -> EnsembleMember:
    return posterior_member(fit_grids(observations, (law,))[1], observations, PRIOR, above)


@each_law
def test_draws_stay_within_bounds(law: Law) -> None:
    member = drawn(law, observations_of())
    assert np.isfinite(member.shapes).all()
    assert (member.e >= 0).all()
    assert (member.b >= 0).all()
    assert member.weights.sum() == pytest.approx(1)
    for column, parameter in enumerate(law.shape):
        low, high = parameter.bounds
        assert (member.shapes[:, column] >= low - 1e-12).all()
        assert (member.shapes[:, column] <= high + 1e-12).all()
    if not law.floor:
        assert (member.e == 0).all()


@each_law
def test_draws_lie_around_what_is_fitted(law: Law) -> None:
    observations = observations_of()
    member = drawn(law, observations)
    fitted = np.log(
        fit_law(law, observations, member.weight_exponent).predict(observations.sizes[-1:])
    )[0]
    here = member.log_loss(np.zeros(1))[:, 0] + observations.log_loss[-1]
    assert np.median(here) == pytest.approx(fitted, abs=0.03)


def test_the_same_points_give_the_same_draws() -> None:
    first, again = (drawn(find_law("m4"), observations_of()) for _ in range(2))
    np.testing.assert_array_equal(first.shapes, again.shapes)
    np.testing.assert_array_equal(first.e, again.e)


def test_noise_widens_the_posterior() -> None:
    widths = [
        float(np.ptp(drawn(find_law("power-3"), observations_of(s)).e)) for s in (0.001, 0.01, 0.1)
    ]
    assert widths[0] < widths[1] < widths[2]


def test_a_floor_that_no_size_shows_may_be_zero() -> None:
    sizes = np.repeat(SIZES, 3)
    observations = prepare(curve_of(sizes, noisy(5 * sizes**-0.5, 0.01, 1)))
    member = drawn(find_law("power-3"), observations)
    assert np.quantile(member.e, 0.05) < 0.1


def test_a_law_without_shape_is_known_as_well_as_its_level() -> None:
    member = drawn(find_law("last-value"), observations_of())
    assert member.shapes.shape[1] == 0
    assert 0 < np.std(member.b) < 0.2


def test_knowing_chance_draws_the_start_to_it() -> None:
    law, observations = find_law("chance-plateau"), observations_of()
    near, far = (
        np.median(drawn(law, observations, above).b) for above in (np.log(5.0), np.log(50.0))
    )
    assert near < far


def test_intervals_of_parameters_hold_what_is_fitted() -> None:
    curve = curve_of(np.repeat(SIZES, 3), noisy(power(np.repeat(SIZES, 3)), 0.02, 3))
    for laws in (["power-3"], None):
        chosen = dw.forecast(curve, laws=laws).law
        assert set(chosen.parameters) == set(find_law(chosen.name).parameters)
        for name, estimate in chosen.parameters.items():
            assert estimate.lower <= estimate.value <= estimate.upper, name
