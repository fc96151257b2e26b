"""Inverse: from a wanted loss, or a price, back to a number of samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.averages import Averaged
from dataworth.forecast.results import ReachableSize, SampleSize, Stop
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
Drawn = Callable[[Floats], Floats]
"""From ``u = log(n / N)``, shape (m,), to the log loss of every draw, shape (draws, m)."""
_FURTHEST = math.log(1e6)
"""Sizes are searched up to a million times the largest one measured."""
REACH = 32.0
"""A target counts as reached, in `SampleSize.if_reachable`, up to so many times the largest size:
public curves say nothing of what lies further."""
_TOO_FEW = 0.01
"""A probability of reaching a target that rests on too few draws to say with how many samples."""
_STEPS = 128
_PRICELESS = 1e100
_EVEN = 0.5
_INSIDE = 256
_BELOW = math.log(10)
"""Sizes at which the probability is taken within the measured range, about."""
_EQUAL = 1 + 1e-12
"""A mean of equal losses may differ from them in its last digits."""
_CLOSER = 4
"""Times that the step between two sizes is cut in eight, to find the one that meets a loss."""


def samples_for(
    measured: Averaged,
    observations: Observations,
    drawn: Drawn,
    loss: float,
    target: float,
    level: float,
    assurance: float | None,
) -> SampleSize:
    """The sizes at which a loss is met with given probabilities; see `Forecast.samples_for`."""
    largest = float(observations.sizes[-1])
    met = _met_at(measured, loss)
    grid = np.linspace(0.0, _FURTHEST, _STEPS)
    chances = _chances(drawn, grid, loss)
    inside, before = _measured_chances(observations, drawn, loss, float(chances[0]))

    def size_at(probability: float) -> float:
        size = math.inf
        if len(before) and probability <= before[-1]:
            size = largest * math.exp(float(inside[np.searchsorted(before, probability)]))
        elif probability > chances[0]:
            size = largest * math.exp(_reached(drawn, grid, chances, loss, probability))
        else:
            size = largest
        # That a mean meets the loss is an even bet; to be surer takes the draws.
        if met is not None and probability <= _EVEN:
            size = min(size, met)
        # Where no error was seen, the target is met as far as the held-out rows can show it.
        return size if measured.perfect is None else min(size, measured.perfect)

    tail = (1 - level) / 2
    within = float(chances[grid <= math.log(REACH)].max())
    if met is not None:
        within = max(within, 0.5)
    return SampleSize(
        target,
        size_at(0.5),
        size_at(tail),
        size_at(1 - tail),
        # Even, at least, where a mean has met the loss: draws of a flat curve vary about it.
        1.0
        if measured.perfect is not None
        else max(float(chances.max()), 0.0 if met is None else _EVEN),
        level,
        assurance,
        None if assurance is None else size_at(assurance),
        met is not None,
        None
        if within < _TOO_FEW
        else ReachableSize(*(size_at(within * p) for p in (0.5, tail, 1 - tail))),
    )


def _met_at(measured: Averaged, loss: float) -> float | None:
    """The first measured size from which on the mean meets the loss."""
    above = np.flatnonzero(measured.means > loss * _EQUAL)
    first = 0 if not len(above) else int(above[-1]) + 1
    return float(measured.sizes[first]) if first < len(measured.sizes) else measured.perfect


def _measured_chances(
    observations: Observations, drawn: Drawn, loss: float, last: float
) -> tuple[Floats, Floats]:
    """Sizes up to the largest measured one, and the probability that the loss is met there.

    Each draw is a curve through the measured losses and their noise. A curve that falls is fitted
    to it, as means of few runs rise and fall about it: the probability is the share of those that
    meet the loss. At the largest size it is that of the draws themselves, `last`.

    Returns
    -------
    tuple of ndarray, shape (k,)
        ``log(n / N)``, rising, and probabilities, which do not fall.
    """
    nodes = observations.u
    weights = 1 / (observations.noise + observations.noise.mean() + 1e-12)
    curves = falling(drawn(nodes), weights)
    steps = max(2, _INSIDE // len(nodes))
    u = np.unique(np.concatenate([np.linspace(*pair, steps) for pair in pairwise(nodes)]))
    right = np.clip(np.searchsorted(nodes, u), 1, len(nodes) - 1)
    share = (u - nodes[right - 1]) / (nodes[right] - nodes[right - 1])
    wanted = math.log(loss)
    between = [
        float(((1 - at) * curves[:, k - 1] + at * curves[:, k] <= wanted).mean())
        for at, k in zip(share, right, strict=True)
    ]
    # A target that the smallest size meets may be met below it: there the draws follow the laws.
    down = nodes[0] - np.linspace(_BELOW, 0.0, steps, endpoint=False)
    down = down[np.exp(down) * observations.sizes[-1] >= 1]
    under = (drawn(down) <= wanted).mean(axis=0) if len(down) else np.zeros(0)
    u = np.concatenate([down, u])
    met = np.concatenate([np.minimum(under, between[0]), between])
    return u, np.maximum.accumulate(np.minimum(met, last))


def falling(values: Floats, weights: Floats) -> Floats:
    """The sequences that do not rise and are nearest to some others, in weighted least squares.

    The fit at k is the least, over starts up to k, of the greatest mean from there over ends from
    k on (isotonic regression; Barlow et al. 1972, Statistical Inference under Order Restrictions).

    Parameters
    ----------
    values : ndarray, shape (draws, m)
    weights : ndarray, shape (m,)

    Returns
    -------
    ndarray, shape (draws, m)
    """
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values * weights, axis=1, out=sums[:, 1:])
    totals = np.concatenate([[0.0], np.cumsum(weights)])
    fit = np.full_like(values, np.inf)
    for start in range(values.shape[1]):
        means = (sums[:, start + 1 :] - sums[:, start : start + 1]) / (
            totals[start + 1 :] - totals[start]
        )
        greatest = np.maximum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        np.minimum(fit[:, start:], greatest, out=fit[:, start:])
    return fit


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
