"""The second step of learn_prior.py: how far curves stray from the middle of all laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from dataworth.forecast.draws import draw_curves, student_scales
from dataworth.forecast.prior import Prior
from prior_weights import Case

Floats = NDArray[np.float64]
_GRID = (np.arange(21) + 0.5) / 21
# Cells of probability, finer towards rare large scales, which the log score of outliers hangs on.
_EDGES = np.concatenate([[0.0], np.geomspace(1e-6, 0.03, 12), np.linspace(0.06, 1.0, 24)])
_PULL = 0.01
_EVALUATIONS = 400


@dataclass(frozen=True, eq=False)
class Hidden:
    """One row per hidden size of all cases; `weight` counts each case the same.

    ``laws`` are quantiles of the draws before anything is added, shape (rows, 21);
    ``model_spread`` is half the distance of the 16 % and 84 % quantiles of the laws, ``residual``
    that of one point,
    ``known`` and ``guessed`` the standard deviation of what was measured, by its seeds or without.
    """

    laws: Floats
    model_spread: Floats
    residual: Floats
    u: Floats
    actual: Floats
    known: Floats
    guessed: Floats
    weight: Floats


def hidden_of(cases: Sequence[Case], prior: Prior) -> Hidden:
    """Draw curves under the learned weights, and look at the hidden sizes."""
    bare = replace(prior, shrinkage=1.0, level=0.0, drift_scale=1.0, model_spread=0.0)
    parts = []
    for case in cases:
        draws = draw_curves(case.observations, case.laws, bare)
        still = replace(draws, drift=np.zeros_like(draws.drift))
        laws = still.log_loss(case.u) - float(case.observations.log_loss[-1])
        low, high = np.quantile(laws, [0.16, 0.84], axis=0)
        residual = np.full(len(case.u), draws.drift_scale)
        noise = draws.noise / np.sqrt(case.runs)
        share = np.full(len(case.u), 1 / len(case.u))
        model_spread = (high - low) / 2 / draws.shrinkage
        known = noise * case.observations.noisy
        rows = (np.quantile(laws, _GRID, axis=0).T, model_spread, residual, case.u, case.actual)
        parts.append((*rows, known, noise - known, share))
    return Hidden(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def log_score(hidden: Hidden, prior: Prior) -> float:
    """Mean log density of the actual log losses, a mixture over laws and over scales."""
    drift = (prior.drift_scale * hidden.residual * np.minimum(hidden.u, np.log(1000))) ** 2
    drift += (prior.level * hidden.residual) ** 2 + (prior.model_spread * hidden.model_spread) ** 2
    drift += hidden.guessed**2
    scales = student_scales(prior.tail, (_EDGES[1:] + _EDGES[:-1]) / 2) ** 2
    variance = (drift[:, None] * scales + (hidden.known**2 + 1e-8)[:, None])[:, None, :]
    middle = hidden.laws[:, len(_GRID) // 2, None]
    laws = middle + prior.shrinkage * (hidden.laws - middle)
    miss2 = (hidden.actual[:, None] - laws)[:, :, None] ** 2
    density = -0.5 * (np.log(2 * np.pi * variance) + miss2 / variance) + np.log(np.diff(_EDGES))
    each = logsumexp(density, axis=(1, 2)) - np.log(len(_GRID))
    return float(hidden.weight @ each / hidden.weight.sum())


def learn_spread(cases: Sequence[Case], start: Prior) -> Prior:
    """Maximise the log score on the hidden sizes."""
    hidden = hidden_of(cases, start)
    names = ("shrinkage", "level", "drift_scale", "model_spread")
    first = np.log([*(getattr(start, name) for name in names), start.tail - 1])

    def at(z: Floats) -> Prior:
        values = dict(zip(names, np.exp(z[:4]).tolist(), strict=True))
        return replace(start, **values, tail=1 + float(np.exp(z[4])))

    def loss(z: Floats) -> float:
        return -log_score(hidden, at(z)) + _PULL * float((z - first) @ (z - first))

    options = {
        "initial_simplex": np.vstack([first, first + 0.4 * np.eye(len(first))]),
        "maxfev": _EVALUATIONS,
        "xatol": 0.02,
        "fatol": 1e-5,
    }
    return at(minimize(loss, first, method="Nelder-Mead", options=options).x)
