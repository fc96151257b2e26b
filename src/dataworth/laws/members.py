"""Members: every law under every weighting and belief, fitted to a curve and its shortened copies.

A member is a law, a nearness, the constant by which larger sizes count more, and an expected
retention of the slope. For every shape on the law's grid the irreducible loss and the amplitude are
solved exactly (variable projection); the shapes then share the member by their profile likelihood,
the noise being profiled out, times the belief in their retention. Nothing is searched, so that
nothing depends on a start point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law
from dataworth.laws.fit import project, weights_of
from dataworth.laws.points import Points
from dataworth.laws.retention import EXPECTED, belief, retained

Floats = NDArray[np.float64]
DISTANCES = (2.0, 3.0, 6.0)
"""A backtest hides the sizes beyond 1/2, 1/3 and 1/6 of the largest one."""
_NEAR_END = 0.4
"""Backtests look at the sizes within this much, in log n, of the largest: one alone is noisy."""
_LEAST = 3
_QUIETEST = 1e-8
"""Mean squared relative residual below which one fit is as good as another."""
_UNSEEN = 0.015
"""Relative noise taken for granted where no size was measured twice: the points do not show it, the
less so if they are the best so far."""
_EVIDENCE, _PER_POINT = 8.0, 3.0
"""Independent points that a curve amounts to at most, and at most per point that weighs: neighbours
stray from a law together, so that more of them say little more."""
_TOLERANCE = 0.2
"""How far, in log, a law that starts from chance may start from it, where chance is known."""


@dataclass(frozen=True, eq=False)
class Member:
    """One law under one weighting and one belief, fitted.

    Attributes
    ----------
    law : Law
        The law.
    nearness : float
        Larger sizes count as n^nearness.
    retention : float
        The share of its slope that the curve is expected to keep; see `retained`.
    shapes : ndarray, shape (k, p)
        The law's shapes, lengths in units of the largest size.
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape, in units of the loss at the largest size.
    weights : ndarray, shape (k,)
        The share of each shape; they sum to 1.
    evidence : float
        Log of the mean likelihood of all shapes.
    noise : float
        Standard deviation of the relative residuals, near the largest size.
    errors : tuple of float
        ``predicted - actual`` log loss near the largest size, from each shortened copy.
    """

    law: Law
    nearness: float
    retention: float
    shapes: Floats
    e: Floats
    b: Floats
    weights: Floats
    evidence: float
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
    points: Points,
    laws: tuple[Law, ...],
    nearness: tuple[float, ...],
    chance: float | None = None,
) -> list[Member]:
    """Fit every law under every nearness and every expected retention.

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
    expected = np.array(EXPECTED)
    above = None if chance is None else chance - float(points.log_loss[-1])
    members = []
    for law in laws:
        curves = _Curves(law, points)
        for near in nearness:
            errors = [curves.backtest(near, expected, count) for count in origins(points)]
            e, b, error, logs = curves.fit(near, expected, len(points))
            shares, evidence = _shares(logs + _from_chance(law, b, above))
            noise = _noise(law, error, weights_of(points, near))
            members += [
                Member(
                    law,
                    near,
                    EXPECTED[j],
                    curves.shapes,
                    e,
                    b,
                    shares[j],
                    float(evidence[j]),
                    noise,
                    tuple(float(error[j]) for error in errors),
                )
                for j in range(len(expected))
            ]
    return members


class _Curves:
    """All shapes of one law at the sizes of one curve."""

    def __init__(self, law: Law, points: Points) -> None:
        self.law, self.points = law, points
        self.shapes = law.shapes()
        self.x = np.exp(points.u)
        self.loss = np.exp(points.log_loss - points.log_loss[-1])
        self.basis = law.evaluate(self.shapes, self.x)

    def fit(
        self, nearness: float, expected: Floats, count: int
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Fit the `count` smallest sizes.

        Returns
        -------
        e, b, error : ndarray, shape (k,)
            See `project`.
        logs : ndarray, shape (j, k)
            Log of profile likelihood times belief, under each expected retention.
        """
        seen = self.points.until(count)
        root = weights_of(seen, nearness)
        e, b, error = project(self.law, self.basis[:, :count], self.loss[:count], root)
        noise = float(root**2 @ seen.noise) if seen.seeded else _UNSEEN**2
        amount = min(_EVIDENCE, _PER_POINT / float((root**4).sum()))
        likelihood = -0.5 * amount * np.log(error + noise + _QUIETEST)
        keeps = retained(self.law, self.shapes, e, b, float(self.x[count - 1]))
        return e, b, error, likelihood + belief(keeps, expected)

    def backtest(self, nearness: float, expected: Floats, count: int) -> Floats:
        """Mean log of predicted over actual loss near the largest size, from the `count` smallest.

        One value for each expected retention, shape (j,).
        """
        e, b, _, logs = self.fit(nearness, expected, count)
        end = np.flatnonzero(self.points.u >= -_NEAR_END)
        end = end[end >= count]
        ahead = np.log(np.maximum(e[:, None] + b[:, None] * self.basis[:, end], 1e-300))
        return np.asarray(_shares(logs)[0] @ (ahead - np.log(self.loss[end])).mean(axis=1))


def _shares(logs: Floats) -> tuple[Floats, Floats]:
    """Each row's shares, which sum to 1, and the log of its mean; shapes (j, k) and (j,)."""
    top = logs.max(axis=1, keepdims=True)
    shares = np.exp(logs - top)
    total = shares.sum(axis=1, keepdims=True)
    return shares / total, (top + np.log(total / logs.shape[1]))[:, 0]


def _from_chance(law: Law, b: Floats, above: float | None) -> Floats | float:
    if above is None or not law.from_chance:
        return 0.0
    return np.asarray(-0.5 * ((np.log(np.maximum(b, 1e-300)) - above) / _TOLERANCE) ** 2)


def _noise(law: Law, error: Floats, root: Floats) -> float:
    """The best shape's residuals, made larger for the parameters that were fitted."""
    points = 1 / float((root**4).sum())
    free = min(law.free, points - 1)
    return math.sqrt(float(error.min()) * points / max(points - free, 0.5) + _QUIETEST)
