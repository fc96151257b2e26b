"""Weights of the laws, and the parameters of the law with the largest weight."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.draws import Draws
from dataworth.forecast.results import ChosenLaw, Estimate
from dataworth.laws.fit import fit_law

Floats = NDArray[np.float64]


def law_weights(draws: Draws) -> dict[str, float]:
    """The weight of each law by name, summed over its members, largest first."""
    total: dict[str, float] = {}
    for member, weight in zip(draws.members, draws.weights, strict=True):
        total[member.law.name] = total.get(member.law.name, 0.0) + float(weight)
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def law_summary(draws: Draws, weight: float) -> ChosenLaw:
    """The law of largest weight, fitted, with 90 % intervals of its parameters.

    Parameters
    ----------
    draws : Draws
        Draws of that law alone: its rows are draws from the posterior of its parameters. An
        interval is extended if necessary to include the fitted value.
    """
    best = draws.members[int(np.argmax(draws.weights))]
    fitted = fit_law(best.law, draws.observations, best.weight_exponent).parameters
    drawn = _parameters(draws)
    estimates = {}
    for key, value in fitted.items():
        low, high = np.nanquantile(drawn[key], [0.05, 0.95])
        estimates[key] = Estimate(value, min(float(low), value), max(float(high), value))
    return ChosenLaw(best.law.name, best.law.formula, best.law.source, estimates, weight)


def _parameters(draws: Draws) -> dict[str, Floats]:
    """The parameters of each draw, lengths in samples."""
    unit, loss = float(draws.observations.sizes[-1]), math.exp(draws.observations.log_loss[-1])
    parts = []
    for index, member in enumerate(draws.members):
        lengths = np.array([parameter.kind == "length" for parameter in member.law.shape], bool)
        scaled = np.where(lengths, member.shapes * unit, member.shapes)
        # The amplitude for lengths in samples, such that the loss at the largest size is the same.
        here = member.law.evaluate(member.shapes, np.ones(1))[:, 0]
        there = member.law.evaluate(scaled, np.array([unit]))[:, 0]
        with np.errstate(all="ignore"):
            columns = [member.e * loss, member.b * loss * here / there, *scaled.T]
        parts.append(np.stack(columns)[:, draws.row[draws.member == index]])
    names = ["e", "b", *(parameter.name for parameter in draws.members[0].law.shape)]
    drawn = dict(zip(names, np.concatenate(parts, axis=1), strict=True))
    return {name: drawn[name] for name in draws.members[0].law.parameters}
