"""The predictive distribution of a forecast: 4,096 curves, drawn by quasi-Monte Carlo."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtri

from dataworth.forecast.correction import NODES, Adjustment
from dataworth.forecast.ensemble import (
    EnsembleMember,
    ensemble_member,
    independent,
    stacking_weights,
)
from dataworth.forecast.features import LAWS, features
from dataworth.forecast.grid_fits import fit_grids
from dataworth.forecast.posterior import posterior_member
from dataworth.forecast.prior import Prior
from dataworth.forecast.sobol import sobol_points
from dataworth.laws.base import Law
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
COUNT = 4096
_FROZEN = math.log(1000.0)
"""The drift stops growing at a thousand times the largest size."""
_ROUGH = 0.01
"""Smallest relative error of a predicted fall, also if the observations fit a law exactly."""

_UNSEEN, _LEAST_SCATTER = 30.0, 1e-4
"""Checkpoints of a run are not taken to be noisier than so many times what they scatter."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws from the predictive distribution of the curve, all of equal weight.

    Attributes
    ----------
    observations : Observations
        The measured losses.
    members : tuple of EnsembleMember
        The members of the ensemble.
    weights : ndarray, shape (j,)
        The weight of each member.
    member, row : ndarray of int, shape (d,)
        The member and the shape that each draw follows.
    shrinkage : float
        Factor by which the distance of draws from their middle is multiplied.
    level : ndarray, shape (d,)
        Added to the draw's log loss at every size, before it is corrected.
    offset : ndarray, shape (d,)
        Added at every size afterwards: the error of the held-out rows being a sample.
    drift : ndarray, shape (d,)
        Added beyond the largest size, in units of the standard deviation of the drift.
    drift_scale, model_spread : float
        Standard deviation of the drift per unit of ``log(n / N)``, and per unit of the spread of
        the laws.
    noise : float
        Standard deviation of one measured log loss at the largest size.
    chance : ndarray, shape (d,)
        Noise of a new run in units of `noise`: standard normal if the noise is known, otherwise
        Student t.
    adjustment : Adjustment, optional
        The learned correction of this curve's draws.
    """

    observations: Observations
    members: tuple[EnsembleMember, ...]
    weights: Floats
    member: NDArray[np.int64]
    row: NDArray[np.int64]
    shrinkage: float
    level: Floats
    offset: Floats
    drift: Floats
    drift_scale: float
    model_spread: float
    noise: float
    chance: Floats
    adjustment: Adjustment | None = None

    def log_loss(self, u: Floats) -> Floats:
        """Log loss of every draw at ``u = log(n / N)``, shape (d, m), without noise."""
        logs = self._uncorrected(u)
        ahead = u >= 0
        if self.adjustment is not None and ahead.any():
            low, middle, high = _bands(logs[:, ahead], [0.16, 0.5, 0.84])
            spread = (high - low) / 2
            logs[:, ahead] = self.adjustment.apply(u[ahead], logs[:, ahead], middle, spread)
        return logs + self.offset[:, None] + float(self.observations.log_loss[-1])

    def _uncorrected(self, u: Floats) -> Floats:
        """Log loss of every draw by the laws, relative to the loss at N."""
        laws = self._of_laws(u)
        low, middle, high = _bands(laws, [0.16, 0.5, 0.84])
        further = np.hypot(self.drift_scale * np.clip(u, 0.0, _FROZEN), _ROUGH * middle * (u > 0))
        drift_size = np.hypot(further, self.model_spread * (high - low) / 2)
        off = (
            self.shrinkage * (laws - middle)
            + self.level[:, None]
            + self.drift[:, None] * drift_size
        )
        # A skewed ensemble would move the middle of the sum away from the median forecast.
        around = middle + off - _bands(off, [0.5])[0]
        return np.asarray(around)

    def adjusted(
        self, prior: Prior, residual: float, family: str | None, room: float | None
    ) -> Draws:
        """These draws with the correction of a prior, if it has one."""
        names = {member.law.name for member in self.members}
        known = self.observations.noisy and names.issuperset(LAWS)
        if prior.correction is None or not known:
            return self
        bands = _bands(self._uncorrected(NODES), [0.05, 0.16, 0.5, 0.84, 0.95])
        members = (self.observations, self.members, self.weights)
        rows = features(*members, residual, NODES, bands, room)
        spread = (bands[3] - bands[1]) / 2
        adjustment = prior.correction.adjustment(rows, family, bands[2], spread)
        return replace(self, adjustment=adjustment)

    def _of_laws(self, u: Floats) -> Floats:
        """Log loss of the law that each draw follows, relative to the loss at N."""
        out = np.empty((len(self.member), len(u)))
        for index in np.unique(self.member):
            mine = np.flatnonzero(self.member == index)
            rows, back = np.unique(self.row[mine], return_inverse=True)
            out[mine] = self.members[index].log_loss(u, rows)[back]
        return out

    def run_noise(self, runs: float) -> Floats:
        """The noise in each draw's log loss if it is measured as the mean of `runs` runs."""
        return self.noise / math.sqrt(runs) * self.chance


