"""Posterior: how believable every candidate curve is, given the measured points.

Measured log losses are modelled as ``law(u) + level + bend * u + straying(u) + noise``, where
``u = log(n / N)`` and N is the largest size. The straying is a Gaussian process that is pinned at
N and grows away from it, so that small sizes, where laws fail first, count less (the discrepancy
of Kennedy and O'Hagan 2001). Level and bend are linear and are integrated out exactly; so are, on
grids, law, shape, noise and drift. Nothing is searched, so nothing depends on a start point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.library import Library
from dataworth.laws.points import Points
from dataworth.laws.prior import Prior

Floats = NDArray[np.float64]
_QUIETEST = 3e-4
"""Seeds that agree to better than this still do not make a law true to better than this."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weights over settings (h: a noise and a drift) and candidates (k: a law and a shape).

    Attributes
    ----------
    shapes : Library
        The candidates.
    weights : ndarray, shape (h, k)
        Posterior probabilities; they sum to 1.
    level, bend : ndarray, shape (h, k)
        Mean of the log loss at the largest size, and of the slope correction.
    spread : ndarray, shape (h, 2, 2)
        Covariance of level and bend.
    noise, drift : ndarray, shape (h,)
        Standard deviation of one point's log loss at the largest size, and straying per unit u.
    """

    shapes: Library
    weights: Floats
    level: Floats
    bend: Floats
    spread: Floats
    noise: Floats
    drift: Floats


def straying(u: Floats, kernel: dict[str, float]) -> Floats:
    """Covariance of the straying between measured points, per unit of drift squared."""
    s = np.abs(u)
    low, high = np.minimum(s[:, None], s[None, :]), np.maximum(s[:, None], s[None, :])
    return np.asarray(kernel["rough"] * low + kernel["smooth"] * low**2 * (3 * high - low) / 6)


def settings(points: Points, prior: Prior) -> tuple[Floats, Floats, Floats]:
    """Every pair of noise and drift, and its log prior weight, each of shape (h,)."""
    grid = np.array([float(value) for value in prior.noise])
    if points.seeded:
        grid = grid / grid[0] * max(float(np.sqrt(points.noise[-1])), _QUIETEST)
    drift = np.array([float(value) for value in prior.drift])
    weights = np.outer(list(prior.noise.values()), list(prior.drift.values()))
    noise_of, drift_of = np.meshgrid(grid, drift, indexing="ij")
    return noise_of.ravel(), drift_of.ravel(), np.log(weights.ravel())


def weigh(points: Points, shapes: Library, prior: Prior, extra: Floats | None = None) -> Posterior:
    """Weigh every candidate under every setting.

    Parameters
    ----------
    points : Points
        What was measured.
    shapes : Library
        The candidates.
    prior : Prior
        What was believed before.
    extra : ndarray, shape (k,), optional
        Further log weights of the candidates.
    """
    noise, drift, log_settings = settings(points, prior)
    kernel = dict(prior.kernel)
    scale = np.sqrt(_relative_noise(points))
    # One eigenbasis serves all settings: noise^2 I + drift^2 S = Q (noise^2 + drift^2 values) Q'.
    values, basis = np.linalg.eigh(straying(points.u, kernel) / np.outer(scale, scale))
    turn = basis / scale[:, None]
    inverse = 1 / (noise[:, None] ** 2 + drift[:, None] ** 2 * np.maximum(values, 0))
    residual = (points.log_loss[None, :] - shapes.curves(points.u)) @ turn
    design = np.stack([np.ones_like(points.u), points.u]) @ turn
    squares = residual**2 @ inverse.T
    cross = np.stack([(residual * row) @ inverse.T for row in design])
    gram = np.einsum("im,jm,hm->hij", design, design, inverse)
    gram[:, 1, 1] += 1 / kernel["bend"] ** 2
    spread = np.linalg.inv(gram)
    mean = np.einsum("hij,jkh->ihk", spread, cross)
    fit = squares.T - np.einsum("ihk,ikh->hk", mean, cross)
    logs = -0.5 * (fit - np.log(inverse).sum(axis=1)[:, None])
    logs += (-0.5 * np.linalg.slogdet(gram)[1] + log_settings)[:, None]
    logs += prior.log_weights(shapes)[None, :] + (0.0 if extra is None else extra[None, :])
    weights = np.exp(logs - logs.max())
    return Posterior(shapes, weights / weights.sum(), mean[0], mean[1], spread, noise, drift)


def _relative_noise(points: Points) -> Floats:
    """Noise variance of each point relative to that of the largest size."""
    if not points.seeded:
        return np.ones_like(points.u)
    quiet = _QUIETEST**2
    return np.asarray((points.noise + quiet) / (points.noise[-1] + quiet))
