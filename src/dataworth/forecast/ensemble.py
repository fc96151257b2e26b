"""Members of the ensemble: a law under one weighting, with weights of its shapes.

The weight of a shape is its profile likelihood, with the error variance profiled out, times the
prior density of its retention (and of the loss by chance, for a law that starts from it). The same
weights on shortened copies, without chance, give the backtest error of the member.
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
"""Largest number of independent observations per size, in the power likelihood."""
_TOLERANCE = 0.2
"""Standard deviation of the prior on log b for a law that starts from chance."""
_EXACT = 0.02
"""Added to backtest errors, so that much smaller ones count as equal."""
_NO_BACKTEST = 0.1
"""The backtest error assumed for a curve that is too short for a backtest."""


@dataclass(frozen=True, eq=False)
class EnsembleMember:
    """One law under one weighting, with the weights of its shapes.

    Attributes
    ----------
    law, weight_exponent, shapes
        See `GridFit`.
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape, in units of the loss at the largest size.
    weights : ndarray, shape (k,)
        The weight of each shape; they sum to 1.
    evidence : float
        Log marginal likelihood: log of the mean over shapes of likelihood times prior density.
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
        """Log loss of these shapes at ``u = log(n / N)``, shape (k, m), relative to that at N."""
        basis = self.law.evaluate(self.shapes[rows], np.exp(u))
        loss = self.e[rows, None] + self.b[rows, None] * basis
        return np.asarray(np.log(np.maximum(loss, 1e-300)))


def ensemble_member(grid_fit: GridFit, prior: Prior, above: float | None = None) -> EnsembleMember:
    """Weight the shapes of a grid fit.

    Parameters
    ----------
    grid_fit : GridFit
        The fits of its shapes.
    prior : Prior
        The constants of the weights.
    above : float, optional
        Log of the ratio of the loss by chance to the loss at the largest size, if known.
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
    """Weights of members by marginal likelihood, backtest error and number of parameters."""
    errors = np.array([np.mean(np.abs(m.errors)) if m.errors else _NO_BACKTEST for m in members])
    logs = prior.trust * np.array([member.evidence for member in members])
    logs -= prior.sharpness * np.log(errors + _EXACT)
    logs -= prior.simplicity * np.array([member.law.free for member in members])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def independent(prior: Prior, sizes: int) -> float:
    """Number of independent observations in a curve with this many sizes."""
    return min(prior.evidence, _PER_SIZE * sizes)


def noise_of(profile: Profile, prior: Prior) -> float:
    """The part of the mean squared residual that the noise explains."""
    return prior.unseen**2 if profile.noise is None else profile.noise


def chance_term(law: Law, b: Floats, above: float | None) -> Floats:
    """Log of the log-normal prior density of b around chance, up to a constant."""
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
    """Normalised weights, and the log of their mean before."""
    top = float(logs.max())
    shares = np.exp(logs - top)
    total = float(shares.sum())
    return shares / total, top + float(np.log(total / len(logs)))
