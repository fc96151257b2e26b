"""ForecastGrid: a forecast as numbers so dense that a page may interpolate between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.draws import quantiles_of_draws

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast

Floats = NDArray[np.float64]
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
INTERVAL = (0.05, 0.5, 0.95)
STEP = 1_000
"""The page says what so many further samples buy."""
SHOWN, FURTHEST = 100.0, 1e6
"""Times the largest measured size: as far as the page draws, and as far as a target is sought."""
_MEASURED, _AHEAD, _BEYOND = 100, 125, 60
_CLOSE, _HALVINGS = 2e-4, 7
"""Quantiles of draws have kinks: steps are halved until what lies between is that close."""
_SPARSE, _BLOCK = 300, 100
_NUDGE = 1e-4
"""The size grows by this share to find what one more sample is worth."""
_REACHED = 257


@dataclass(frozen=True, eq=False)
class ForecastGrid:
    """A forecast's answers on grids of sizes, in the curve's own metric.

    Improvements are above 0, whether the metric improves by falling or by rising.

    Attributes
    ----------
    samples : ndarray, shape (n,)
        Rising, from the smallest measured size to a million times the largest.
    quantiles : ndarray, shape (5, n)
        The metric's quantiles 0.05, 0.25, 0.5, 0.75 and 0.95; see `Forecast.quantiles`.
    sparse : ndarray, shape (m,)
        Fewer sizes, over the same range; the next three are given there.
    next_step : ndarray, shape (3, m)
        What `STEP` further samples buy: quantiles 0.05, 0.5 and 0.95; see `Forecast.value_of`.
    per_label : ndarray, shape (3, m)
        What one further sample buys.
    since_largest : ndarray, shape (3, m)
        What going there from the largest measured size buys.
    best : ndarray, shape (257,)
        The metric that is reached with probability 1 at the first entry and 0 at the last, in
        even steps of probability; see `SampleSize.probability_reachable`.
    """

    samples: Floats
    quantiles: Floats
    sparse: Floats
    next_step: Floats
    per_label: Floats
    since_largest: Floats
    best: Floats


def forecast_grid(forecast: Forecast) -> ForecastGrid:
    """Ask a forecast everything that its page will be asked."""
    smallest, largest = (
        float(forecast.observations.sizes[0]),
        float(forecast.observations.sizes[-1]),
    )
    samples = np.concatenate(
        [
            np.geomspace(smallest, largest, _MEASURED, endpoint=False),
            np.geomspace(largest, largest * SHOWN, _AHEAD, endpoint=False),
            np.geomspace(largest * SHOWN, largest * FURTHEST, _BEYOND),
        ]
    )
    samples, quantiles = _fine(forecast, samples, largest * SHOWN)
    sparse = np.unique([*np.geomspace(smallest, largest * FURTHEST, _SPARSE), largest])
    start = forecast.scale.costs(forecast.log_losses([largest]))
    gains = [_gains(forecast, block, start) for block in _blocks(sparse)]
    next_step, per_label, since_largest = (np.hstack(part) for part in zip(*gains, strict=True))
    return ForecastGrid(
        samples=samples,
        quantiles=quantiles,
        sparse=sparse,
        next_step=next_step,
        per_label=per_label,
        since_largest=since_largest,
        best=_best(forecast, largest),
    )


def _fine(forecast: Forecast, samples: Floats, until: float) -> tuple[Floats, Floats]:
    """Quantiles at these sizes, and between them wherever a straight line would be off."""
    quantiles = _quantiles(forecast, samples)
    off = samples[1:] <= until
    for _ in range(_HALVINGS):
        between = np.sqrt(samples[:-1] * samples[1:])[off]
        if not len(between):
            break
        found = _quantiles(forecast, between)
        losses = forecast.scale.losses(quantiles)
        expected = np.sqrt(losses[:, :-1] * losses[:, 1:])[:, off]
        expected = forecast.scale.values(expected)
        # Both halves of a step are looked at again if its middle was off. The quartiles are only
        # drawn, not said.
        again = (np.abs(found - expected) > _CLOSE * np.abs(found))[::2].any(axis=0)
        places = np.flatnonzero(off) + 1
        samples = np.insert(samples, places, between)
        quantiles = np.insert(quantiles, places, found, axis=1)
        off = np.zeros(len(samples) - 1, bool)
        middles = places[again] + np.flatnonzero(again)
        off[middles - 1] = off[middles] = True
    return samples, quantiles


def _quantiles(forecast: Forecast, sizes: Floats) -> Floats:
    return np.hstack([forecast.quantiles(block, PROBABILITIES) for block in _blocks(sizes)])


def _blocks(sizes: Floats) -> list[Floats]:
    """All draws of many sizes at once would fill the memory."""
    return np.array_split(sizes, max(1, len(sizes) // _BLOCK))


def _gains(forecast: Forecast, sizes: Floats, start: Floats) -> tuple[Floats, ...]:
    now, nudged, stepped = (
        forecast.scale.costs(forecast.log_losses(each))
        for each in (sizes, sizes * (1 + _NUDGE), sizes + STEP)
    )
    return (
        _interval(now - stepped),
        _interval(now - nudged) / (sizes * _NUDGE),
        _interval(start - now),
    )


def _interval(draws: Floats) -> Floats:
    return quantiles_of_draws(draws, INTERVAL)


def _best(forecast: Forecast, largest: float) -> Floats:
    """The least loss that each share of the draws gets to, wherever that is."""
    logs = forecast.log_losses(largest * np.geomspace(1, FURTHEST, 128))
    shares = np.linspace(1, 0, _REACHED)
    costs = forecast.scale.costs(quantiles_of_draws(logs, shares).min(axis=1))
    return forecast.scale.values_of_costs(costs)