def draw_curves(
    observations: Observations,
    laws: tuple[Law, ...],
    prior: Prior,
    chance: float | None = None,
    seed: int = 0,
    shift: float = 0.0,
    family: str | None = None,
    room: float | None = None,
) -> Draws:
    """Fit and weight all members, and draw curves.

    Parameters
    ----------
    observations : Observations
        The measured losses.
    laws : tuple of Law
        The laws to combine; a single one is taken as known.
    prior : Prior
        The constants of the weights and of the spread.
    chance : float, optional
        Log of the loss by chance.
    seed : int
        Seed of the scrambled Sobol sequence.
    shift : float
        Standard deviation of an error of the log loss that all sizes share.
    family : str, optional
        The learner's family, for the correction.
    room : float, optional
        For the correction too; see `features`.
    """
    above = None if chance is None else chance - float(observations.log_loss[-1])
    if not observations.noisy:
        most = _UNSEEN * max(observations.scatter, _LEAST_SCATTER)
        prior = replace(prior, unseen=min(prior.unseen, most))
    grid_fits = fit_grids(observations, laws)
    if len(laws) == 1:
        members = [posterior_member(grid_fit, observations, prior, above) for grid_fit in grid_fits]
        # The posterior has the uncertainty of the law's parameters; only the drift is added.
        shrinkage, prior = 1.0, replace(prior, level=0.0, model_spread=0.0)
    else:
        members = [ensemble_member(grid_fit, prior, above) for grid_fit in grid_fits]
        shrinkage = _shrinkage(prior, len(observations))
    weights = stacking_weights(members, prior)
    residual = float(weights @ np.array([member.residual for member in members]))
    standard = _standard_draws(seed, prior.tail)
    member, row = _picked(members, weights, standard.places)
    draws = Draws(
        observations,
        tuple(members),
        weights,
        member,
        row,
        shrinkage=shrinkage,
        level=prior.level * residual * standard.t_scale * standard.level,
        offset=shift * standard.offset,
        drift=standard.t_scale * standard.drift,
        drift_scale=prior.drift_scale * residual,
        model_spread=prior.model_spread,
        noise=math.sqrt(observations.run_noise) if observations.noisy else residual,
        chance=standard.chance * (1.0 if observations.noisy else standard.t_scale),
    )
    return draws.adjusted(prior, residual, family, room)


class _StandardDraws(NamedTuple):
    """What the draws of all curves share: places in 0..1, normals, and scales of Student's t."""

    places: Floats
    level: Floats
    offset: Floats
    drift: Floats
    chance: Floats
    t_scale: Floats


@lru_cache(maxsize=4)
def _standard_draws(seed: int, tail: float) -> _StandardDraws:
    points = sobol_points(COUNT, 5, np.random.Generator(np.random.Philox(seed)))
    places, level, drift, chance, scales = np.clip(points, 1e-9, 1 - 1e-9).T
    shuffled = np.random.Generator(np.random.Philox(seed)).permutation(level)
    return _StandardDraws(
        places,
        ndtri(level),
        ndtri(shuffled),
        ndtri(drift),
        ndtri(chance),
        student_scales(tail, scales),
    )


def _bands(values: Floats, around: list[float]) -> Floats:
    """Means of the draws within 4 % of all draws around some quantiles, for each column.

    They are smoother functions of n than quantiles, which follow single draws.
    """
    edges = [round(len(values) * (at + side)) for at in around for side in (-0.04, 0.04)]
    # NumPy sorts columns about three times faster than it partitions them.
    ordered = np.sort(values, axis=0)
    bands = zip(edges[::2], edges[1::2], strict=True)
    return np.stack([ordered[low:high].mean(axis=0) for low, high in bands])


def quantiles_of_draws(draws: Floats, probabilities: ArrayLike) -> Floats:
    """``numpy.quantile(draws, probabilities, axis=0)``, about three times faster.

    Parameters
    ----------
    draws : ndarray, shape (d, m)
    probabilities : array_like, shape (k,)

    Returns
    -------
    ndarray, shape (k, m)
    """
    ordered = np.sort(draws, axis=0)
    places = np.asarray(probabilities, np.float64) * (len(draws) - 1)
    below = np.floor(places).astype(np.int64)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(draws) - 1)]
    share, step = (places - below)[:, None], high - low
    # The formula of NumPy, to the bit.
    between = np.where(share >= 0.5, high - step * (1 - share), low + step * share)
    # NaN sorts last.
    return np.asarray(np.where(np.isnan(ordered[-1]), np.nan, between))


def student_scales(tail: float, probabilities: Floats) -> Floats:
    """Factors that turn standard normal draws into draws of Student's t (scale mixture).

    Parameters
    ----------
    tail : float
        Degrees of freedom.
    probabilities : ndarray
        Quantiles of the distribution of the factors.
    """
    return np.asarray(np.sqrt(tail / 2 / gammaincinv(tail / 2, probabilities)))


def _shrinkage(prior: Prior, sizes: int) -> float:
    """The factor by which the spread of the ensemble is multiplied.

    The median is best if a curve counts as few independent observations. The spread is then that
    of so few observations, and too wide by the square root of the ratio of the two numbers.
    """
    amount = independent(prior, sizes)
    return prior.shrinkage * math.sqrt(amount / max(amount, sizes))


def _picked(
    members: list[EnsembleMember], weights: Floats, places: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The member and the shape of each draw, in proportion to their weights."""
    shares = np.concatenate([w * m.weights for w, m in zip(weights, members, strict=True)])
    owner = np.repeat(np.arange(len(members)), [len(m.weights) for m in members])
    rows = np.concatenate([np.arange(len(m.weights)) for m in members])
    total = np.cumsum(shares)
    at = np.minimum(np.searchsorted(total, places * total[-1]), len(total) - 1)
    return owner[at], rows[at]
