"""Inverse: from a wanted loss, or a price, back to a number of samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.answers import SampleSize, Stop
from dataworth.laws.draws import Draws
from dataworth.laws.points import Points

Floats = NDArray[np.float64]
_FURTHEST = math.log(1e6)
"""Sizes are searched up to a million times the largest one measured."""
_STEPS = 128
_PRICELESS = 1e100
_CLOSER = 4
"""Times that the step between two sizes is cut in eight, to find the one that meets a loss."""


def samples_for(
    points: Points, draws: Draws, loss: float, target: float, level: float, assurance: float | None
) -> SampleSize:
    """The sizes at which a loss is met with given probabilities; see `Forecast.samples_for`."""
    met = _met_at(points, loss)
    if met is not None:
        assured = None if assurance is None else met
        return SampleSize(target, met, met, met, 1.0, level, assurance, assured, True)
    grid = np.linspace(0.0, _FURTHEST, _STEPS)
    chances = _chances(draws, grid, loss)

    def size_at(probability: float) -> float:
        u = _reached(draws, grid, chances, loss, probability)
        return float(points.sizes[-1]) * math.exp(u)

    tail = (1 - level) / 2
    return SampleSize(
        target,
        size_at(0.5),
        size_at(tail),
        size_at(1 - tail),
        float(chances.max()),
        level,
        assurance,
        None if assurance is None else size_at(assurance),
    )


def _met_at(points: Points, loss: float) -> float | None:
    """The first measured size from which on the loss is met."""
    above = np.flatnonzero(points.log_loss > math.log(loss))
    first = 0 if not len(above) else int(above[-1]) + 1
    return float(points.sizes[first]) if first < len(points) else None


def _chances(draws: Draws, u: Floats, loss: float) -> Floats:
    """The probability that the loss is met at each size, not counting a later rise against it."""
    met = (draws.log_loss(u) <= math.log(loss)).mean(axis=0)
    return np.asarray(np.maximum.accumulate(met))


def _reached(draws: Draws, grid: Floats, chances: Floats, loss: float, probability: float) -> float:
    """``log(n / N)`` where the probability is first reached; infinite where it never is."""
    first = int(np.searchsorted(chances, probability))
    if first == len(grid):
        return math.inf
    if first == 0:
        return 0.0
    low, high = grid[first - 1 : first + 1]
    # Draws that hardly differ meet the loss within a thousandth of each other.
    for _ in range(_CLOSER):
        fine = np.linspace(low, high, 9)
        met = np.append(_chances(draws, fine[1:-1], loss), 1.0)
        closer = int(np.searchsorted(met, probability))
        low, high = fine[closer : closer + 2]
    return float(high)


def stop_at(points: Points, draws: Draws, price: float, worth: float, level: float) -> Stop:
    """The size with the largest net worth, per draw; see `Forecast.stop_at`."""
    grid = np.linspace(0.0, _FURTHEST, 2 * _STEPS)
    largest = float(points.sizes[-1])
    losses = np.exp(draws.log_loss(grid))
    # In units of worth, so that no currency is too small or too large.
    net = losses[:, :1] - losses - min(price / worth, _PRICELESS) * largest * np.expm1(grid)
    best = net.argmax(axis=1)
    sizes = np.where(best == len(grid) - 1, math.inf, largest * np.exp(grid[best]))
    tail = (1 - level) / 2
    low, middle, high = np.quantile(sizes, [tail, 0.5, 1 - tail], method="inverted_cdf")
    at = int(np.searchsorted(grid, math.log(middle / largest) - 1e-9)) if middle < math.inf else -1
    return Stop(float(middle), float(low), float(high), worth * float(np.median(net[:, at])), level)
