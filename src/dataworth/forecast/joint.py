"""Joint forecasts: the loss of models of any size trained on any number of samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.validation import check_probability, check_seed
from dataworth.curves.curve import real_numbers
from dataworth.errors import ForecastError
from dataworth.forecast.results import Estimate
from dataworth.laws.joint import JointFit, fit_joint

Floats = NDArray[np.float64]
_DRAWS = 200
_LEAST, _LEAST_SIZES = 6, 3
_FLOPS = 6.0
"""Floating-point operations per parameter and sample: Kaplan et al. 2020, of a token."""


@dataclass(frozen=True, eq=False)
class JointPrediction:
    """Predicted losses: arrays of one value per asked pair of sizes, with intervals."""

    samples: Floats
    parameters: Floats
    median: Floats
    lower: Floats
    upper: Floats
    level: float


@dataclass(frozen=True)
class Allocation:
    """The split of a compute budget with the least loss.

    Attributes
    ----------
    parameters, samples : Estimate
        The model's size and the number of samples, with 90 % intervals.
    loss : float
        The median loss there.
    """

    parameters: Estimate
    samples: Estimate
    loss: float


@dataclass(frozen=True, eq=False)
class JointForecast:
    """A joint law ``E + A N^-a + B D^-b`` with draws of its parameters; see `forecast_joint`.

    Attributes
    ----------
    samples, parameters, values : ndarray, shape (m,)
        What was measured.
    fit : JointFit
        The fit to all measurements.
    draws : tuple of JointFit
        Fits to model sizes drawn with replacement (block bootstrap).
    misfit, drift : float
        Standard deviation of the relative error within the measured compute, and its growth per
        unit of the log of the compute beyond.
    seed : int
        Of the draws.
    """

    samples: Floats
    parameters: Floats
    values: Floats
    fit: JointFit
    draws: tuple[JointFit, ...]
    misfit: float
    drift: float
    seed: int

    def predict(
        self, samples: ArrayLike, parameters: ArrayLike, level: float = 0.9
    ) -> JointPrediction:
        """The loss of models of some sizes trained on some numbers of samples.

        Parameters
        ----------
        samples, parameters : array_like, shape (m,)
            Pairs of sizes; one of them may be a single number.
        level : float
            Of the interval.
        """
        tail = (1 - check_probability("level", level)) / 2
        data, model = np.broadcast_arrays(
            _positive(samples, "samples"), _positive(parameters, "parameters")
        )
        low, middle, high = np.quantile(self.losses(data, model), [tail, 0.5, 1 - tail], axis=0)
        return JointPrediction(data, model, middle, low, high, level)

    def losses(self, samples: Floats, parameters: Floats) -> Floats:
        """Draws of the loss at pairs of sizes, shape (draws, m), with the law's own error."""
        x, y = parameters / self.parameters.max(), samples / self.samples.max()
        beyond = np.log(samples * parameters) - math.log((self.samples * self.parameters).max())
        error = np.hypot(self.misfit, self.drift * np.maximum(beyond, 0.0))
        rng = np.random.Generator(np.random.Philox(self.seed + 1))
        z = rng.standard_normal((len(self.draws), 1))
        return np.array([draw.loss(x, y) for draw in self.draws]) * np.exp(z * error)

    @cached_property
    def law(self) -> Mapping[str, Estimate]:
        """E, A, B, a and b in the units of the measurements, with 90 % intervals."""
        units = self.parameters.max(), self.samples.max()
        best = self.fit.in_units(*units)
        drawn = [draw.in_units(*units) for draw in self.draws]
        found = {}
        for name, value in best.items():
            low, high = np.quantile([one[name] for one in drawn], [0.05, 0.95])
            found[name] = Estimate(value, float(low), float(high))
        return found

    def gain(
        self, samples: float, parameters: float, factor: float = 2.0
    ) -> Mapping[str, Estimate]:
        """What more data and what a bigger model would lower the loss by, from some sizes.

        Parameters
        ----------
        samples, parameters : float
            Where one stands.
        factor : float
            How many times as many samples ("samples"), or as large a model ("parameters").
        """
        here = np.array([samples, samples * factor, samples])
        model = np.array([parameters, parameters, parameters * factor])
        losses = self.losses(here, model)
        gains = losses[:, :1] - losses[:, 1:]
        low, middle, high = np.quantile(gains, [0.05, 0.5, 0.95], axis=0)
        return {
            name: Estimate(float(middle[i]), float(low[i]), float(high[i]))
            for i, name in enumerate(("samples", "parameters"))
        }

    def allocate(self, compute: float, flops: float = _FLOPS) -> Allocation:
        """The split of a compute budget between model and data with the least loss.

        Parameters
        ----------
        compute : float
            Floating-point operations in all.
        flops : float
            Operations per parameter and sample: 6 for a token.
        """
        pairs = compute / flops
        units = self.parameters.max(), self.samples.max()
        models = np.array([draw.best_model(pairs / units[0] / units[1]) for draw in self.draws])
        best = self.fit.best_model(pairs / units[0] / units[1]) * units[0]
        low, high = np.quantile(models * units[0], [0.05, 0.95])
        loss = self.predict([pairs / best], [best]).median[0]
        return Allocation(
            Estimate(best, float(low), float(high)),
            Estimate(pairs / best, pairs / float(high), pairs / float(low)),
            float(loss),
        )


