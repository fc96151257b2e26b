"""Points: what they know of their noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from law_curves import SIZES, curve_of, noisy, power

from dataworth.laws import prepare

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
    assert not own.seeded
    np.testing.assert_allclose(own.noise, own.scatter**2)
    assert own.run_noise == own.noise[-1]


def test_many_looks_at_one_run_do_not_show_their_noise() -> None:
    sizes = np.round(np.geomspace(1000, 8000, 24))
    looks = prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)))
    assert not looks.noisy
    assert (looks.noise == 0).all()


def test_seeds_show_noise_however_close_the_sizes() -> None:
    sizes = np.repeat(np.round(np.geomspace(1000, 2000, 12)), 4)
    points = prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)))
    assert points.seeded
    assert points.noisy
    assert np.sqrt(points.run_noise) == pytest.approx(0.02, rel=0.3)
