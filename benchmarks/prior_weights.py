"""The first step of learn_prior.py: how laws and shapes are weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from dataworth.errors import ForecastError
from dataworth.forecast.ensemble import ensemble_member, stacking_weights
from dataworth.forecast.grid_fits import GridFit, fit_grids
from dataworth.forecast.prepare import prepare
from dataworth.forecast.prior import Prior
from dataworth.laws.base import Law
from dataworth.laws.observations import Observations
from dataworth.laws.registry import all_laws
from public_curves import PublicCurve

Floats = NDArray[np.float64]
LAWS = tuple(law for law in all_laws() if not law.baseline)
# Each number as learning sees it: on which scale, and how far one step goes.
_LEARNED = {
    "retention": (False, 0.1),
    "spread": (True, 0.4),
    "evidence": (True, 0.5),
    "unseen": (True, 0.5),
    "trust": (True, 0.5),
    "sharpness": (True, 0.5),
    "simplicity": (False, 0.3),
}
_PULL = 0.01
"""How strongly numbers are pulled to their start: few curves must not rule them alone."""
_EPSILON = 0.01
"""Errors below this are as good as none; keeps the logarithm of an error finite."""
_HIDDEN = 4
_EVALUATIONS = 120


@dataclass(frozen=True, eq=False)
class Case:
    """A shortened curve, solved, and what its laws say of the sizes hidden from it.

    Attributes
    ----------
    observations : Observations
        What was seen.
    laws : tuple of Law
        What takes part.
    grid_fits : list of GridFit
        All laws, solved.
    ahead : ndarray, shape (k, h)
        Log loss of every shape of every candidate at the hidden sizes, over the last value seen.
    actual, runs, u : ndarray, shape (h,)
        What was measured there, the mean of how many runs, and ``log(n / N)``.
    """

    observations: Observations
    laws: tuple[Law, ...]
    grid_fits: list[GridFit]
    ahead: Floats
    actual: Floats
    runs: Floats
    u: Floats


def case_of(public: PublicCurve, count: int) -> Case | None:
    """Solve all laws on the smallest `count` sizes of a curve; None where that cannot be judged."""
    hidden = [i for i in range(count, len(public.sizes)) if public.runs[i].mean() > 0]
    if count < 4 or not hidden:
        return None
    if len(hidden) > _HIDDEN:
        hidden = [hidden[round(i)] for i in np.linspace(0, len(hidden) - 1, _HIDDEN)]
    try:
        observations = prepare(public.curve(count), public.single_run)
    except ForecastError:
        return None
    laws = LAWS if len(observations) > 5 else tuple(law for law in LAWS if law.free <= 3)
    grid_fits = fit_grids(observations, laws)
    u = np.log(public.sizes[hidden] / observations.sizes[-1])
    runs = [public.runs[i] for i in hidden]
    actual = np.log([float(r.mean()) for r in runs]) - observations.log_loss[-1]
    ahead = np.concatenate([_ahead(grid_fit, np.exp(u)) for grid_fit in grid_fits])
    return Case(observations, laws, grid_fits, ahead, actual, np.array([len(r) for r in runs]), u)


def _ahead(grid_fit: GridFit, x: Floats) -> Floats:
    basis = grid_fit.law.evaluate(grid_fit.shapes, x)
    loss = grid_fit.profile.e[:, None] + grid_fit.profile.b[:, None] * basis
    return np.asarray(np.log(np.maximum(loss, 1e-300)))


def cases_of(cuts: Sequence[tuple[PublicCurve, int]]) -> list[Case]:
    """All cases that can be judged."""
    cases = (case_of(curve, count) for curve, count in cuts)
    return [case for case in cases if case is not None]


def medians(case: Case, prior: Prior) -> Floats:
    """The weighted median of all shapes at each hidden size, shape (h,)."""
    members = [ensemble_member(grid_fit, prior) for grid_fit in case.grid_fits]
    pairs = zip(stacking_weights(members, prior), members, strict=True)
    shares = np.concatenate([weight * member.weights for weight, member in pairs])
    order = np.argsort(case.ahead, axis=0)
    below = np.cumsum(shares[order], axis=0)
    middle = (below < 0.5 * below[-1]).sum(axis=0)
    columns = np.arange(len(case.u))
    return np.asarray(case.ahead[order[middle, columns], columns])


def learn_weights(cases: Sequence[Case], start: Prior) -> Prior:
    """Minimise the mean log of each case's root mean square error on its hidden sizes."""

    def loss(z: Floats) -> float:
        prior = moved(start, z)
        miss = [np.mean((medians(case, prior) - case.actual) ** 2) for case in cases]
        score = np.mean(np.log(np.sqrt(miss) + _EPSILON))
        return float(score) + _PULL * float(z @ z)

    size = len(_LEARNED)
    options = {
        "initial_simplex": np.vstack([np.zeros(size), np.eye(size)]),
        "maxfev": _EVALUATIONS,
        "xatol": 0.05,
        "fatol": 2e-4,
    }
    return moved(start, minimize(loss, np.zeros(size), method="Nelder-Mead", options=options).x)


def moved(start: Prior, z: Floats) -> Prior:
    """The prior that lies so many steps away."""
    values = {}
    for (name, (logarithmic, step)), steps in zip(_LEARNED.items(), z, strict=True):
        value, move = getattr(start, name), step * float(steps)
        values[name] = value * float(np.exp(move)) if logarithmic else value + move
    return replace(start, **values)
