"""Draws: the posterior as whole curves, so that every answer comes from the same future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from dataworth.laws.base import Law
from dataworth.laws.library import Library, library
from dataworth.laws.points import Points
from dataworth.laws.posterior import Posterior, weigh
from dataworth.laws.prior import Prior

Floats = NDArray[np.float64]
COUNT = 4096
_FROZEN = float(np.log(1000.0))
"""Straying grows up to a thousand times the largest size, and no further: beyond, all is guess."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Curves drawn from the posterior, each as likely as the next.

    Attributes
    ----------
    shapes : Library
        The candidates.
    candidate : ndarray of int, shape (d,)
        The candidate of each draw.
    level, bend : ndarray, shape (d,)
        Added to its log loss: ``level + bend * u``.
    stray : ndarray, shape (d,)
        Times the straying ahead per unit.
    noise : ndarray, shape (d,)
        Standard deviation of one measured log loss.
    chance : ndarray, shape (d,)
        A standard normal for the noise of a new run.
    kernel : mapping
        See `Prior.kernel`.
    """

    shapes: Library
    candidate: NDArray[np.int64]
    level: Floats
    bend: Floats
    stray: Floats
    noise: Floats
    chance: Floats
    kernel: Mapping[str, float]

    def log_loss(self, u: Floats) -> Floats:
        """Log loss of every draw at ``u = log(n / N)``, shape (d, m), noise left out."""
        unique, back = np.unique(self.candidate, return_inverse=True)
        law = self.shapes.curves(u, unique)[back]
        ahead = np.clip(u, 0.0, _FROZEN)
        grown = np.sqrt(self.kernel["rough"] * ahead + ahead ** self.kernel["ahead"])
        bend = self.bend[:, None] * np.minimum(u, _FROZEN)
        return np.asarray(law + self.level[:, None] + bend + self.stray[:, None] * grown)

    def run_noise(self, points: Points, runs: float) -> Floats:
        """What noise adds to each draw's log loss when it is measured with this many runs."""
        variance = points.run_noise + self.noise**2 if points.seeded else self.noise**2
        return np.asarray(np.sqrt(variance / runs) * self.chance)


def draw(posterior: Posterior, kernel: Mapping[str, float], seed: int, shift: float = 0.0) -> Draws:
    """Draw curves, evenly spread over the posterior."""
    even = _even(COUNT, 6, seed)
    total = np.cumsum(posterior.weights.ravel())
    picked = np.minimum(np.searchsorted(total, even[:, 0] * total[-1]), len(total) - 1)
    setting, candidate = np.unravel_index(picked, posterior.weights.shape)
    normal = ndtri(even[:, 1:3])
    root = np.linalg.cholesky(posterior.spread)[setting]
    level = posterior.level[setting, candidate] + root[:, 0, 0] * normal[:, 0]
    bend = posterior.bend[setting, candidate] + np.einsum("dj,dj->d", root[:, 1], normal)
    tail = stdtrit(kernel["tail"], even[:, 3])
    return Draws(
        posterior.shapes,
        candidate.astype(np.int64),
        level + shift * ndtri(even[:, 5]),
        bend,
        posterior.drift[setting] * tail,
        posterior.noise[setting],
        ndtri(even[:, 4]),
        kernel,
    )


def _even(count: int, columns: int, seed: int) -> Floats:
    """Numbers that fill the unit cube evenly: Roberts 2018, the sequence R, shifted at random."""
    root = 2.0
    for _ in range(40):
        root = (1 + root) ** (1 / (columns + 1))
    shift = np.random.Generator(np.random.Philox(seed)).random(columns)
    steps = root ** -np.arange(1.0, columns + 1)
    even = (shift + np.arange(1.0, count + 1)[:, None] * steps) % 1.0
    return np.asarray(np.clip(even, 1e-9, 1 - 1e-9))


def predictive(
    points: Points,
    laws: tuple[Law, ...],
    prior: Prior,
    chance: float | None = None,
    seed: int = 0,
    shift: float = 0.0,
) -> tuple[Posterior, Draws]:
    """Weigh every candidate of these laws on these points, and draw curves.

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
    shapes = library(laws)
    extra = None if chance is None else shapes.at_chance(chance - float(points.log_loss[-1]))
    posterior = weigh(points, shapes, prior, extra)
    return posterior, draw(posterior, prior.kernel, seed, shift)
