"""Interpolation of the log loss between measured sizes, and the forecast beyond them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.draws import Draws

Floats = NDArray[np.float64]


def measured_or_drawn(draws: Draws, u: Floats, seed: int) -> Floats:
    """Log loss of every draw at ``u = log(n / N)``: interpolated below N, forecast from N on.

    Below N each draw interpolates the measured log losses linearly in log n, after adding noise
    with their variances (a parametric bootstrap). At N it has the value of its forecast, so the
    laws have no influence below the size next to N. Below the smallest size the draw follows its
    law, shifted to its value there.

    Parameters
    ----------
    draws : Draws
        The drawn curves.
    u : ndarray, shape (m,)
        Any order; 0 is the largest measured size.
    seed : int
        Seed of the added noise.

    Returns
    -------
    ndarray, shape (draws, m)
    """
    nodes = draws.observations.u
    inside = (u >= nodes[0]) & (u < 0)
    logs = np.empty((len(draws.level), len(u)))
    logs[:, ~inside] = draws.log_loss(u[~inside])
    if (u < 0).any():
        first, last = draws.log_loss(nodes[[0, -1]]).T
        figures = _figures(draws, last, seed)
        logs[:, inside] = _between(figures, nodes, u[inside])
        before = u < nodes[0]
        logs[:, before] = figures[:, :1] + logs[:, before] - first[:, None]
    return logs


def _between(figures: Floats, nodes: Floats, u: Floats) -> Floats:
    right = np.clip(np.searchsorted(nodes, u), 1, len(nodes) - 1)
    share = (u - nodes[right - 1]) / (nodes[right] - nodes[right - 1])
    return np.asarray((1 - share) * figures[:, right - 1] + share * figures[:, right])


def _figures(draws: Draws, last: Floats, seed: int) -> Floats:
    """Perturbed measured log losses of each draw, shape (draws, sizes)."""
    observations = draws.observations
    rng = np.random.Generator(np.random.Philox(seed))
    noise = rng.standard_normal((len(last), len(observations))) * np.sqrt(observations.noise)
    # An error that all sizes share, such as that of the held-out rows, is the draw's `offset`.
    off = noise + (draws.level + draws.offset)[:, None]
    figures = observations.log_loss + off - np.median(off, axis=0)
    figures[:, -1] = last
    return np.asarray(figures)
