"""Which model to train on how many samples next, for a joint law of both.

The next run is the one that lowers the variance of the log loss at the requested sizes the most:
the draws of the joint forecast say how the loss of every candidate goes with the requested losses,
and a normal distribution is conditioned on one more measurement (A-optimal design, Chaloner and
Verdinelli 1995, by draws instead of a linear model). No law is exact: the further below the
requested sizes a run is, the larger the error that the law is taken to have there, as
`JointForecast.drift` says. Else many cheap runs would seem to tell all about expensive ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.validation import is_real
from dataworth.errors import ForecastError
from dataworth.forecast.joint import JointForecast, forecast_joint

Floats = NDArray[np.float64]
_FLOPS = 6.0
"""Floating-point operations per parameter and sample: Kaplan et al. 2020, of a token."""
_BEGIN, _SHARE_TO_BEGIN = 8, 0.1
"""So many runs are done before the first fit, and cost so much of the budget together."""
_BATCH = 0.1
"""The law is fitted again when so much of what was spent has been spent in addition."""
_LEAST_NOISE = 1e-3
"""Of the log loss of a run."""
_TAIL = 0.05
"""So many of the draws count as no further off than the next one, on either side."""


def next_joint_runs(
    samples: ArrayLike,
    parameters: ArrayLike,
    values: ArrayLike,
    *,
    at: tuple[ArrayLike, ArrayLike],
    budget: float,
    costs: ArrayLike | None = None,
) -> list[int]:
    """The runs to do next for the loss at some sizes within a budget.

    Ask again when they are done, with their losses: the same losses give the same plan.

    Parameters
    ----------
    samples, parameters : array_like, shape (m,)
        Sizes of all runs that can be done: numbers of training samples (tokens), and of parameters.
    values : array_like, shape (m,)
        Their losses; NaN for those that are not done.
    at : pair of array_like, shape (k,)
        Numbers of samples and of parameters that the loss is requested for.
    budget : float
        What all runs may cost together, those that are done included.
    costs : array_like, shape (m,), optional
        Costs of the runs; by default ``6 * parameters * samples`` operations.

    Returns
    -------
    list of int
        Positions of the next runs; empty if the budget has no room for another one.

    Raises
    ------
    ForecastError
        If lengths differ, a number is not above 0, or the runs that are done allow no joint law.
    """
    data, model = _column("samples", samples), _column("parameters", parameters)
    price = _FLOPS * data * model if costs is None else _column("costs", costs)
    losses = np.asarray(values, np.float64)
    wanted = _column("at", at[0]), _column("at", at[1])
    if not data.shape == model.shape == price.shape == losses.shape:
        raise ForecastError(
            f"samples, parameters, values and costs have the lengths {len(data)}, {len(model)}, "
            f"{losses.size} and {len(price)}; give one each per run.",
            code="shape-mismatch",
        )
    if wanted[0].shape != wanted[1].shape:
        raise ForecastError(
            f"at holds {len(wanted[0])} numbers of samples and {len(wanted[1])} of parameters; "
            "give one each per requested loss.",
            code="shape-mismatch",
        )
    if not (is_real(budget) and 0 < budget < math.inf):
        raise ForecastError(
            f"budget is {budget!r}; expected a number above 0.",
            code="value-out-of-range",
            option="budget",
            value=budget,
        )
    done = np.isfinite(losses)
    left = float(budget - price[done].sum())
    if done.sum() < _BEGIN:
        return _first(np.log(np.stack([data, model], axis=1)), price, done, budget, left)
    forecast = forecast_joint(data[done], model[done], losses[done])
    return _best(forecast, data, model, price, done, wanted, left)


def _first(
    places: Floats, costs: Floats, done: NDArray[np.bool_], budget: float, left: float
) -> list[int]:
    """Cheap runs that lie far apart: each is the one that is furthest from those before it."""
    cheap = np.sort(costs)[: _BEGIN + 1][-1]
    open_runs = (costs <= max(budget * _SHARE_TO_BEGIN / _BEGIN, cheap)) & ~done
    low, high = places[open_runs | done].min(axis=0), places[open_runs | done].max(axis=0)
    scaled = (places - low) / np.maximum(high - low, 1e-9)
    before = [int(i) for i in np.flatnonzero(done)]
    chosen: list[int] = []
    while len(before) < _BEGIN:
        open_runs &= costs <= left
        if not open_runs.any():
            break
        if before:
            near = np.linalg.norm(scaled[:, None] - scaled[before], axis=2).min(axis=1)
        else:
            near = scaled.sum(axis=1)
        best = int(np.where(open_runs, near, -1.0).argmax())
        chosen.append(best)
        before.append(best)
        open_runs[best] = False
        left -= float(costs[best])
    return chosen


def _best(
    forecast: JointForecast,
    samples: Floats,
    parameters: Floats,
    costs: Floats,
    done: NDArray[np.bool_],
    at: tuple[Floats, Floats],
    left: float,
) -> list[int]:
    """The runs that lower the mean variance at the requested sizes the most, one after another."""
    x = np.concatenate([parameters, at[1]]) / forecast.parameters.max()
    y = np.concatenate([samples, at[0]]) / forecast.samples.max()
    logs = np.log([draw.loss(x, y) for draw in forecast.draws])
    logs = np.clip(logs, *np.quantile(logs, [_TAIL, 1 - _TAIL], axis=0))
    covariance, count = np.cov(logs.T), len(samples)
    distance = np.log(at[0] * at[1]).mean() - np.log(samples * parameters)
    drift = forecast.drift * np.maximum(distance, 0.0)
    noise = _LEAST_NOISE**2 + forecast.misfit**2 + drift**2
    open_runs, spent, used = ~done, float(costs[done].sum()), 0.0
    chosen: list[int] = []
    while not chosen or used < _BATCH * spent:
        open_runs &= costs <= left - used
        if not open_runs.any():
            break
        total = covariance.diagonal()[:count] + noise
        gain = (covariance[:count, count:] ** 2).mean(axis=1) / total
        best = int(np.where(open_runs, gain, -1.0).argmax())
        chosen.append(best)
        open_runs[best] = False
        used += float(costs[best])
        covariance = covariance - np.outer(covariance[best], covariance[best]) / total[best]
    return chosen


def _column(name: str, values: ArrayLike) -> Floats:
    found = np.atleast_1d(np.asarray(values, np.float64))
    if found.ndim != 1 or not (np.isfinite(found) & (found > 0)).all():
        raise ForecastError(
            f"{name} holds a number that is not positive and finite; expected sizes and costs "
            "above 0.",
            code="value-out-of-range",
            option=name,
        )
    return found