def forecast_joint(
    samples: ArrayLike, parameters: ArrayLike, values: ArrayLike, *, seed: int = 0
) -> JointForecast:
    """Fit a joint law of data size and model size to measured losses.

    Parameters
    ----------
    samples, parameters, values : array_like, shape (m,)
        Numbers of training samples (tokens), sizes of the model and losses, one entry per run.
    seed : int
        Of the bootstrap.

    Raises
    ------
    ForecastError
        If the lengths differ, a value is not positive, or there are fewer than 6 measurements, or
        fewer than 3 different sizes of either kind.
    """
    data, model, loss = (
        _positive(column, name)
        for column, name in ((samples, "samples"), (parameters, "parameters"), (values, "values"))
    )
    if not data.shape == model.shape == loss.shape:
        raise ForecastError(
            f"samples, parameters and values have the lengths {len(data)}, {len(model)} and "
            f"{len(loss)}; give one each per run.",
            code="shape-mismatch",
        )
    kinds = len(np.unique(data)), len(np.unique(model))
    if len(data) < _LEAST or min(kinds) < _LEAST_SIZES:
        raise ForecastError(
            f"{len(data)} measurements of {kinds[1]} model sizes and {kinds[0]} numbers of "
            f"samples; a joint law needs at least {_LEAST} measurements, and {_LEAST_SIZES} "
            "different sizes of each.",
            code="too-few-sizes",
        )
    x, y = model / model.max(), data / data.max()
    fit = fit_joint(x, y, loss)
    rng = np.random.Generator(np.random.Philox(check_seed(seed)))
    blocks = np.unique(model, return_inverse=True)[1]
    draws: list[JointFit] = []
    while len(draws) < _DRAWS:
        chosen = np.bincount(rng.integers(0, kinds[1], kinds[1]), minlength=kinds[1])
        if (chosen > 0).sum() >= _LEAST_SIZES:
            draws.append(fit_joint(x, y, loss, chosen[blocks].astype(np.float64), near=fit))
    misfit = float(np.sqrt(np.mean((fit.loss(x, y) / loss - 1) ** 2)))
    drift = _drift(x, y, loss)
    return JointForecast(data, model, loss, fit, tuple(draws), misfit, drift, seed)


def _drift(x: Floats, y: Floats, loss: Floats) -> float:
    """Growth of the relative error beyond the measured compute, from the larger half, hidden."""
    compute = np.log(x * y)
    seen = compute <= np.median(compute)
    fit = fit_joint(x, y, loss, seen.astype(np.float64))
    beyond = compute[~seen] - compute[seen].max()
    if not len(beyond) or beyond.max() <= 0:
        return 0.0
    off = fit.loss(x[~seen], y[~seen]) / loss[~seen] - 1
    return float(np.sqrt(np.mean(off**2) / np.mean(beyond**2)))


def _positive(values: ArrayLike, name: str) -> Floats:
    numbers = np.asarray(real_numbers(values, name), np.float64)
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise ForecastError(
            f"{name} holds a number that is not positive and finite; expected sizes and losses "
            "above 0.",
            code="value-out-of-range",
            option=name,
        )
    return numbers
