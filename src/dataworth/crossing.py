"""Crossing: the size from which on another learner is the better one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dataworth.comparison_answers import Crossing

Floats = NDArray[np.float64]
_FURTHEST, _STEPS = 1e6, 192
"""Sizes are searched up to so many times the one that both learners were measured up to."""


def find_crossing(
    names: tuple[str, str],
    gap: Callable[[Floats], Floats],
    span: tuple[float, float],
    tail: float,
) -> Crossing:
    """Find where one learner overtakes another, in every draw of their futures.

    Parameters
    ----------
    names : tuple of str
        The learners.
    gap : callable
        From sizes, shape (m,), to the first one's loss less the second's, shape (draws, m).
    span : tuple of float
        The larger of their smallest measured sizes, and the smaller of their largest ones.
    tail : float
        The probability left out on each side of the interval.
    """
    smallest, measured = span
    there = gap(np.array([measured]))[:, 0]
    sign = 1.0 if np.median(there) <= 0 else -1.0
    leader, follower = names if sign > 0 else names[::-1]

    def behind(sizes: Floats) -> Floats:
        return sign * gap(sizes)

    ahead = np.geomspace(measured, measured * _FURTHEST, _STEPS)
    reached = _first_above(behind(ahead), ahead)
    low, middle, high = np.quantile(reached, [tail, 0.5, 1 - tail], method="inverted_cdf")
    return Crossing(
        leader=leader,
        follower=follower,
        lead=probability_below(sign * there),
        measured=measured,
        since=_since(behind, np.geomspace(measured, smallest, _STEPS)),
        median=float(middle),
        lower=float(low),
        upper=float(high),
        probability=float(np.isfinite(reached).mean()),
        level=1 - 2 * tail,
    )


def probability_below(gap: Floats) -> float:
    """The share of draws of a gap that lie below 0, those at 0 counting half; shape (draws,)."""
    return float((gap < 0).mean() + (gap == 0).mean() / 2)


def _since(behind: Callable[[Floats], Floats], down: Floats) -> float | None:
    """Going down from the largest size: where the leader's lead ends, by the median."""
    start = float(_first_above(np.median(behind(down), axis=0, keepdims=True), down)[0])
    return start if np.isfinite(start) else None


def _first_above(values: Floats, sizes: Floats) -> Floats:
    """Per row of gaps at the sizes, the first size, in their order, from which it is above 0.

    Infinite where there is none.
    """
    above = values > 0
    first = above.argmax(axis=1)
    rows = np.arange(len(values))
    before = np.maximum(first - 1, 0)
    here, there = values[rows, before], values[rows, first]
    # Between two sizes the gap is a straight line in log n.
    share = np.divide(-here, there - here, out=np.zeros_like(here), where=first > 0)
    u = np.log(sizes)
    # The logarithm of the first size, turned back, is another number.
    found = np.where(first > 0, np.exp(u[before] + share * (u[first] - u[before])), sizes[0])
    return np.where(above.any(axis=1), found, np.inf)
