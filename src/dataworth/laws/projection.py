"""Projection: the irreducible loss and the amplitude that fit best, for many shapes at once.

Residuals are those of the log loss, made linear in both parameters about a value near the measured
one, so that they are solved exactly (variable projection, Golub and Pereyra 1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law
from dataworth.laws.points import Points

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weighed:
    """A curve as least squares sees it, in units of the loss at the largest size.

    The residual of a prediction p at a size is ``root * p / around - target``: to first order
    ``root * log(p / loss)``.

    Attributes
    ----------
    root : ndarray, shape (m,)
        Square roots of the weights, which sum to 1.
    around : ndarray, shape (m,)
        Where the log is made linear: the loss itself where seeds say how noisy it is; of single
        runs the running median of three, which is the loss wherever a curve falls or rises
        steadily. Least squares of ``p / loss`` would run after a single loss that is too low.
    target : ndarray, shape (m,)
        ``root * (1 + log(loss / around))``, or 0 where that is negative.
    """

    root: Floats
    around: Floats
    target: Floats


def weigh(points: Points, nearness: float) -> Weighed:
    """Weights that grow as n^nearness and fall with the noise that the spread over runs explains.

    Parameters
    ----------
    points : Points
        At least one point.
    nearness : float
        The weighting constant.
    """
    noise = points.noise + np.mean(points.noise) + 1e-6
    weight = np.exp(nearness * points.u) * points.counts / noise
    root = np.sqrt(weight / weight.sum())
    logs = points.log_loss - points.log_loss[-1]
    around = logs.copy()
    if len(logs) > 2 and not points.repeated:
        around[1:-1] = np.median([logs[:-2], logs[1:-1], logs[2:]], axis=0)
    return Weighed(root, np.exp(around), root * np.maximum(1 + logs - around, 0))


def project(law: Law, basis: Floats, losses: Weighed) -> tuple[Floats, Floats, Floats]:
    """Best e >= 0 and b >= 0 of every shape, and the weighted mean squared residual.

    Parameters
    ----------
    law : Law
        Says whether there is an e.
    basis : ndarray, shape (k, m)
        The law's basis of every shape at the sizes.
    losses : Weighed
        What was measured there.
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
    error = ((e[:, None] * flat + b[:, None] * fall - losses.target) ** 2).sum(axis=1)
    return e, b / size[:, 0], np.where(np.isfinite(error), error, np.inf)


def equations(
    law: Law, basis: Floats, losses: Weighed
) -> tuple[Floats, Floats, Floats, tuple[Floats, float, Floats], tuple[Floats, float]]:
    """The normal equations of e and b, of every shape.

    Parameters
    ----------
    law, basis, losses
        See `project`.

    Returns
    -------
    size : ndarray, shape (k, 1)
        The basis at the largest size, which b is counted in.
    fall, flat : ndarray, shape (k, m) and (m,)
        What b and e add to a residual; that of e is 0 where the law has none.
    left, right : tuple
        Sums of squares and products: (b b, e e, b e), and those with the target (b, e).
    """
    size = np.maximum(basis[:, -1:], 1e-250)
    relative = losses.root / losses.around
    fall = basis / size * relative
    flat = relative if law.floor else np.zeros_like(relative)
    left = (fall**2).sum(axis=1), float(flat @ flat), fall @ flat
    return size, fall, flat, left, (fall @ losses.target, float(flat @ losses.target))
