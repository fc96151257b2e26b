"""Warnings: what a reader of a forecast must know about its curve and its distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import format_count, format_percent
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
_SPARSE = 8
"""From more sizes than this, single runs show their noise well enough by how they scatter."""
_PEAK = float(np.log(1.5))
"""A log loss that lies so far above those of both neighbours is of a run that failed."""
_ROUNDING = 1e-9
_STEEPER = 0.01
"""A slope of the log loss per unit of log n below this is flat to anyone."""


def warnings_for(observations: Observations, sizes: Floats | None = None) -> tuple[str, ...]:
    """Sentences: distance, number of sizes, span, runs, a peak, rise, flatness, notes."""
    largest = float(observations.sizes[-1])
    found = []
    if sizes is not None and len(sizes):
        found += _distance(float(sizes.max()), largest)
        found += _below(float(sizes.min()), float(observations.sizes[0]))
    if len(observations) < 4:
        found.append(
            f"with only {len(observations)} sizes the forecast relies mostly on typical curves; "
            "measure at least 4 sizes, each about twice the one before."
        )
    if observations.u[0] > -np.log(8):
        found.append(
            f"the largest size is only {np.exp(-observations.u[0]):.2g} times the smallest; the "
            "slope is much better known from a factor of 8 or more."
        )
    if not observations.repeated and len(observations) <= _SPARSE:
        found.append(
            "hardly any size has several runs, so that the noise between runs is estimated from "
            "how the sizes scatter; measure with several seeds."
        )
    found += _peak(observations)
    rise = _rise(observations)
    if len(observations) > 2 and (np.diff(observations.log_loss) > 0).all():
        found.append(
            "the metric gets worse at every size, and every law improves: check which way it "
            "improves (--higher-is-better, --lower-is-better), and that all models were trained to "
            "the end."
        )
    elif rise > 0:
        found.append(
            f"the loss rises by {format_percent(float(np.expm1(rise)), 1)} towards the largest "
            "sizes, and every law falls: find out why before you trust the forecast."
        )
    elif _is_flat(observations):
        found.append("the curve looks flat: more data may change nothing.")
    return (*found, *observations.notes)


def _distance(size: float, largest: float) -> list[str]:
    ratio = size / largest
    if ratio <= 3:
        return []
    times = f"{ratio:.3g}" if ratio < 1_000 else format_count(ratio)
    beyond = f"{format_count(size)} is {times}x your largest size ({format_count(largest)})"
    if ratio > 10:
        return [f"{beyond}: beyond 10x a forecast is little more than a guess."]
    return [f"{beyond}: treat forecasts beyond 3x as rough."]


def _below(size: float, smallest: float) -> list[str]:
    if size >= smallest * (1 - _ROUNDING):
        return []
    return [
        f"{format_count(size)} is below your smallest size ({format_count(smallest)}): laws hold "
        "least for few samples; treat what is said of them as rough."
    ]


def _peak(observations: Observations) -> list[str]:
    """The size between others whose loss lies far above both of its neighbours, if one does."""
    losses = observations.log_loss
    above = losses[1:-1] - np.maximum(losses[:-2], losses[2:])
    if not len(above) or above.max() < _PEAK:
        return []
    at = int(np.argmax(above)) + 1
    return [
        f"the loss at {format_count(float(observations.sizes[at]))} samples is "
        f"{float(np.exp(above[at - 1])):.2g} times those of the sizes beside it: look whether it "
        "was trained to the end, and leave that size out if not."
    ]


def _rise(observations: Observations) -> float:
    """Rise of the log loss over the last factor of four, where it is more than noise."""
    near = observations.u >= -np.log(4) - 1e-9
    if near.sum() < 2:
        return 0.0
    slope = _slope(observations, near)
    noise = float(np.sqrt(observations.noise[near].mean()))
    rise = slope * float(observations.u[near][-1] - observations.u[near][0])
    return rise if rise > max(3 * noise, 0.01) else 0.0


def _is_flat(observations: Observations) -> bool:
    """Whether the fall over the larger half of the sizes is hardly more than nothing."""
    half = np.arange(len(observations)) >= min(len(observations) // 2, len(observations) - 2)
    return _slope(observations, half) > -_STEEPER


def _slope(observations: Observations, rows: NDArray[np.bool_]) -> float:
    return float(np.polyfit(observations.u[rows], observations.log_loss[rows], 1)[0])
