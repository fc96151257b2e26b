"""Members: every law under every weighting, fitted to a curve and to its shortened copies.

A member is a law and a nearness, the constant by which larger sizes count more. For every shape
on the law's grid the irreducible loss and the amplitude are solved exactly (variable projection);
the shapes then share the member by their profile likelihood, the noise being profiled out. Nothing
is searched, so that nothing depends on a start point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law
from dataworth.laws.fit import project, weights_of
from dataworth.laws.points import Points

Floats = NDArray[np.float64]
DISTANCES = (2.0, 3.0, 6.0)
"""A backtest hides the sizes beyond 1/2, 1/3 and 1/6 of the largest one."""
_NEAR_END = 0.4
"""Backtests look at the sizes within this much, in log n, of the largest: one alone is noisy."""
_LEAST = 3
_QUIETEST = 1e-8
"""Mean squared relative residual below which one fit is as good as another."""
_TOLERANCE = 0.2
"""How far, in log, a law that starts from chance may start from it, where chance is known."""


@dataclass(frozen=True, eq=False)
class Member:
    """One law under one weighting, fitted.

    Attributes
    ----------
    law : Law
        The law.
    nearness : float
        Larger sizes count as n^nearness.
    shapes : ndarray, shape (k, p)
        The law's shapes, lengths in units of the largest size.
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape, in units of the loss at the largest size.
    weights : ndarray, shape (k,)
        The share of each shape; they sum to 1.
    noise : float
        Standard deviation of the relative residuals, near the largest size.
    errors : tuple of float
        ``predicted - actual`` log loss near the largest size, from each shortened copy.
    """

    law: Law
    nearness: float
    shapes: Floats
    e: Floats
    b: Floats
    weights: Floats
    noise: float
    errors: tuple[float, ...]

    def log_loss(self, u: Floats, rows: NDArray[np.int64] | slice = slice(None)) -> Floats:
        """Log loss of these shapes at ``u = log(n / N)``, shape (k, m), in the same units."""
        basis = self.law.evaluate(self.shapes[rows], np.exp(u))
        loss = self.e[rows, None] + self.b[rows, None] * basis
        return np.asarray(np.log(np.maximum(loss, 1e-300)))


def origins(points: Points) -> list[int]:
    """How many of the smallest sizes each shortened copy keeps."""
    counts = [int((points.u <= -math.log(d) + 1e-9).sum()) for d in DISTANCES]
    if len(points) > _LEAST > counts[0]:
        counts.append(len(points) - 1)
    return sorted({count for count in counts if count >= _LEAST}, reverse=True)


def fit_members(
    points: Points, laws: tuple[Law, ...], nearness: tuple[float, ...], chance: float | None = None
) -> list[Member]:
    """Fit every law under every nearness.

    Parameters
    ----------
    points : Points
        What was measured.
    laws : tuple of Law
        The laws.
    nearness : tuple of float
        The weighting constants.
    chance : float, optional
        Log of the loss by chance.
    """
    x = np.exp(points.u)
    loss = np.exp(points.log_loss - points.log_loss[-1])
    above = None if chance is None else chance - float(points.log_loss[-1])
    starts = origins(points)
    members = []
    for law in laws:
        shapes = law.shapes()
        basis = law.evaluate(shapes, x)
        for near in nearness:
            errors = [_backtest(law, basis, loss, points, near, count) for count in starts]
            root = weights_of(points, near)
            e, b, error = project(law, basis, loss, root)
            weights = _shares(error, root, _from_chance(law, b, above))
            members.append(
                Member(law, near, shapes, e, b, weights, _noise(law, error, root), tuple(errors))
            )
    return members


def _backtest(
    law: Law, basis: Floats, loss: Floats, points: Points, nearness: float, count: int
) -> float:
    """Mean log of predicted over actual loss near the largest size, from the `count` smallest."""
    root = weights_of(points.until(count), nearness)
    e, b, error = project(law, basis[:, :count], loss[:count], root)
    end = np.flatnonzero(points.u >= -_NEAR_END)
    end = end[end >= count]
    ahead = np.log(np.maximum(e[:, None] + b[:, None] * basis[:, end], 1e-300))
    return float(np.mean(_shares(error, root, 0.0) @ ahead - np.log(loss[end])))


def _shares(error: Floats, root: Floats, extra: Floats | float) -> Floats:
    """Profile likelihood of each shape: as many independent points as the weights amount to."""
    points = 1 / float((root**4).sum())
    logs = -0.5 * points * np.log(error + _QUIETEST) + extra
    shares = np.exp(logs - logs.max())
    return np.asarray(shares / shares.sum())


def _from_chance(law: Law, b: Floats, above: float | None) -> Floats | float:
    if above is None or not law.from_chance:
        return 0.0
    return np.asarray(-0.5 * ((np.log(np.maximum(b, 1e-300)) - above) / _TOLERANCE) ** 2)


def _noise(law: Law, error: Floats, root: Floats) -> float:
    """The best shape's residuals, made larger for the parameters that were fitted."""
    points = 1 / float((root**4).sum())
    free = min(law.free, points - 1)
    return math.sqrt(float(error.min()) * points / max(points - free, 0.5) + _QUIETEST)
