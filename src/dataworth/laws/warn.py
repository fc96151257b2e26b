"""Warnings: what a reader of a forecast must know about its curve and its distance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.points import Points

Floats = NDArray[np.float64]
_SPARSE = 8
"""From more sizes than this, one run of each shows its noise by how it scatters."""


def warnings_for(
    points: Points, weights: Mapping[str, float], sizes: Floats | None = None
) -> tuple[str, ...]:
    """Sentences, the gravest first: distance, number of sizes, span, rise, flatness, notes."""
    largest = float(points.sizes[-1])
    found = [] if sizes is None else _distance(float(sizes.max()), largest)
    if len(points) < 4:
        found.append(
            f"only {len(points)} sizes: the forecast leans on what other curves do; measure four "
            "or more, each about twice the one before."
        )
    if points.u[0] > -np.log(8):
        found.append(
            f"the sizes span a factor of {np.exp(-points.u[0]):.2g}; a span of eight or more "
            "says much more about the slope."
        )
    if not points.seeded and len(points) <= _SPARSE:
        found.append(
            "one run of each size: their noise does not show, and the intervals take it for about "
            "one percent. Where it may be more, measure with several seeds."
        )
    rise = _rise(points)
    if rise > 0:
        found.append(
            f"the loss rises by {np.expm1(rise):.1%} towards the largest sizes; every law falls, "
            "so the forecast is little more than the last value."
        )
    elif weights.get("last-value", 0.0) > 0.5:
        found.append("the curve looks flat: more data may change nothing.")
    return (*found, *points.notes)


def _distance(size: float, largest: float) -> list[str]:
    ratio = size / largest
    if ratio <= 3:
        return []
    grave = "far beyond what any curve can promise" if ratio > 10 else "intervals widen fast there"
    over = "ten" if ratio > 10 else "three"
    return [
        f"{size:,.0f} samples are {ratio:,.1f} times the largest measured size, more than {over} "
        f"times: {grave}."
    ]


def _rise(points: Points) -> float:
    """Rise of the log loss over the last factor of four, where it is more than noise."""
    near = points.u >= -np.log(4) - 1e-9
    if near.sum() < 2:
        return 0.0
    u, y = points.u[near], points.log_loss[near]
    slope = float(np.polyfit(u, y, 1)[0])
    noise = float(np.sqrt(points.noise[near].mean()))
    rise = slope * float(u[-1] - u[0])
    return rise if rise > max(3 * noise, 0.01) else 0.0
