"""Draws: whole curves, weighed by backtest, so that every answer comes from the same future."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from dataworth.laws.base import Law
from dataworth.laws.members import Member, fit_members
from dataworth.laws.points import Points
from dataworth.laws.prior import Prior

Floats = NDArray[np.float64]
COUNT = 4096
_FROZEN = math.log(1000.0)
"""The unforeseen grows up to a thousand times the largest size: beyond, all is guess."""
_NO_BACKTEST = 0.1
"""The backtest error assumed where a curve is too short for one."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Curves that may come, each as likely as the next.

    Attributes
    ----------
    points : Points
        What was measured.
    members : tuple of Member
        The fits.
    weights : ndarray, shape (j,)
        The weight of each member.
    member, row : ndarray of int, shape (d,)
        The member, and its shape, that each draw follows.
    level : ndarray, shape (d,)
        Added to the draw's log loss at every size.
    stray : ndarray, shape (d,)
        Added per ``u^power``.
    power : float
        See `Prior`.
    noise : float
        Standard deviation of one measured log loss at the largest size.
    chance : ndarray, shape (d,)
        A standard normal for the noise of a new run.
    """

    points: Points
    members: tuple[Member, ...]
    weights: Floats
    member: NDArray[np.int64]
    row: NDArray[np.int64]
    level: Floats
    stray: Floats
    power: float
    noise: float
    chance: Floats

    def log_loss(self, u: Floats) -> Floats:
        """Log loss of every draw at ``u = log(n / N)``, shape (d, m), noise left out."""
        out = np.empty((len(self.member), len(u)))
        for index in np.unique(self.member):
            mine = np.flatnonzero(self.member == index)
            rows, back = np.unique(self.row[mine], return_inverse=True)
            out[mine] = self.members[index].log_loss(u, rows)[back]
        grown = np.clip(u, 0.0, _FROZEN) ** self.power
        stray = self.level[:, None] + self.stray[:, None] * grown[None, :]
        return out + stray + float(self.points.log_loss[-1])

    def run_noise(self, runs: float) -> Floats:
        """What noise adds to each draw's log loss when it is measured as the mean of some runs."""
        return self.noise / math.sqrt(runs) * self.chance


def weigh(members: list[Member], prior: Prior) -> Floats:
    """The weight of each member, from the prior, its likelihood and its backtest; they sum to 1."""
    errors = np.array([np.mean(np.abs(m.errors)) if m.errors else _NO_BACKTEST for m in members])
    off = (np.array([m.retention for m in members]) - prior.retention) / prior.spread
    logs = prior.evidence * np.array([m.evidence for m in members]) - 0.5 * off**2
    logs -= prior.sharpness * np.log(errors + prior.floor)
    logs += [prior.law(m.law.name) + prior.nearness[f"{m.nearness:g}"] for m in members]
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def scales(members: list[Member], weights: Floats, points: Points) -> tuple[float, float]:
    """Noise of one run at the largest size, and the backtest error of the weighted members."""
    noise = float(weights @ np.array([m.noise for m in members]))
    errors = np.array([m.errors for m in members]).reshape(len(members), -1)
    missed = float(np.abs(weights @ errors).mean()) if errors.size else _NO_BACKTEST
    return noise, missed


def draw_curves(
    points: Points,
    laws: tuple[Law, ...],
    prior: Prior,
    chance: float | None = None,
    seed: int = 0,
    shift: float = 0.0,
) -> Draws:
    """Fit and weigh all members, and draw curves.

    Parameters
    ----------
    points : Points
        What was measured.
    laws : tuple of Law
        What to choose from.
    prior : Prior
        What was believed before.
    chance : float, optional
        Log of the loss by chance.
    seed : int
        Of the draws.
    shift : float
        Standard deviation of an error of the log loss that all sizes share.
    """
    members = fit_members(points, laws, tuple(float(k) for k in prior.nearness), chance)
    weights = weigh(members, prior)
    noise, missed = scales(members, weights, points)
    even = _even(COUNT, 5, seed)
    member, row = _picked(members, weights, even[:, 0])
    level = math.hypot(prior.level * noise, shift) * ndtri(even[:, 1])
    stray = math.hypot(prior.carry * missed, prior.least) * stdtrit(prior.tail, even[:, 2])
    one = math.sqrt(points.run_noise) if points.seeded else noise
    return Draws(
        points,
        tuple(members),
        weights,
        member,
        row,
        level,
        stray,
        prior.power,
        one,
        ndtri(even[:, 3]),
    )


def _picked(
    members: list[Member], weights: Floats, even: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The member and the shape of each draw, as often as they weigh."""
    shares = np.concatenate([w * m.weights for w, m in zip(weights, members, strict=True)])
    owner = np.repeat(np.arange(len(members)), [len(m.weights) for m in members])
    rows = np.concatenate([np.arange(len(m.weights)) for m in members])
    total = np.cumsum(shares)
    at = np.minimum(np.searchsorted(total, even * total[-1]), len(total) - 1)
    return owner[at], rows[at]


def _even(count: int, columns: int, seed: int) -> Floats:
    """Numbers that fill the unit cube evenly: Roberts 2018, the sequence R, shifted at random."""
    root = 2.0
    for _ in range(40):
        root = (1 + root) ** (1 / (columns + 1))
    shift = np.random.Generator(np.random.Philox(seed)).random(columns)
    steps = root ** -np.arange(1.0, columns + 1)
    even = (shift + np.arange(1.0, count + 1)[:, None] * steps) % 1.0
    return np.asarray(np.clip(even, 1e-9, 1 - 1e-9))
