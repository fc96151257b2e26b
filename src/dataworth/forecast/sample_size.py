"""Inverse: from a wanted loss, or a price, back to a number of samples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve
from dataworth.forecast.loss_scale import loss_scale
from dataworth.forecast.results import ReachableSize, SampleSize, Stop

Floats = NDArray[np.float64]
Drawn = Callable[[Floats], Floats]
"""From ``u = log(n / N)``, shape (m,), to the log loss of every draw, shape (draws, m)."""
_FURTHEST = math.log(1e6)
"""Sizes are searched up to a million times the largest one measured."""
REACH = 32.0
"""A target counts as reached, in `SampleSize.if_reachable`, up to so many times the largest size:
public curves say nothing of what lies further."""
_STEPS = 128
_PRICELESS = 1e100
_EQUAL = 1 + 1e-12
"""A mean of equal losses may differ from them in its last digits."""
_CLOSER = 4
"""Times that the step between two sizes is cut in eight, to find the one that meets a loss."""


def samples_for(
    curve: Curve,
    largest: float,
    drawn: Drawn,
    loss: float,
    target: float,
    level: float,
    assurance: float | None,
) -> SampleSize:
    """The sizes at which a loss is met with given probabilities; see `Forecast.samples_for`."""
    met = _met_at(curve, loss)
    grid = np.linspace(0.0, _FURTHEST, _STEPS)
    chances = _chances(drawn, grid, loss)

    def size_at(probability: float) -> float:
        # That a mean meets the loss is an even bet; to be surer takes the draws.
        if met is not None and probability <= max(0.5, chances[0]):
            return met
        return largest * math.exp(_reached(drawn, grid, chances, loss, probability))

    tail = (1 - level) / 2
    within = float(chances[grid <= math.log(REACH)].max())
    if met is not None:
        within = max(within, 0.5)
    return SampleSize(
        target,
        size_at(0.5),
        size_at(tail),
        size_at(1 - tail),
        # Even, at least, where a mean has met the loss: draws of a flat curve sway about it.
        max(float(chances.max()), 0.0 if met is None else 0.5),
        level,
        assurance,
        None if assurance is None else size_at(assurance),
        met is not None,
        None
        if within == 0
        else ReachableSize(*(size_at(within * p) for p in (0.5, tail, 1 - tail))),
    )


def _met_at(curve: Curve, loss: float) -> float | None:
    """The first measured size from which on the mean meets the loss."""
    scale = loss_scale(curve)
    means = scale.means(curve.samples, scale.losses(curve.values))
    sizes, means = curve.sizes[np.isfinite(means)], means[np.isfinite(means)]
    above = np.flatnonzero(means > loss * _EQUAL)
    first = 0 if not len(above) else int(above[-1]) + 1
    return float(sizes[first]) if first < len(sizes) else None


def _chances(drawn: Drawn, u: Floats, loss: float) -> Floats:
    """The probability that the loss is met at each size, not counting a later rise against it."""
    met = (drawn(u) <= math.log(loss)).mean(axis=0)
    return np.asarray(np.maximum.accumulate(met))


def _reached(drawn: Drawn, grid: Floats, chances: Floats, loss: float, probability: float) -> float:
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
        met = np.append(_chances(drawn, fine[1:-1], loss), 1.0)
        closer = int(np.searchsorted(met, probability))
        low, high = fine[closer : closer + 2]
    return float(high)


def stop_at(largest: float, costs: Drawn, price: float, worth: float, level: float) -> Stop:
    """The size with the largest net worth, per draw; see `Forecast.stop_at`.

    `costs` takes the place of the log losses: they are in units of the metric.
    """
    grid = np.linspace(0.0, _FURTHEST, 2 * _STEPS)
    losses = costs(grid)
    # In units of worth, so that no currency is too small or too large.
    net = losses[:, :1] - losses - min(price / worth, _PRICELESS) * largest * np.expm1(grid)
    best = net.argmax(axis=1)
    sizes = np.where(best == len(grid) - 1, math.inf, largest * np.exp(grid[best]))
    tail = (1 - level) / 2
    low, middle, high = np.quantile(sizes, [tail, 0.5, 1 - tail], method="inverted_cdf")
    at = int(np.searchsorted(grid, math.log(middle / largest) - 1e-9)) if middle < math.inf else -1
    return Stop(float(middle), float(low), float(high), worth * float(np.median(net[:, at])), level)
