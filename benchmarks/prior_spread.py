"""The second step of learn_prior.py: how far curves stray from the middle of all laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, logsumexp

from dataworth.laws import Prior
from dataworth.laws.draws import draw_curves
from prior_weights import Case

Floats = NDArray[np.float64]
_GRID = (np.arange(41) + 0.5) / 41
_PULL = 0.002
_EVALUATIONS = 400


@dataclass(frozen=True, eq=False)
class Hidden:
    """One row per hidden size of all cases; `weight` counts each case the same.

    ``laws`` are quantiles of the draws before anything is added, shape (rows, 41); ``apart`` is
    half the distance of the 16 % and 84 % quantiles of the laws, ``residual`` that of one point.
    """

    laws: Floats
    apart: Floats
    residual: Floats
    u: Floats
    actual: Floats
    noise: Floats
    weight: Floats


def hidden_of(cases: Sequence[Case], prior: Prior) -> Hidden:
    """Draw curves under the learned weights, and look at the hidden sizes."""
    bare = replace(prior, level=0.0, carry=1.0, apart=0.0)
    parts = []
    for case in cases:
        draws = draw_curves(case.points, case.laws, bare)
        still = replace(draws, stray=np.zeros_like(draws.stray))
        laws = still.log_loss(case.u) - float(case.points.log_loss[-1])
        low, high = np.quantile(laws, [0.16, 0.84], axis=0)
        residual = np.full(len(case.u), draws.carry)
        noise = np.where(case.noise < 0, residual**2, case.noise)
        share = np.full(len(case.u), 1 / len(case.u))
        apart = (high - low) / 2 / draws.kept
        rows = (np.quantile(laws, _GRID, axis=0).T, apart, residual, case.u, case.actual)
        parts.append((*rows, noise, share))
    return Hidden(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def log_score(hidden: Hidden, prior: Prior) -> float:
    """Mean log density of the actual log losses; level and stray as one Student t."""
    stray = (prior.carry * hidden.residual * np.minimum(hidden.u, np.log(1000))) ** 2
    stray += (prior.level * hidden.residual) ** 2 + (prior.apart * hidden.apart) ** 2
    scale = np.sqrt(stray + hidden.noise + 1e-8)[:, None]
    z2 = ((hidden.actual[:, None] - hidden.laws) / scale) ** 2
    tail = prior.tail
    density = -np.log(scale) - (tail + 1) / 2 * np.log1p(z2 / tail)
    constant = gammaln((tail + 1) / 2) - gammaln(tail / 2) - 0.5 * np.log(tail * np.pi)
    each = logsumexp(density, axis=1) - np.log(len(_GRID)) + constant
    return float(hidden.weight @ each / hidden.weight.sum())


def learn_spread(cases: Sequence[Case], start: Prior) -> Prior:
    """Maximise the log score on the hidden sizes."""
    hidden = hidden_of(cases, start)
    names = ("level", "carry", "apart")
    first = np.log([*(getattr(start, name) for name in names), start.tail - 1])

    def at(z: Floats) -> Prior:
        values = dict(zip(names, np.exp(z[:3]).tolist(), strict=True))
        return replace(start, **values, tail=1 + float(np.exp(z[3])))

    def loss(z: Floats) -> float:
        return -log_score(hidden, at(z)) + _PULL * float((z - first) @ (z - first))

    options = {"maxfev": _EVALUATIONS, "xatol": 0.02, "fatol": 1e-5}
    return at(minimize(loss, first, method="Nelder-Mead", options=options).x)
