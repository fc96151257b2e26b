"""Fit: one law to one curve, by variable projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from dataworth.laws.base import Law
from dataworth.laws.points import Points
from dataworth.laws.projection import Weighed, project, weigh

Floats = NDArray[np.float64]


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


def fit_law(law: Law, points: Points, nearness: float = 2.0, refine: bool = True) -> Fit:
    """Fit a law to a curve by weighted least squares of the log loss.

    The best cell of the shape grid is found by solving the linear parameters exactly, under their
    signs, in every cell at once (variable projection, Golub and Pereyra 1973); then the shape is
    refined within its bounds, the linear parameters solved at each step. No start point is needed.

    Parameters
    ----------
    law : Law
        What to fit.
    points : Points
        At least one point.
    nearness : float
        Weights grow as n^nearness.
    refine : bool
        Whether to go on from the best cell of the grid.
    """
    losses = weigh(points, nearness)
    x = np.exp(points.u)
    scale = float(np.exp(points.log_loss[-1]))
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
        float(points.sizes[-1]),
        float(np.sqrt(error[best])),
    )


def _refine(law: Law, start: Floats, x: Floats, losses: Weighed) -> Floats:
    """Nelder and Mead from the best cell, on log shapes where bounds are positive."""
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
    found = minimize(error, z, method="Nelder-Mead", options=options)
    return shape_of(found.x)
