"""Intervals hold the truth about as often as they say, for curves of known law."""

from __future__ import annotations

import numpy as np
import pytest
from law_curves import noisy, power
from scipy.stats import binom

import dataworth as dw
from dataworth import Curve
from dataworth.laws.base import Law
from dataworth.laws.registry import all_laws, find_law

SIZES = np.geomspace(500, 64_000, 8).round()
CURVES = 40


def truths(seed: int) -> dict[str, float]:
    """A power law with some floor, some exponent."""
    rng = np.random.default_rng(seed)
    return {"e": float(rng.uniform(0, 0.4)), "b": 20.0, "c": float(rng.uniform(0.25, 0.6))}


@pytest.mark.slow
def test_predictions_are_held_as_often_as_stated() -> None:
    """The prior is of the world, where curves also leave their law: these are held more often."""
    law = find_law("power-3")
    held = {0.9: 0, 0.5: 0}
    for seed in range(CURVES):
        params = truths(seed)
        sizes = np.repeat(SIZES, 3)
        forecast = dw.forecast(Curve(sizes, noisy(law.predict(params, sizes), 0.02, seed)))
        actual = law.predict(params, 4 * SIZES[-1])
        for level in held:
            predicted = forecast.predict([4 * SIZES[-1]], level=level)
            held[level] += int(predicted.lower[0] <= actual <= predicted.upper[0])
    for level, count in held.items():
        assert count >= binom.ppf(0.001, CURVES, level)


def known(law: Law, rng: np.random.Generator) -> dict[str, float]:
    """Random parameters within the law's bounds, of a curve that falls by a third or more."""
    while True:
        shape = [float(rng.uniform(*parameter.bounds)) for parameter in law.shape]
        floor = float(rng.uniform(0, 0.6)) if law.floor else 0.0
        last = law.evaluate(np.array([shape]), np.ones(1))[0, 0]
        params = law.in_samples(shape, floor, (1 - floor) / last, float(SIZES[-1]))
        first, last = law.predict(params, SIZES[[0, -1]])
        if 1.3 < first / last < 50:
            return params


@pytest.mark.slow
def test_told_its_law_a_forecast_holds_predictions_and_parameters_as_often_as_stated() -> None:
    """Every family that forecasts choose from; the large run is benchmarks/simulation.py."""
    predictions, parameters = [], []
    laws = [law for law in all_laws() if law.shape and not law.baseline]
    for law in laws:
        for seed in range(CURVES // 4):
            rng = np.random.default_rng([seed, *law.name.encode()])
            params, sizes = known(law, rng), np.repeat(SIZES, 3)
            curve = Curve(sizes, law.predict(params, sizes) * np.exp(0.02 * rng.normal(size=24)))
            told = dw.forecast(curve, laws=[law.name])
            predicted = told.predict([4 * SIZES[-1]])
            actual = law.predict(params, 4 * SIZES[-1])
            predictions.append(predicted.lower[0] <= actual <= predicted.upper[0])
            found = told.law.parameters
            parameters += [found[k].lower <= v <= found[k].upper for k, v in params.items()]
    assert sum(predictions) >= binom.ppf(0.001, len(predictions), 0.9)
    assert sum(parameters) >= binom.ppf(0.001, len(parameters), 0.9)


def test_noise_widens_the_interval() -> None:
    widths = []
    for spread in (0.002, 0.02, 0.1):
        predicted = dw.forecast(Curve(SIZES, noisy(power(SIZES), spread, 1))).predict([1e5])
        widths.append(np.log(predicted.upper / predicted.lower)[0])
    assert widths[0] < widths[1] < widths[2]
