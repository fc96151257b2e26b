"""Weighted least squares fits of one law to one curve, by variable projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WeightedLosses:
    """The weights and targets of a least squares fit, in units of the loss at the largest size.

    The residual of a prediction p at a size is ``root * p / around - target``: to first order
    ``root * log(p / loss)``.

    Attributes
    ----------
    root : ndarray, shape (m,)
        Square roots of the weights, which sum to 1.
    around : ndarray, shape (m,)
        The point of linearisation of the log. For repeated runs it is the measured loss. For single
        runs it is the running median of three (Tukey 1977), which equals the loss where three
        neighbours are in order, and makes the fit robust: least squares of ``p / loss`` would be
        drawn towards a single loss that is too low.
    target : ndarray, shape (m,)
        ``root * (1 + log(loss / around))``, or 0 where that is negative.
    """

    root: Floats
    around: Floats
    target: Floats


def weighted_losses(observations: Observations, weight_exponent: float) -> WeightedLosses:
    """Compute weights that grow as n^weight_exponent and fall with the variance of the noise.

    Parameters
    ----------
    observations : Observations
        At least one point.
    weight_exponent : float
        The weighting constant.
    """
    noise = observations.noise + np.mean(observations.noise) + 1e-6
    weight = np.exp(weight_exponent * observations.u) * observations.counts / noise
    root = np.sqrt(weight / weight.sum())
    logs = observations.log_loss - observations.log_loss[-1]
    around = logs.copy()
    if len(logs) > 2 and not observations.repeated:
        around[1:-1] = np.median([logs[:-2], logs[1:-1], logs[2:]], axis=0)
    return WeightedLosses(root, np.exp(around), root * np.maximum(1 + logs - around, 0))


def project(law: Law, basis: Floats, losses: WeightedLosses) -> tuple[Floats, Floats, Floats]:
    """Solve e >= 0 and b >= 0 for every shape; non-negative least squares in closed form.

    Parameters
    ----------
    law : Law
        Its `floor` states whether there is an e.
    basis : ndarray, shape (k, m)
        The law's basis of every shape at the sizes.
    losses : WeightedLosses
        The measured losses at the sizes, with their weights.

    Returns
    -------
    e, b, error : ndarray, shape (k,)
        Irreducible loss, amplitude, and weighted mean squared residual of the log loss.
    """
    size, fall, flat, (bb, ff, bf), (by, fy) = equations(law, basis, losses)
    det = bb * ff - bf**2
    sound = det > 1e-12 * bb * max(ff, 1e-300)
    safe = np.where(sound, det, 1.0)
    e = np.where(sound, (bb * fy - bf * by) / safe, 0.0)
    b = np.where(sound, (ff * by - bf * fy) / safe, by / np.maximum(bb, 1e-300))
    b = np.where(e < 0, by / np.maximum(bb, 1e-300), b)
    e = np.where(b < 0, fy / max(ff, 1e-300), np.maximum(e, 0))
    b = np.maximum(b, 0)
    fall *= b[:, None]
    fall += e[:, None] * flat
    fall -= losses.target
    error = np.square(fall, out=fall).sum(axis=1)
    return e, b / size[:, 0], np.where(np.isfinite(error), error, np.inf)


def equations(
    law: Law, basis: Floats, losses: WeightedLosses
) -> tuple[Floats, Floats, Floats, tuple[Floats, float, Floats], tuple[Floats, float]]:
    """The normal equations of e and b, of every shape.

    Parameters
    ----------
    law, basis, losses
        See `project`.

    Returns
    -------
    size : ndarray, shape (k, 1)
        The basis at the largest size, the unit of b.
    fall, flat : ndarray, shape (k, m) and (m,)
        The derivatives of a residual by b and e; that of e is 0 if the law has no e.
    left, right : tuple
        Sums of squares and products: (b b, e e, b e), and those with the target (b, e).
    """
    size = np.maximum(basis[:, -1:], 1e-250)
    relative = losses.root / losses.around
    fall = basis / size * relative
    flat = relative if law.floor else np.zeros_like(relative)
    left = (fall**2).sum(axis=1), float(flat @ flat), fall @ flat
    return size, fall, flat, left, (fall @ losses.target, float(flat @ losses.target))


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted law; sizes and lengths are in units of the largest fitted size.

    Attributes
    ----------
    law : Law
        The law.
    shape : tuple of float
        Its shape parameters.
    e, b : float
        Irreducible loss and amplitude, neither negative.
    unit : float
        The largest fitted size, in samples.
    error : float
        Weighted root mean square of the residuals of the log loss.
    """

    law: Law
    shape: tuple[float, ...]
    e: float
    b: float
    unit: float
    error: float

    def predict(self, sizes: Floats) -> Floats:
        """The loss at these numbers of samples."""
        basis = self.law.evaluate(np.array([self.shape]), np.asarray(sizes) / self.unit)[0]
        return np.asarray(self.e + self.b * basis)

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters as `Law.predict` takes them, lengths in samples."""
        return self.law.in_samples(self.shape, self.e, self.b, self.unit)


def fit_law(
    law: Law, observations: Observations, weight_exponent: float = 2.0, refine: bool = True
) -> Fit:
    """Fit a law to a curve by weighted least squares of the log loss.

    The linear parameters are solved exactly, subject to their signs, in every cell of the shape
    grid (variable projection, Golub and Pereyra 1973). From the best cell, the shape is refined
    within its bounds by the method of Nelder and Mead, with the linear parameters solved at each
    step. No start point is needed.

    Parameters
    ----------
    law : Law
        The law to fit.
    observations : Observations
        At least one point.
    weight_exponent : float
        Weights grow as n^weight_exponent.
    refine : bool
        Whether to refine the shape of the best cell of the grid.
    """
    losses = weighted_losses(observations, weight_exponent)
    x = np.exp(observations.u)
    scale = float(np.exp(observations.log_loss[-1]))
    grid = law.shapes()
    e, b, error = project(law, law.evaluate(grid, x), losses)
    best = int(np.argmin(error))
    shape = grid[best]
    if refine and law.shape:
        shape = _refine(law, shape, x, losses)
        e, b, error = project(law, law.evaluate(shape[None, :], x), losses)
        best = 0
    return Fit(
        law,
        tuple(float(value) for value in shape),
        float(e[best]) * scale,
        float(b[best]) * scale,
        float(observations.sizes[-1]),
        float(np.sqrt(error[best])),
    )


def _refine(law: Law, start: Floats, x: Floats, losses: WeightedLosses) -> Floats:
    """Refine a shape by Nelder and Mead 1965, in logarithms where its bounds are positive."""
    bounds = np.array([parameter.bounds for parameter in law.shape])
    logs = bounds[:, 0] > 0

    def shape_of(z: Floats) -> Floats:
        value = np.where(logs, np.exp(np.where(logs, z, 0.0)), z)
        return np.clip(value, bounds[:, 0], bounds[:, 1])

    def error(z: Floats) -> float:
        basis = law.evaluate(shape_of(z)[None, :], x)
        return float(project(law, basis, losses)[2][0])

    z = np.where(logs, np.log(np.where(logs, start, 1.0)), start)
    steps = np.vstack([z, z + 0.15 * np.eye(len(z))])
    options = {"initial_simplex": steps, "xatol": 1e-4, "fatol": 1e-12, "maxfev": 120 * len(z)}
    from scipy.optimize import minimize  # slow to import, and not needed for predictions

    found = minimize(error, z, method="Nelder-Mead", options=options)
    return shape_of(found.x)
