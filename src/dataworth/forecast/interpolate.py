"""Interpolation: draws of the loss between the measured sizes, and from the largest one on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.draws import Draws

Floats = NDArray[np.float64]


def measured_or_drawn(draws: Draws, u: Floats, seed: int) -> Floats:
    """Log loss of every draw at ``u = log(n / N)``: as measured below N, as drawn from N on.

    Below N each draw is a line, straight in log n, through figures as another measurement of them
    might have come out, about those that were measured. It ends in the draw at N, so that what
    laws say fades from all at N to nothing at the next smaller size. Below the smallest size the
    draw goes on from its figure there.

    Parameters
    ----------
    draws : Draws
        What may come.
    u : ndarray, shape (m,)
        Any order; 0 is the largest measured size.
    seed : int
        Of the noise of the figures.

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
    """What each draw takes the measured log losses for, shape (draws, sizes)."""
    observations = draws.observations
    rng = np.random.Generator(np.random.Philox(seed))
    noise = rng.standard_normal((len(last), len(observations))) * np.sqrt(observations.noise)
    # What all sizes share, as the noise of the held-out rows, is that of the draw beyond them.
    off = noise + draws.level[:, None]
    figures = observations.log_loss + off - np.median(off, axis=0)
    figures[:, -1] = last
    return np.asarray(figures)
