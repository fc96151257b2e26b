"""Intervals hold the truth about as often as they say, for curves of known law."""

from __future__ import annotations

import numpy as np
import pytest
from law_curves import noisy, power
from scipy.stats import binom

import dataworth as dw
from dataworth import Curve
from dataworth.laws import find_law

SIZES = np.geomspace(500, 64_000, 8).round()
CURVES = 40


def truths(seed: int) -> dict[str, float]:
    """A power law with some floor, some exponent."""
    rng = np.random.default_rng(seed)
    return {"e": float(rng.uniform(0, 0.4)), "b": 20.0, "c": float(rng.uniform(0.25, 0.6))}


@pytest.mark.parametrize(("level", "least"), [(0.9, 0.9), (0.5, 0.5)])
def test_predictions_are_held_as_often_as_stated(level: float, least: float) -> None:
    """The prior is of the world, where curves also leave their law: these are held more often."""
    law = find_law("power-3")
    held = 0
    for seed in range(CURVES):
        params = truths(seed)
        sizes = np.repeat(SIZES, 3)
        curve = Curve(sizes, noisy(law.predict(params, sizes), 0.02, seed))
        predicted = dw.forecast(curve).predict([4 * SIZES[-1]], level=level)
        held += int(predicted.lower[0] <= law.predict(params, 4 * SIZES[-1]) <= predicted.upper[0])
    assert held >= binom.ppf(0.001, CURVES, least)


def test_parameters_are_held_as_often_as_stated() -> None:
    law = find_law("power-3")
    held = 0
    for seed in range(CURVES):
        params = truths(seed)
        curve = Curve(SIZES, noisy(law.predict(params, SIZES), 0.01, seed))
        fitted = dw.forecast(curve, laws=["power-3"]).law.parameters
        held += int(fitted["c"].lower <= params["c"] <= fitted["c"].upper)
    assert held >= binom.ppf(0.001, CURVES, 0.9)


def test_noise_widens_the_interval() -> None:
    widths = []
    for spread in (0.002, 0.02, 0.1):
        predicted = dw.forecast(Curve(SIZES, noisy(power(SIZES), spread, 1))).predict([1e5])
        widths.append(np.log(predicted.upper / predicted.lower)[0])
    assert widths[0] < widths[1] < widths[2]
