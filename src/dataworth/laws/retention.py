"""Retention: the ratio of the log-log slope beyond the largest size to the slope there.

Measurements determine the level and the slope of a log-log curve at its largest size, but hardly
how the slope decays beyond. The retention describes that by one number, which is defined for every
law. Its prior is learned from public curves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law

Floats = NDArray[np.float64]
AHEAD = 4.0
"""The mean slope is taken up to this many times the largest size."""
_STEP = 1.02
_FLAT = 1e-5
"""Below this slope, per unit of log n, the retention is not defined."""


def basis_ahead(law: Law, shapes: Floats, at: float) -> Floats:
    """The basis of every shape where `retained` looks: just before and after `at`, and at four.

    Parameters
    ----------
    law : Law
        The law.
    shapes : ndarray, shape (k, p)
        Its shapes.
    at : float
        A size, in the unit of the shapes' lengths.

    Returns
    -------
    ndarray, shape (k, 3)
    """
    return law.evaluate(shapes, at * np.array([1 / _STEP, _STEP, AHEAD]))


def retained(basis: Floats, e: Floats, b: Floats) -> Floats:
    """The mean log-log slope from a size to four times that size, as a share of the slope there.

    It is 1 for a power law without a floor, 0 for a curve that has reached its floor, and above 1
    for one that is still leaving a plateau.

    Parameters
    ----------
    basis : ndarray, shape (k, 3)
        See `basis_ahead`.
    e, b : ndarray, shape (k,)
        Irreducible loss and amplitude of each shape.

    Returns
    -------
    ndarray, shape (k,)
        NaN where the curve is flat.
    """
    before, after, far = np.log(np.maximum(e[:, None] + b[:, None] * basis, 1e-300)).T
    slope = (before - after) / (2 * np.log(_STEP))
    mean = ((before + after) / 2 - far) / np.log(AHEAD)
    return np.where(slope > _FLAT, np.clip(mean / np.maximum(slope, _FLAT), -1, 3), np.nan)
