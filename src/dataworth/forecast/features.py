"""What the correction of a forecast sees of a curve: numbers without units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.ensemble import EnsembleMember
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
LAWS = ("last-value", "power-2", "power-3", "m3", "inverse-logarithmic")
"""Laws of at most three free parameters, which are fitted to curves of any number of sizes."""
_MOST = 6.0
"""Ratios are cut here: further away they say no more."""
_QUIETEST = 1e-4
"""Added to the noise of a log loss."""
NAMES = (
    *("distance", "spread", "fall", "skew"),
    *(f"{name} off" for name in LAWS),
    *(f"{name} weight" for name in LAWS),
    *("residual", "noise", "run noise", "scatter", "repeated", "sizes", "span"),
    *("total slope", "end slope", "bend", "bend to noise", "rises"),
    *("backtest", "backtest to spread"),
    *("bounded", "room", "line off", "end off to noise"),
)
"""The features, in order."""


def features(
    observations: Observations,
    members: tuple[EnsembleMember, ...],
    weights: Floats,
    residual: float,
    u: Floats,
    bands: Floats,
    room: float | None,
) -> Floats:
    """The features of a forecast at some distances, shape (m, len(NAMES)).

    Parameters
    ----------
    observations, members, weights
        See `Draws`.
    residual : float
        Residual standard deviation of the log loss.
    u : ndarray, shape (m,)
        ``log(n / N)``; the first is 0.
    bands : ndarray, shape (5, m)
        The 5, 16, 50, 84 and 95 % bands of the uncorrected log loss there, relative to that at N.
    room : float, optional
        Log of the ratio of the largest loss that the metric can have to that at N, as of an error
        rate; None for a loss without such an end. See `LossScale.log_worst`.
    """
    middle = bands[2]
    spread = np.maximum((bands[3] - bands[1]) / 2, 1e-6)
    columns = [u, _log(spread), _cut(middle / spread)]
    columns.append(_log((bands[4] - middle) / np.maximum(middle - bands[0], 1e-9)))
    predicted, share = _by_law(members, weights, u)
    columns += [_cut((one - middle) / spread) for one in predicted]
    columns += [np.full_like(u, one) for one in share]
    columns += [np.full_like(u, one) for one in _of_curve(observations, residual)]
    back = np.array([np.mean(m.errors) if m.errors else 0.0 for m in members])
    error = float(weights @ back)
    columns += [np.full_like(u, np.clip(error, -1, 1)), _cut(error / spread)]
    noise = float(np.sqrt(observations.noise[-1])) + _QUIETEST
    columns += [
        np.full_like(u, room is not None),
        np.full_like(u, 0.0 if room is None else np.clip(room, 0.0, _MOST)),
        _cut((_line(observations, u) - middle) / spread),
        np.full_like(u, np.clip(middle[0] / noise, -_MOST, _MOST)),
    ]
    return np.stack(columns, axis=1)


def _line(observations: Observations, u: Floats) -> Floats:
    """A power law without a floor, by least squares of the log loss weighted by the sizes."""
    weight = np.exp(observations.u) / np.exp(observations.u).sum()
    y = observations.log_loss - observations.log_loss[-1]
    around, mean = observations.u - weight @ observations.u, float(weight @ y)
    slope = float((weight * around) @ y / (weight @ around**2))
    return np.asarray(mean + min(slope, 0.0) * (u - float(weight @ observations.u)))


def _by_law(
    members: tuple[EnsembleMember, ...], weights: Floats, u: Floats
) -> tuple[list[Floats], list[float]]:
    """The mean log loss that each of `LAWS` predicts, relative to that at N, and its weight."""
    predicted, share = [], []
    for name in LAWS:
        mine = [i for i, member in enumerate(members) if member.law.name == name]
        total = float(weights[mine].sum())
        logs = np.zeros_like(u)
        for i in mine:
            part = weights[i] / total if total > 0 else 1 / len(mine)
            logs = logs + part * (members[i].weights @ np.maximum(members[i].log_loss(u), -9.0))
        predicted.append(logs)
        share.append(total)
    return predicted, share


def _of_curve(observations: Observations, residual: float) -> list[float]:
    """What does not depend on the distance."""
    u, y = observations.u, observations.log_loss
    noise = np.sqrt(observations.noise) + _QUIETEST
    slopes = np.diff(y) / np.diff(u)
    total = float((y[-1] - y[0]) / (u[-1] - u[0]))
    near = u >= u[-1] - np.log(4) - 1e-6
    near[-2:] = True
    end = float(np.polyfit(u[near], y[near], 1)[0]) if near.sum() > 1 else float(slopes[-1])
    half = u >= u[0] / 2
    early = float((y[half][0] - y[0]) / (u[half][0] - u[0]))
    late = float((y[-1] - y[half][0]) / max(u[-1] - u[half][0], 1e-9)) if half.sum() > 1 else end
    bend = late - early
    return [
        float(_log(residual)),
        float(_log(noise[-1])),
        float(_log(np.sqrt(observations.run_noise) + _QUIETEST)),
        float(_log(observations.scatter + _QUIETEST)),
        float(observations.repeated),
        float(np.log(len(u))),
        float(-u[0]),
        float(np.clip(total, -2, 1)),
        float(np.clip(end, -2, 1)),
        float(np.clip(bend, -2, 2)),
        float(np.clip(bend * -u[0] / (2 * np.hypot(noise[-1], noise[0])), -_MOST, _MOST)),
        float((slopes > 0).mean()),
    ]


def _log(values: Floats | float) -> Floats:
    return np.clip(np.log(np.maximum(values, 1e-9)), -9.0, 3.0)


def _cut(values: Floats) -> Floats:
    return np.asarray(np.clip(values, -_MOST, _MOST))
