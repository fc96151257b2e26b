"""Candidates: every law under every weighting, solved on a curve and on its shortened copies.

For every shape on a law's grid the irreducible loss and the amplitude are solved exactly (variable
projection, Golub and Pereyra 1973). Nothing is searched, so that nothing depends on a start point,
and nothing here depends on what is believed before the curve is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.observations import Points
from dataworth.laws.base import Law
from dataworth.laws.fit import project, weigh
from dataworth.laws.retention import retained

Floats = NDArray[np.float64]
DISTANCES = (2.0, 3.0, 6.0)
"""A backtest hides the sizes beyond 1/2, 1/3 and 1/6 of the largest one."""
_NEAR_END = 0.4
"""Backtests look at the sizes within this much, in log n, of the largest: one alone is noisy."""
_LEAST = 3
NEARNESS = (1.0, 2.0, 3.0)
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
        How many points of equal weight would weigh as evenly as these (Kish 1965).
    """

    e: Floats
    b: Floats
    error: Floats
    retention: Floats
    noise: float | None
    sizes: int
    weighing: float


@dataclass(frozen=True, eq=False)
class Hindsight:
    """A shortened copy of the curve, and by how much each shape missed what was hidden from it.

    ``missed`` is the mean of ``log(predicted / actual)`` near the largest size, shape (k,).
    """

    profile: Profile
    missed: Floats


@dataclass(frozen=True, eq=False)
class Candidate:
    """A law under a weighting constant, solved.

    Attributes
    ----------
    law : Law
        The law.
    nearness : float
        Larger sizes count as n^nearness.
    shapes : ndarray, shape (k, p)
        The law's shapes, lengths in units of the largest size.
    profile : Profile
        All of the curve.
    hindsight : tuple of Hindsight
        Its shortened copies.
    residual : float
        Standard deviation of the best shape's residuals, near the largest size.
    """

    law: Law
    nearness: float
    shapes: Floats
    profile: Profile
    hindsight: tuple[Hindsight, ...]
    residual: float


def origins(points: Points) -> list[int]:
    """How many of the smallest sizes each shortened copy keeps."""
    counts = [int((points.u <= -math.log(d) + 1e-9).sum()) for d in DISTANCES]
    if len(points) > _LEAST > counts[0]:
        counts.append(len(points) - 1)
    return sorted({count for count in counts if count >= _LEAST}, reverse=True)


def solve(points: Points, laws: tuple[Law, ...]) -> list[Candidate]:
    """Fit every law to a curve under every weighting constant of `NEARNESS`."""
    counts = origins(points)
    found = []
    for law in laws:
        curves = _Curves(law, points)
        for near in NEARNESS:
            profile = curves.profile(near, len(points))
            hindsight = tuple(curves.hindsight(near, count) for count in counts)
            residual = _residual(law, profile, points.scatter)
            found.append(Candidate(law, near, curves.shapes, profile, hindsight, residual))
    return found


class _Curves:
    """All shapes of one law at the sizes of one curve."""

    def __init__(self, law: Law, points: Points) -> None:
        self.law, self.points = law, points
        self.shapes = law.shapes()
        self.x = np.exp(points.u)
        self.basis = law.evaluate(self.shapes, self.x)
        self.end = np.flatnonzero(points.u >= -_NEAR_END)

    def profile(self, nearness: float, count: int) -> Profile:
        """Fit the `count` smallest sizes."""
        seen = self.points.until(count)
        losses = weigh(seen, nearness)
        e, b, error = project(self.law, self.basis[:, :count], losses)
        keeps = retained(self.law, self.shapes, e, b, float(self.x[count - 1]))
        noise = float(losses.root**2 @ seen.noise) if seen.noisy else None
        weighing = 1 / float((losses.root**4).sum())
        return Profile(e, b, error + QUIETEST, keeps, noise, count, weighing)

    def hindsight(self, nearness: float, count: int) -> Hindsight:
        """Fit the `count` smallest sizes, and look at the largest."""
        profile = self.profile(nearness, count)
        end = self.end[self.end >= count]
        loss = profile.e[:, None] + profile.b[:, None] * self.basis[:, end]
        ahead = np.log(np.maximum(loss, 1e-300))
        actual = self.points.log_loss[end] - self.points.log_loss[count - 1]
        return Hindsight(profile, (ahead - actual).mean(axis=1))


def _residual(law: Law, profile: Profile, scatter: float) -> float:
    """The best shape's residuals, made larger for the parameters that were fitted.

    A law that has as many parameters as there are points that weigh leaves no residuals: what is
    known of the noise counts as one more point.
    """
    free = min(law.free, profile.weighing)
    known = scatter**2 if profile.noise is None else profile.noise
    off = float(profile.error.min()) * profile.weighing + known
    return math.sqrt(off / (profile.weighing - free + 1))
