"""Joint laws of model size and data size, fitted without local minima.

``loss(N, D) = E + A N^-a + B D^-b`` (Hoffmann et al. 2022, eq. 2; Rosenfeld et al. 2020, eq. 4
without its plateau). Given a and b it is linear in E, A and B, none of them negative: every pair of
exponents on a grid is solved exactly (variable projection, Golub and Pereyra 1973), and the best
pair is refined on finer grids around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EXPONENTS = np.geomspace(0.02, 2.0, 40)
_NEARBY = np.geomspace(0.3, 3.0, 11)
_ZOOMS, _ZOOMED = 4, 9
_SUBSETS = tuple(subset for count in (3, 2, 1) for subset in combinations(range(3), count))
"""Which of E, A and B are positive: the solution with the least error is that of one of them."""
_HUBER = 2.0
"""Residuals beyond so many robust standard deviations count less (Huber 1964)."""
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class JointFit:
    """A fitted joint law; sizes in units of the largest measured ones, losses as measured.

    Attributes
    ----------
    e, a_scale, b_scale : float
        E, and A and B at the largest measured model and data size.
    a, b : float
        The exponents of model size and data size.
    """

    e: float
    a_scale: float
    b_scale: float
    a: float
    b: float

    def loss(self, parameters: Floats, samples: Floats) -> Floats:
        """The loss at sizes relative to the largest measured ones."""
        by_model = self.a_scale * parameters**-self.a
        return np.asarray(self.e + by_model + self.b_scale * samples**-self.b)

    def in_units(self, parameters: float, samples: float) -> dict[str, float]:
        """E, A, B, a and b, where the largest measured sizes are these numbers."""
        return {
            "E": self.e,
            "A": self.a_scale * parameters**self.a,
            "B": self.b_scale * samples**self.b,
            "a": self.a,
            "b": self.b,
        }

    def best_model(self, pairs: float) -> float:
        """The model size with the least loss where its product with the data size is given."""
        ratio = self.a * self.a_scale / max(self.b * self.b_scale, 1e-300)
        return float((ratio * pairs**self.b) ** (1 / (self.a + self.b)))


def fit_joint(
    parameters: Floats,
    samples: Floats,
    losses: Floats,
    weights: Floats | None = None,
    near: JointFit | None = None,
) -> JointFit:
    """Fit the additive law by robust least squares of relative residuals.

    Parameters
    ----------
    parameters, samples : ndarray, shape (m,)
        Sizes relative to the largest measured ones.
    losses : ndarray, shape (m,)
        Positive.
    weights : ndarray, shape (m,), optional
        How often each measurement counts.
    near : JointFit, optional
        A fit to all measurements, whose robust weights are used: a fit of a bootstrap.
    """
    count = np.ones_like(losses) if weights is None else weights
    if near is not None:
        off = np.abs(near.loss(parameters, samples) / losses - 1)
        grids = tuple(exponent * _NEARBY for exponent in (near.a, near.b))
        return _weighted(parameters, samples, losses, count * _robust(off), grids)
    fit = _weighted(parameters, samples, losses, count)
    for _ in range(_ROUNDS):
        off = np.abs(fit.loss(parameters, samples) / losses - 1)
        fit = _weighted(parameters, samples, losses, count * _robust(off))
    return fit


def _robust(off: Floats) -> Floats:
    usual = 1.4826 * float(np.median(off)) + 1e-9
    return np.minimum(1.0, _HUBER * usual / np.maximum(off, 1e-12))


def _weighted(
    parameters: Floats,
    samples: Floats,
    losses: Floats,
    weights: Floats,
    grids: tuple[Floats, ...] = (_EXPONENTS, _EXPONENTS),
) -> JointFit:
    a, b = grids
    for zoom in range(_ZOOMS + 1):
        e, a_scale, b_scale, error = _solved(parameters, samples, losses, weights, a, b)
        i, j = np.unravel_index(int(np.argmin(error)), error.shape)
        best = JointFit(
            float(e[i, j]), float(a_scale[i, j]), float(b_scale[i, j]), float(a[i]), float(b[j])
        )
        if zoom < _ZOOMS:
            a, b = _around(a, int(i)), _around(b, int(j))
    return best


def _around(grid: Floats, at: int) -> Floats:
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    return np.geomspace(low, high, _ZOOMED)


def _solved(
    parameters: Floats, samples: Floats, losses: Floats, weights: Floats, a: Floats, b: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """E, A, B and the mean squared relative residual of every pair of exponents."""
    share = weights / weights.sum() / losses**2
    one = np.ones_like(losses)
    x = parameters ** -a[:, None]
    y = samples ** -b[:, None]
    shape = (len(a), len(b))
    left = np.empty((*shape, 3, 3))
    right = np.empty((*shape, 3))
    left[..., 0, 0] = share.sum()
    left[..., 0, 1] = left[..., 1, 0] = (x @ share)[:, None]
    left[..., 0, 2] = left[..., 2, 0] = (y @ share)[None, :]
    left[..., 1, 1] = (x**2 @ share)[:, None]
    left[..., 2, 2] = (y**2 @ share)[None, :]
    left[..., 1, 2] = left[..., 2, 1] = (x * share) @ y.T
    right[..., 0] = one @ (share * losses)
    right[..., 1] = (x @ (share * losses))[:, None]
    right[..., 2] = (y @ (share * losses))[None, :]
    best = np.zeros((*shape, 3))
    error = np.full(shape, np.inf)
    total = float(share @ losses**2)
    for subset in _SUBSETS:
        rows = list(subset)
        part = left[..., rows, :][..., rows] + 1e-13 * np.eye(len(rows)) * left[..., :1, :1]
        solved = np.linalg.solve(part, right[..., rows][..., None])[..., 0]
        off = total - (solved * right[..., rows]).sum(axis=-1)
        better = (solved >= 0).all(axis=-1) & (off < error)
        full = np.zeros((*shape, 3))
        full[..., rows] = solved
        best = np.where(better[..., None], full, best)
        error = np.where(better, off, error)
    return best[..., 0], best[..., 1], best[..., 2], error
