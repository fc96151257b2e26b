"""Outlook: how wide the interval at a size will be after runs that are not done yet.

A forecast takes a tenth of a second, and a plan compares hundreds of ways to go on. The outlook
stands in for the forecasts to come. It is a Gaussian process of the log loss over ``x = log n``: a
straight line whose slope is an unknown that wanders (an integrated Wiener process, Wahba 1978). Its
spread at a size depends on where runs are and on their noise alone, not on their values. How far
the slope wanders is chosen such that the spread is that of the actual forecast from the runs that
are done; a run that the forecast does not gain from is then not expected to be worth much either.
What the process promises of larger sizes is then reduced to what they brought in a replay of public
curves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
_SLOPE = 0.3
"""Prior standard deviation of the slope of the log loss in log n."""
_LEVEL = 3.0
_NOISE, _NOISE_FREEDOM = 0.03, 1.0
"""Prior of the noise of one run, which counts as so many degrees of freedom."""
_NOISE_FALLS = 0.5
"""The variance of a run's log loss falls as ``n ** -0.5``: between a constant and the binomial."""
_CHANCE = 0.1
"""How narrow an interval is, is in part chance, which does not last when the largest size grows:
the logarithm of the spread falls by spread / (spread + 0.1) of what the process says. Further runs
of the same sizes do all that it says (benchmarks/planner_outlook.py)."""
_ERROR, _ERROR_OF_SEEDS = 0.6, 0.36
"""Standard deviation of the logarithm of the spread after runs about its expectation: with a larger
size, and without one (the same script)."""
_WANDER = (1e-7, 1e2)
_STEPS = 40
_MOST = 24
"""Only the largest sizes count where there are more."""


class Outlook:
    """The spread of one model's log loss at a size, for any further runs.

    Parameters
    ----------
    counts : mapping of int to int
        Runs of each size that are done.
    size : float
        The size of the goal.
    spread : float
        Standard deviation of the log loss there by the forecast.
    noise : float
        Standard deviation of the log loss of one run at the largest size.
    freedom : float
        Degrees of freedom that `noise` is known with; 0 if it is a guess.
    """

    def __init__(
        self,
        counts: Mapping[int, int],
        size: float,
        spread: float,
        noise: float,
        freedom: float,
    ) -> None:
        self._counts = dict(sorted(counts.items())[-_MOST:])
        self._largest = max(self._counts)
        self._size = size
        self._spread = spread
        prior = _NOISE_FREEDOM * _NOISE**2 + freedom * noise**2
        self.noise = math.sqrt(prior / (_NOISE_FREEDOM + freedom))

    def after(self, extra: Mapping[int, int]) -> float:
        """The spread that is expected when further runs of some sizes are done.

        Parameters
        ----------
        extra : mapping of int to int
            Runs by size, besides those that are done.
        """
        share = self.by_process(extra) / self._spread
        if max(extra, default=0) > self._largest:
            share = math.pow(share, self._spread / (self._spread + _CHANCE))
        return self._spread * share

    def by_process(self, extra: Mapping[int, int]) -> float:
        """The spread after further runs by the process alone; parameters as for `after`."""
        counts = dict(self._counts)
        for size, count in extra.items():
            counts[size] = counts.get(size, 0) + count
        now = self._of(self._counts, self._wander)
        return self._spread * self._of(counts, self._wander) / max(now, 1e-12)

    def chance(self, extra: Mapping[int, int], spread: float) -> float:
        """The probability that further runs bring the spread down to `spread`.

        Parameters
        ----------
        extra : mapping of int to int
            As for `after`.
        spread : float
        """
        error = _ERROR if max(extra, default=0) > self._largest else _ERROR_OF_SEEDS
        return float(ndtr(math.log(spread / self.after(extra)) / error))

    @cached_property
    def _wander(self) -> float:
        """Variance of the slope per unit of log n, that gives the forecast's spread."""
        low, high = math.log(_WANDER[0]), math.log(_WANDER[1])
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if self._of(self._counts, math.exp(middle)) < self._spread:
                low = middle
            else:
                high = middle
        return math.exp((low + high) / 2)

    def _of(self, counts: Mapping[int, int], wander: float) -> float:
        """The standard deviation at the goal's size, by the process."""
        sizes = np.array([*counts, self._size], np.float64)
        x = np.log(sizes / sizes.min())
        least, most = np.minimum.outer(x, x), np.maximum.outer(x, x)
        kernel = _LEVEL**2 + _SLOPE**2 * np.outer(x, x) + wander * least**2 * (3 * most - least) / 6
        runs = np.array(list(counts.values()), np.float64)
        variance = self.noise**2 * (sizes[:-1] / self._largest) ** -_NOISE_FALLS
        measured = kernel[:-1, :-1] + np.diag(variance / runs + 1e-10)
        across = kernel[:-1, -1]
        left = kernel[-1, -1] - across @ np.linalg.solve(measured, across)
        return math.sqrt(max(float(left), 1e-12))
