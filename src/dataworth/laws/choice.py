"""Choice: which laws the backtest favours, and with which parameters."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.answers import ChosenLaw, Estimate
from dataworth.laws.draws import Draws
from dataworth.laws.fit import fit_law
from dataworth.laws.members import Member

Floats = NDArray[np.float64]
_SPREAD = 2000


def law_weights(draws: Draws) -> dict[str, float]:
    """The weight of each law by name, over all its members, largest first."""
    total: dict[str, float] = {}
    for member, weight in zip(draws.members, draws.weights, strict=True):
        total[member.law.name] = total.get(member.law.name, 0.0) + float(weight)
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def choose(draws: Draws) -> ChosenLaw:
    """The law of largest weight, fitted, with 90 % intervals of its parameters.

    An interval holds the shapes of all the law's members by their weight, each spread over its
    cell of the grid, and is never narrower than the distance to the fitted value.
    """
    weights = law_weights(draws)
    name = next(iter(weights))
    mine = [index for index, member in enumerate(draws.members) if member.law.name == name]
    best = max(mine, key=lambda index: draws.weights[index])
    law = draws.members[best].law
    fitted = fit_law(law, draws.points, draws.members[best].nearness).parameters
    share = draws.weights[mine] / draws.weights[mine].sum()
    drawn = [
        _drawn(draws.members[index], round(_SPREAD * weight), draws)
        for index, weight in zip(mine, share, strict=True)
        if round(_SPREAD * weight) > 0
    ]
    estimates = {}
    for key, value in fitted.items():
        low, high = np.nanquantile(np.concatenate([one[key] for one in drawn]), [0.05, 0.95])
        estimates[key] = Estimate(value, min(float(low), value), max(float(high), value))
    return ChosenLaw(law.name, law.formula, law.source, estimates, weights[name])


def _drawn(member: Member, count: int, draws: Draws) -> dict[str, Floats]:
    """Parameters of a member, drawn by the weights of its shapes."""
    rng = np.random.Generator(np.random.Philox(count))
    rows = rng.choice(len(member.weights), size=count, p=member.weights)
    shapes = member.shapes[rows].copy()
    for column, parameter in enumerate(member.law.shape):
        shapes[:, column] = _within_cells(parameter.grid, shapes[:, column], rng)
    # The amplitude that keeps the loss at the largest size where the row had it.
    unit, loss = float(draws.points.sizes[-1]), math.exp(draws.points.log_loss[-1])
    at_row = member.law.evaluate(member.shapes[rows], np.ones(1))[:, 0]
    noise = np.exp(member.residual * rng.normal(size=count))
    lengths = np.array([parameter.kind == "length" for parameter in member.law.shape], bool)
    scaled = np.where(lengths, shapes * unit, shapes)
    at_unit = member.law.evaluate(scaled, np.array([unit]))[:, 0]
    drawn = {"e": member.e[rows] * loss * noise} if member.law.floor else {}
    with np.errstate(all="ignore"):
        drawn["b"] = member.b[rows] * loss * noise * at_row / at_unit
    names = [parameter.name for parameter in member.law.shape]
    return drawn | {name: scaled[:, column] for column, name in enumerate(names)}


def _within_cells(grid: tuple[float, ...], values: Floats, rng: np.random.Generator) -> Floats:
    """Values spread evenly over the cells around them, which end half way to their neighbours."""
    known = np.array(grid)
    index = np.searchsorted(known, values)
    low = (known[np.maximum(index - 1, 0)] + known[index]) / 2
    high = (known[np.minimum(index + 1, len(known) - 1)] + known[index]) / 2
    return np.asarray(low + rng.random(len(values)) * (high - low))
