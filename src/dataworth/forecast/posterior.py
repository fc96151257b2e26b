"""The posterior of the parameters of one law that is taken as known.

In an ensemble of laws the weights of shapes are chosen for the best median, and the spread of the
laws gives the width of intervals. A single law has no such spread: its parameters are drawn from
their posterior distribution, with a uniform prior within their bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from dataworth.forecast.ensemble import EnsembleMember, chance_term, ensemble_member, noise_of
from dataworth.forecast.grid_fits import QUIETEST, GridFit
from dataworth.forecast.prior import Prior
from dataworth.laws.fit import equations, weighted_losses
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
_ROWS = 512
_STEPS = 30
_PER_POINT = 5.0
"""Independent observations per effective observation, chosen for the coverage of the intervals of
parameters in benchmarks/simulation.py."""
_STRIDES = (1.0, 0.3, 0.1, 0.03)
"""Scales of the Metropolis steps, in cells of the grid; a posterior can be narrower than a cell."""
_FAR = 30.0


@dataclass(frozen=True, eq=False)
class _Solved:
    """Conditional posterior of irreducible loss and amplitude, for some shapes.

    ``e`` is normal with mean `middle` and standard deviation `spread`, truncated to 0..`most`.
    Given e, ``b`` is normal with mean ``(by - e * bf) / bb`` and standard deviation `narrow`, in
    units of the basis at the largest size, `size`. ``log_share`` is the log of the marginal
    likelihood, with e and b integrated out.
    """

    size: Floats
    middle: Floats
    spread: Floats
    most: Floats
    narrow: Floats
    bb: Floats
    bf: Floats
    by: Floats
    log_share: Floats


def posterior_member(
    grid_fit: GridFit, observations: Observations, prior: Prior, above: float | None = None
) -> EnsembleMember:
    """Make the member of a law that is taken as known: its rows are draws from the posterior.

    Chains start from shapes of the grid, resampled by their likelihood, and take Metropolis steps
    (Metropolis et al. 1953; resample-move, Gilks and Berzuini 2001). e and b are integrated out in
    the chains, and drawn from their truncated normal distributions at the end.

    Parameters
    ----------
    grid_fit : GridFit
        The fits of the law on its grid.
    observations : Observations
        The observations that were fitted.
    prior : Prior
        Its noise and number of observations are used; its distribution of retention is not.
    above : float, optional
        Log of the ratio of the loss by chance to the loss at the largest size, if known.
    """
    walk = _Walk(grid_fit, observations, prior, above)
    rng = np.random.Generator(np.random.Philox(0))
    cells = np.array(list(np.ndindex(*[len(grid) for grid in walk.grids])), np.float64)
    log_share = walk.solve(grid_fit.shapes).log_share
    total = np.cumsum(np.exp(log_share - log_share.max()))
    strata = (np.arange(_ROWS) + 0.5) / _ROWS * total[-1]
    shapes = walk.shapes_at(walk.wander(cells[np.searchsorted(total, strata)], rng))
    e, b = walk.draw(shapes, rng)
    same = np.full(_ROWS, 1 / _ROWS)
    return replace(ensemble_member(grid_fit, prior, above), shapes=shapes, e=e, b=b, weights=same)


class _Walk:
    """The posterior density of the shapes of a law, and Metropolis chains for it."""

    def __init__(
        self, grid_fit: GridFit, observations: Observations, prior: Prior, above: float | None
    ) -> None:
        self.law, self.above = grid_fit.law, above
        self.grids = [np.array(parameter.grid) for parameter in grid_fit.law.shape]
        self.x = np.exp(observations.u)
        self.losses = weighted_losses(observations, grid_fit.weight_exponent)
        self.noise = noise_of(grid_fit.profile, prior) + QUIETEST
        self.amount = min(prior.evidence, _PER_POINT * grid_fit.profile.weighing)

    def shapes_at(self, cells: Floats) -> Floats:
        """Shapes at positions in units of cells of the grid, shape (k, p)."""
        out = np.empty_like(cells)
        for column, grid in enumerate(self.grids):
            out[:, column] = np.interp(cells[:, column], np.arange(len(grid)), grid)
        return out

    def wander(self, cells: Floats, rng: np.random.Generator) -> Floats:
        """Run one Metropolis chain per row for a fixed number of steps."""
        last = np.array([len(grid) - 1 for grid in self.grids])
        log_share = self.solve(self.shapes_at(cells)).log_share
        for _ in range(_STEPS if len(last) else 0):
            stride = rng.choice(_STRIDES, size=(len(cells), 1))
            tried = cells + stride * rng.normal(size=cells.shape) * (last > 0)
            inside = ((tried >= 0) & (tried <= last)).all(axis=1)
            there = self.solve(self.shapes_at(np.clip(tried, 0, last))).log_share
            go = inside & (np.log(rng.random(len(cells))) < there - log_share)
            cells = np.where(go[:, None], tried, cells)
            log_share = np.where(go, there, log_share)
        return cells

    def draw(self, shapes: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw one e and one b for every shape."""
        solved = self.solve(shapes)
        e = np.zeros(len(shapes))
        if self.law.floor:
            low, high, side = _cut(solved.middle, solved.spread, solved.most)
            first, last = ndtr(low), ndtr(high)
            z = np.clip(ndtri(first + rng.random(len(e)) * (last - first)), low, high)
            e = solved.middle + solved.spread * side * z
        e = np.clip(e, 0.0, solved.most)
        b = (solved.by - e * solved.bf) / solved.bb + solved.narrow * rng.normal(size=len(e))
        return e, np.maximum(b, 0.0) / solved.size

    def solve(self, shapes: Floats) -> _Solved:
        """Solve e and b as `project` does, with their posterior standard deviations."""
        basis = self.law.evaluate(shapes, self.x)
        size, fall, flat, left, (by, fy) = equations(self.law, basis, self.losses)
        bb, ff, bf = np.maximum(left[0], 1e-300), max(left[1], 1e-300), left[2]
        det = np.maximum(ff - bf**2 / bb, 1e-9 * ff)
        middle = (fy - bf * by / bb) / det
        most = by / np.maximum(bf, 1e-300) if self.law.floor else np.zeros_like(by)
        e = np.clip(middle, 0.0, most)
        b = (by - e * bf) / bb
        error = ((e[:, None] * flat + b[:, None] * fall - self.losses.target) ** 2).sum(axis=1)
        variance = (error + self.noise) / self.amount
        spread, narrow = np.sqrt(variance / det), np.sqrt(variance / bb)
        log_share = -0.5 * self.amount * np.log(error + self.noise) + np.log(narrow)
        if self.law.floor:
            low, high, _ = _cut(middle, spread, most)
            inside = np.log1p(1e-12 - np.exp(log_ndtr(low) - log_ndtr(high))) + log_ndtr(high)
            # The error is at the truncated e; the last term gives the density at the mean.
            log_share += np.log(spread) + inside + 0.5 * np.clip(0.0, low, high) ** 2
        log_share = log_share + chance_term(self.law, b / size[:, 0], self.above)
        return _Solved(size[:, 0], middle, spread, most, narrow, bb, bf, by, log_share)


def _cut(middle: Floats, spread: Floats, most: Floats) -> tuple[Floats, Floats, Floats]:
    """Bounds of the truncated normal of e in standard deviations from its mean, and their side.

    Bounds in the right tail are mirrored to the left, where normal probabilities do not cancel.
    """
    low = np.clip(-middle / spread, -_FAR, _FAR)
    high = np.clip((most - middle) / spread, -_FAR, _FAR)
    right = low > 0
    return np.where(right, -high, low), np.where(right, -low, high), np.where(right, -1.0, 1.0)
