"""Grid fits: every law under every weighting, solved on a curve and on its shortened copies.

For every shape on a law's grid the irreducible loss and the amplitude are solved exactly (variable
projection, Golub and Pereyra 1973). Nothing is searched, so that nothing depends on a start point,
and nothing here depends on what is believed before the curve is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law
from dataworth.laws.fit import project, weighted_losses
from dataworth.laws.observations import Observations
from dataworth.laws.retention import retained

Floats = NDArray[np.float64]
DISTANCES = (2.0, 3.0, 6.0)
"""A backtest hides the sizes beyond 1/2, 1/3 and 1/6 of the largest one."""
_NEAR_END = 0.4
"""Backtests look at the sizes within this much, in log n, of the largest: one alone is noisy."""
_LEAST = 3
WEIGHT_EXPONENTS = (1.0, 2.0, 3.0)
"""The weighting constants: larger sizes count as n to these powers."""
QUIETEST = 1e-8
"""Mean squared residual below which one fit is as good as another."""


@dataclass(frozen=True, eq=False)
class Profile:
    """All shapes of a law, fitted to the smallest sizes of a curve.

    Attributes
    ----------
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape, in units of the loss at the largest size
        fitted.
    error : ndarray, shape (k,)
        Weighted mean squared residual of the log loss.
    retention : ndarray, shape (k,)
        See `retained`; NaN where flat.
    noise : float or None
        What noise that shows explains of `error`; None where it does not show.
    sizes : int
        Number of sizes fitted.
    weighing : float
        How many observations of equal weight would weigh as evenly as these (Kish 1965).
    """

    e: Floats
    b: Floats
    error: Floats
    retention: Floats
    noise: float | None
    sizes: int
    weighing: float


@dataclass(frozen=True, eq=False)
class BacktestFit:
    """A shortened copy of the curve, and by how much each shape missed what was hidden from it.

    ``missed`` is the mean of ``log(predicted / actual)`` near the largest size, shape (k,).
    """

    profile: Profile
    missed: Floats


@dataclass(frozen=True, eq=False)
class GridFit:
    """A law under a weighting constant, solved.

    Attributes
    ----------
    law : Law
        The law.
    weight_exponent : float
        Larger sizes count as n^weight_exponent.
    shapes : ndarray, shape (k, p)
        The law's shapes, lengths in units of the largest size.
    profile : Profile
        All of the curve.
    backtest_fits : tuple of BacktestFit
        Its shortened copies.
    residual : float
        Standard deviation of the best shape's residuals, near the largest size.
    """

    law: Law
    weight_exponent: float
    shapes: Floats
    profile: Profile
    backtest_fits: tuple[BacktestFit, ...]
    residual: float


def origins(observations: Observations) -> list[int]:
    """How many of the smallest sizes each shortened copy keeps."""
    counts = [int((observations.u <= -math.log(d) + 1e-9).sum()) for d in DISTANCES]
    if len(observations) > _LEAST > counts[0]:
        counts.append(len(observations) - 1)
    return sorted({count for count in counts if count >= _LEAST}, reverse=True)


def fit_grids(observations: Observations, laws: tuple[Law, ...]) -> list[GridFit]:
    """Fit every law to a curve under every weighting constant of `WEIGHT_EXPONENTS`."""
    counts = origins(observations)
    found = []
    for law in laws:
        curves = _Curves(law, observations)
        for near in WEIGHT_EXPONENTS:
            profile = curves.profile(near, len(observations))
            backtest_fits = tuple(curves.backtest_fit(near, count) for count in counts)
            residual = _residual(law, profile, observations.scatter)
            found.append(GridFit(law, near, curves.shapes, profile, backtest_fits, residual))
    return found


class _Curves:
    """All shapes of one law at the sizes of one curve."""

    def __init__(self, law: Law, observations: Observations) -> None:
        self.law, self.observations = law, observations
        self.shapes = law.shapes()
        self.x = np.exp(observations.u)
        self.basis = law.evaluate(self.shapes, self.x)
        self.end = np.flatnonzero(observations.u >= -_NEAR_END)

    def profile(self, weight_exponent: float, count: int) -> Profile:
        """Fit the `count` smallest sizes."""
        seen = self.observations.until(count)
        losses = weighted_losses(seen, weight_exponent)
        e, b, error = project(self.law, self.basis[:, :count], losses)
        keeps = retained(self.law, self.shapes, e, b, float(self.x[count - 1]))
        noise = float(losses.root**2 @ seen.noise) if seen.noisy else None
        weighing = 1 / float((losses.root**4).sum())
        return Profile(e, b, error + QUIETEST, keeps, noise, count, weighing)

    def backtest_fit(self, weight_exponent: float, count: int) -> BacktestFit:
        """Fit the `count` smallest sizes, and look at the largest."""
        profile = self.profile(weight_exponent, count)
        end = self.end[self.end >= count]
        loss = profile.e[:, None] + profile.b[:, None] * self.basis[:, end]
        ahead = np.log(np.maximum(loss, 1e-300))
        actual = self.observations.log_loss[end] - self.observations.log_loss[count - 1]
        return BacktestFit(profile, (ahead - actual).mean(axis=1))


def _residual(law: Law, profile: Profile, scatter: float) -> float:
    """The best shape's residuals, made larger for the parameters that were fitted.

    A law that has as many parameters as there are observations that weigh leaves no residuals: what
    is known of the noise counts as one more point.
    """
    free = min(law.free, profile.weighing)
    known = scatter**2 if profile.noise is None else profile.noise
    off = float(profile.error.min()) * profile.weighing + known
    return math.sqrt(off / (profile.weighing - free + 1))
