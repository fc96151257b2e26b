"""Choice: which laws the measured points favour, and with which parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.answers import ChosenLaw, Estimate
from dataworth.laws.base import Law
from dataworth.laws.draws import Draws
from dataworth.laws.fit import fit_law
from dataworth.laws.points import Points
from dataworth.laws.posterior import Posterior

Floats = NDArray[np.float64]


def law_weights(posterior: Posterior) -> dict[str, float]:
    """The posterior weight of each law by name, largest first."""
    shapes = posterior.shapes
    total = np.bincount(shapes.law, posterior.weights.sum(axis=0), minlength=len(shapes.laws))
    order = np.argsort(-total, kind="stable")
    return {shapes.laws[index].name: float(total[index]) for index in order}


def choose(points: Points, posterior: Posterior, draws: Draws) -> ChosenLaw:
    """The law of largest weight, fitted, with intervals from its own draws."""
    weights = law_weights(posterior)
    name = next(iter(weights))
    index = [law.name for law in posterior.shapes.laws].index(name)
    law = posterior.shapes.laws[index]
    fitted = fit_law(law, points).parameters
    spread = _drawn(
        law, points, draws, np.flatnonzero(posterior.shapes.law[draws.candidate] == index)
    )
    estimates = {}
    for key, value in fitted.items():
        low, high = np.quantile(spread[key], [0.05, 0.95])
        estimates[key] = Estimate(value, min(float(low), value), max(float(high), value))
    return ChosenLaw(law.name, law.formula, law.source, estimates, weights[name])


def _drawn(law: Law, points: Points, draws: Draws, mine: NDArray[np.int64]) -> dict[str, Floats]:
    """The parameters of these draws of one law, each shape spread over its cell of the grid."""
    shapes = draws.shapes
    unit = float(points.sizes[-1])
    candidate = draws.candidate[mine]
    grid = law.shapes()[shapes.row[candidate]]
    rng = np.random.Generator(np.random.Philox(len(mine)))
    columns: list[dict[str, float]] = []
    loss = np.exp(draws.level[mine])
    share = shapes.share[candidate]
    for row in range(len(mine)):
        shape = [
            _within_cell(parameter.grid, value, float(rng.random()))
            for parameter, value in zip(law.shape, grid[row], strict=True)
        ]
        at_end = float(law.evaluate(np.array([shape]), np.ones(1))[0, 0])
        e, b = share[row] * loss[row], (1 - share[row]) * loss[row] / at_end
        columns.append(law.in_samples(shape, float(e), float(b), unit))
    return {key: np.array([column[key] for column in columns]) for key in columns[0]}


def _within_cell(grid: tuple[float, ...], value: float, where: float) -> float:
    """A value spread evenly over the cell around a grid value, half way to its neighbours."""
    index = int(np.argmin(np.abs(np.array(grid) - value)))
    low = (grid[max(index - 1, 0)] + grid[index]) / 2
    high = (grid[min(index + 1, len(grid) - 1)] + grid[index]) / 2
    return low + where * (high - low)
