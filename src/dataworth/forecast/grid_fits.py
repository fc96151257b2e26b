"""Least squares fits of every law, under every weighting, for all shapes on its grid.

For every shape the irreducible loss and the amplitude are solved exactly (variable projection,
Golub and Pereyra 1973), on the curve and on its shortened copies for the backtest. The fits need
no start point and do not depend on the prior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law
from dataworth.laws.fit import WeightedLosses, project, weighted_losses
from dataworth.laws.observations import Observations
from dataworth.laws.retention import basis_ahead, retained

Floats = NDArray[np.float64]
DISTANCES = (2.0, 3.0, 6.0)
"""A backtest hides the sizes above 1/2, 1/3 and 1/6 of the largest one (rolling origins)."""
_NEAR_END = 0.4
"""Backtests average over the hidden sizes within this distance, in log n, of the largest one."""
_LEAST = 3
WEIGHT_EXPONENTS = (1.0, 2.0, 3.0)
"""The weighting constants: weights of sizes are proportional to n to these powers."""
QUIETEST = 1e-8
"""Added to mean squared residuals, so that fits with smaller ones are equally good."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The fits of all shapes of a law to the smallest sizes of a curve.

    Attributes
    ----------
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape, in units of the loss at the largest size
        fitted.
    error : ndarray, shape (k,)
        Weighted mean squared residual of the log loss.
    retention : ndarray, shape (k,)
        See `retained`; NaN if the curve is flat.
    noise : float or None
        Weighted mean of the noise variances, the expected part of `error`; None if the noise is
        not known.
    sizes : int
        Number of sizes fitted.
    weighing : float
        Effective number of observations for unequal weights (Kish 1965).
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
    """The fits to a shortened copy of the curve, and their errors on the hidden sizes.

    ``missed`` is the mean of ``log(predicted / actual)`` near the largest size, shape (k,).
    """

    profile: Profile
    missed: Floats


@dataclass(frozen=True, eq=False)
class GridFit:
    """The fits of a law under one weighting constant.

    Attributes
    ----------
    law : Law
        The law.
    weight_exponent : float
        Weights of sizes are proportional to n^weight_exponent.
    shapes : ndarray, shape (k, p)
        The law's shapes, lengths in units of the largest size.
    profile : Profile
        The fits to the whole curve.
    backtest_fits : tuple of BacktestFit
        The fits to its shortened copies.
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
    """Number of the smallest sizes in each shortened copy."""
    counts = [int((observations.u <= -math.log(d) + 1e-9).sum()) for d in DISTANCES]
    if len(observations) > _LEAST > counts[0]:
        counts.append(len(observations) - 1)
    return sorted({count for count in counts if count >= _LEAST}, reverse=True)


def fit_grids(observations: Observations, laws: tuple[Law, ...]) -> list[GridFit]:
    """Fit every law to a curve under every weighting constant of `WEIGHT_EXPONENTS`."""
    counts = origins(observations)
    seen = [observations.until(count) for count in (len(observations), *counts)]
    targets = [[_target(each, near) for each in seen] for near in WEIGHT_EXPONENTS]
    found = []
    for law in laws:
        curves = _Curves(law, observations, counts)
        for near, (whole, *shortened) in zip(WEIGHT_EXPONENTS, targets, strict=True):
            profile = curves.profile(whole)
            backtest_fits = tuple(map(curves.backtest_fit, shortened))
            residual = _residual(law, profile, observations.scatter)
            found.append(GridFit(law, near, curves.shapes, profile, backtest_fits, residual))
    return found


class _Target(NamedTuple):
    """What the fits of all laws to the `sizes` smallest sizes share; see `Profile`."""

    losses: WeightedLosses
    noise: float | None
    sizes: int
    weighing: float


def _target(seen: Observations, weight_exponent: float) -> _Target:
    losses = weighted_losses(seen, weight_exponent)
    noise = float(losses.root**2 @ seen.noise) if seen.noisy else None
    return _Target(losses, noise, len(seen), 1 / float((losses.root**4).sum()))


class _Curves:
    """All shapes of one law at the sizes of one curve."""

    def __init__(self, law: Law, observations: Observations, counts: Sequence[int]) -> None:
        self.law, self.observations = law, observations
        self.shapes = law.shapes()
        x = np.exp(observations.u)
        self.basis = law.evaluate(self.shapes, x)
        self.ahead = {
            count: basis_ahead(law, self.shapes, float(x[count - 1])) for count in (len(x), *counts)
        }
        self.end = np.flatnonzero(observations.u >= -_NEAR_END)

    def profile(self, target: _Target) -> Profile:
        """Fit the smallest sizes."""
        count = target.sizes
        e, b, error = project(self.law, self.basis[:, :count], target.losses)
        keeps = retained(self.ahead[count], e, b)
        return Profile(e, b, error + QUIETEST, keeps, target.noise, count, target.weighing)

    def backtest_fit(self, target: _Target) -> BacktestFit:
        """Fit the smallest sizes, and compute the errors near the largest size."""
        profile, count = self.profile(target), target.sizes
        end = self.end[self.end >= count]
        loss = profile.e[:, None] + profile.b[:, None] * self.basis[:, end]
        ahead = np.log(np.maximum(loss, 1e-300))
        actual = self.observations.log_loss[end] - self.observations.log_loss[count - 1]
        return BacktestFit(profile, (ahead - actual).mean(axis=1))


def _residual(law: Law, profile: Profile, scatter: float) -> float:
    """Residual standard deviation of the best shape, corrected for the degrees of freedom.

    The noise variance counts as one more observation, because a law with as many parameters as
    effective observations has no residuals.
    """
    free = min(law.free, profile.weighing)
    known = scatter**2 if profile.noise is None else profile.noise
    off = float(profile.error.min()) * profile.weighing + known
    return math.sqrt(off / (profile.weighing - free + 1))
