"""Projection: what a residual is, and that the solution is the best one allowed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from law_curves import SIZES, curve_of, noisy, power

from dataworth.forecast.prepare import prepare
from dataworth.laws.base import Law
from dataworth.laws.fit import fit_law, project, weighted_losses
from dataworth.laws.registry import all_laws, find_law


@given(st.floats(1.05, 2.7), st.integers(1, len(SIZES) - 2))
def test_a_size_too_low_pulls_as_hard_as_one_too_high(times: float, at: int) -> None:
    flat = np.full(len(SIZES), 0.5)
    found = []
    for factor in (times, 1 / times):
        losses = flat.copy()
        losses[at] *= factor
        found.append(fit_law(find_law("last-value"), prepare(curve_of(SIZES, losses))).b)
    assert found[0] > 0.5 > found[1]
    assert np.mean(found) == pytest.approx(0.5)


def test_one_broken_size_does_not_carry_the_fit_away() -> None:
    losses = power(SIZES)
    losses[2] *= 1e-9
    predicted = fit_law(find_law("power-2"), prepare(curve_of(SIZES, losses))).predict(SIZES[-1:])
    assert predicted[0] == pytest.approx(power(SIZES[-1:])[0], rel=0.1)


def test_the_log_of_a_steady_curve_is_made_linear_where_it_was_measured() -> None:
    observations = prepare(curve_of(SIZES, power(SIZES)))
    losses = weighted_losses(observations, 2.0)
    np.testing.assert_allclose(
        losses.around, np.exp(observations.log_loss - observations.log_loss[-1])
    )
    np.testing.assert_allclose(losses.target, losses.root)
    assert (losses.root**2).sum() == pytest.approx(1)


@pytest.mark.parametrize("law", all_laws(), ids=lambda law: law.name)
def test_nothing_near_the_solution_fits_better(law: Law) -> None:
    observations = prepare(curve_of(SIZES, noisy(power(SIZES), 0.1, 0)))
    losses = weighted_losses(observations, 1.0)
    basis = law.evaluate(law.shapes(), np.exp(observations.u))
    e, b, error = project(law, basis, losses)

    def error_of(e: np.ndarray, b: np.ndarray) -> np.ndarray:
        predicted = e[:, None] + b[:, None] * basis
        off = losses.root * predicted / losses.around - losses.target
        return np.asarray(np.sum(off**2, axis=1))

    np.testing.assert_allclose(error_of(e, b), error, atol=1e-9)
    for more in (0.99, 1.01):
        assert (error_of(e, b * more) >= error - 1e-9).all()
        if law.floor:
            assert (error_of(e * more, b) >= error - 1e-9).all()
            assert (error_of(e + 0.01, b) >= error - 1e-9).all()
