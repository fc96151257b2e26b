"""Ensemble members: a law under one weighting, with weights of its shapes.

The weights of the shapes are their profile likelihood, the noise being profiled out, times the
prior density of their retention (and, for laws that start from it, of the loss by chance). The same
weighting on shortened copies, chance left out, says how far the member would have been off, had the
larger sizes been hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.grid_fits import GridFit, Profile
from dataworth.forecast.prior import Prior
from dataworth.laws.base import Law

Floats = NDArray[np.float64]
_PER_SIZE = 2.0
"""Independent observations that one size amounts to at most: few sizes leave many shapes likely."""
_TOLERANCE = 0.2
"""How far, in log, a law that starts from chance may start from it, where chance is known."""
_EXACT = 0.02
"""Backtest errors well below this are as good as none."""
_NO_BACKTEST = 0.1
"""The backtest error assumed where a curve is too short for one."""


@dataclass(frozen=True, eq=False)
class EnsembleMember:
    """One law under one weighting, its shapes weighed.

    Attributes
    ----------
    law, weight_exponent, shapes
        See `GridFit`.
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape, in units of the loss at the largest size.
    weights : ndarray, shape (k,)
        The share of each shape; they sum to 1.
    evidence : float
        Log of the mean over all shapes of likelihood times prior density.
    residual : float
        Standard deviation of the residuals of the log loss, near the largest size.
    errors : tuple of float
        ``predicted - actual`` log loss near the largest size, from each shortened copy.
    """

    law: Law
    weight_exponent: float
    shapes: Floats
    e: Floats
    b: Floats
    weights: Floats
    evidence: float
    residual: float
    errors: tuple[float, ...]

    def log_loss(self, u: Floats, rows: NDArray[np.int64] | slice = slice(None)) -> Floats:
        """Log loss of these shapes at ``u = log(n / N)``, shape (k, m), in the same units."""
        basis = self.law.evaluate(self.shapes[rows], np.exp(u))
        loss = self.e[rows, None] + self.b[rows, None] * basis
        return np.asarray(np.log(np.maximum(loss, 1e-300)))


def ensemble_member(grid_fit: GridFit, prior: Prior, above: float | None = None) -> EnsembleMember:
    """Weight the shapes of a grid fit.

    Parameters
    ----------
    grid_fit : GridFit
        What was solved.
    prior : Prior
        What is believed.
    above : float, optional
        Log of the loss by chance over that at the largest size, where it is known.
    """
    now = grid_fit.profile
    logs = _logs(now, prior)
    logs = logs + chance_term(grid_fit.law, now.b, above)
    weights, evidence = _shares(logs)
    errors = [_shares(_logs(h.profile, prior))[0] @ h.missed for h in grid_fit.backtest_fits]
    return EnsembleMember(
        grid_fit.law,
        grid_fit.weight_exponent,
        grid_fit.shapes,
        now.e,
        now.b,
        weights,
        evidence,
        grid_fit.residual,
        tuple(float(error) for error in errors),
    )


def stacking_weights(members: list[EnsembleMember], prior: Prior) -> Floats:
    """The weight of each member, from the prior, its likelihood and its backtest; they sum to 1."""
    errors = np.array([np.mean(np.abs(m.errors)) if m.errors else _NO_BACKTEST for m in members])
    logs = prior.trust * np.array([member.evidence for member in members])
    logs -= prior.sharpness * np.log(errors + _EXACT)
    logs -= prior.simplicity * np.array([member.law.free for member in members])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def independent(prior: Prior, sizes: int) -> float:
    """How many independent observations a curve of so many sizes amounts to."""
    return min(prior.evidence, _PER_SIZE * sizes)


def noise_of(profile: Profile, prior: Prior) -> float:
    """What noise adds to the mean squared residual of any shape."""
    return prior.unseen**2 if profile.noise is None else profile.noise


def chance_term(law: Law, b: Floats, above: float | None) -> Floats:
    """Log of the prior density of b, up to a constant: a law that starts from chance is near it."""
    if above is None or not law.from_chance:
        return np.zeros_like(b)
    return np.asarray(-0.5 * ((np.log(np.maximum(b, 1e-300)) - above) / _TOLERANCE) ** 2)


def _logs(profile: Profile, prior: Prior) -> Floats:
    """Log of the profile likelihood times the prior density of the retention, up to a constant."""
    amount = independent(prior, profile.sizes)
    off = np.nan_to_num((profile.retention - prior.retention) / prior.spread)
    fits = np.log(profile.error + noise_of(profile, prior))
    return np.asarray(-0.5 * amount * fits - 0.5 * off**2)


def _shares(logs: Floats) -> tuple[Floats, float]:
    """Shares, which sum to 1, and the log of the mean."""
    top = float(logs.max())
    shares = np.exp(logs - top)
    total = float(shares.sum())
    return shares / total, top + float(np.log(total / len(logs)))
