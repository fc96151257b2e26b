"""Retention: what is known of it without any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworth.laws.registry import find_law
from dataworth.laws.retention import AHEAD, basis_ahead, retained

ONE = np.ones(1)


@given(st.floats(0.01, 2.5), st.floats(1e-3, 1e3))
def test_a_pure_power_law_keeps_all_of_its_slope(c: float, at: float) -> None:
    kept = retained(basis_ahead(find_law("power-2"), np.array([[c]]), at), 0 * ONE, ONE)
    assert kept[0] == pytest.approx(1, abs=1e-4)


@given(st.floats(0.05, 1.5), st.floats(0.1, 0.9))
def test_a_floor_takes_slope_away_as_the_formula_says(c: float, floor: float) -> None:
    basis = basis_ahead(find_law("power-3"), np.array([[c]]), 1.0)
    kept = retained(basis, floor * ONE, (1 - floor) * ONE)
    slope = c * (1 - floor)
    mean = -math.log(floor + (1 - floor) * AHEAD**-c) / math.log(AHEAD)
    assert kept[0] == pytest.approx(mean / slope, rel=1e-3)
    assert kept[0] < 1


def test_a_curve_that_leaves_a_plateau_gets_steeper() -> None:
    kept = retained(basis_ahead(find_law("mmf"), np.array([[1.0, 4.0]]), 0.1), 0 * ONE, ONE)
    assert kept[0] > 1


def test_a_flat_curve_has_none() -> None:
    kept = retained(basis_ahead(find_law("power-3"), np.array([[0.5]]), 1.0), ONE, 0 * ONE)
    assert np.isnan(kept[0])
