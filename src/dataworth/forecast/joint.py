"""Joint forecasts: the loss of models of any size trained on any number of samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.display import draw
from dataworth._util.validation import check_probability, check_seed
from dataworth.curves.curve import real_numbers
from dataworth.errors import ForecastError
from dataworth.forecast.results import Estimate
from dataworth.laws.joint import FORMS, JointFit, fit_joint, refit_joint

if TYPE_CHECKING:
    from dataworth._util.display import Axes

Floats = NDArray[np.float64]
_DRAWS = 200
_LEAST, _LEAST_SIZES, _LEAST_FREE = 6, 3, 12
"""Fewest measurements, different sizes, and measurements for a form with six parameters."""
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
    """A joint law of model size and data size with draws of its parameters; see `forecast_joint`.

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
        """The law's parameters in the units of the measurements, with 90 % intervals.

        E, A, B, a and b; g of the coupled form, P of the saturating one (`dataworth.laws.joint`).
        """
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

    def balance(self, parameters: float, factor: float = 2.0) -> Estimate:
        """The samples beyond which a larger model brings more than more data, at some model size.

        Parameters
        ----------
        parameters : float
            The size of the model.
        factor : float
            How many times as many samples, or as large a model.
        """
        units = self.parameters.max(), self.samples.max()

        def samples(fit: JointFit) -> float:
            by_model = fit.a_scale * (parameters / units[0]) ** -fit.a * (1 - factor**-fit.a)
            ratio = by_model / max(fit.b_scale * (1 - factor**-fit.b), 1e-300)
            return float(units[1] * min(ratio ** (-1 / fit.b), 1e300 / units[1]))

        return self._estimate(samples)

    def crossing(self, smaller: float, larger: float, flops: float = _FLOPS) -> Estimate:
        """The compute beyond which the larger of two models has the lower loss.

        Parameters
        ----------
        smaller, larger : float
            Sizes of the models, each trained on as many samples as the compute allows.
        flops : float
            Operations per parameter and sample: 6 for a token.
        """
        if not 0 < smaller < larger < math.inf:
            raise ForecastError(
                f"model sizes {smaller!r} and {larger!r}; expected two numbers above 0, the "
                "smaller one first.",
                code="value-out-of-range",
                option="smaller",
            )
        units = self.parameters.max(), self.samples.max()
        one, two = smaller / units[0], larger / units[0]

        def compute(fit: JointFit) -> float:
            # A N1^-a + B (p / N1)^-b = A N2^-a + B (p / N2)^-b, with p the product of both sizes.
            better = fit.a_scale * (one**-fit.a - two**-fit.a)
            costs = fit.b_scale * (two**fit.b - one**fit.b)
            log = math.log(costs / max(better, 1e-300)) / fit.b
            return float(flops * units[0] * units[1] * math.exp(min(log, 600.0)))

        return self._estimate(compute)

    def _estimate(self, function: Callable[[JointFit], float]) -> Estimate:
        low, high = np.quantile([function(draw) for draw in self.draws], [0.05, 0.95])
        return Estimate(function(self.fit), float(low), float(high))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the measured runs, contours of the loss, and the best split of a budget."""
        axes_drawn: Axes = draw(self, axes)
        return axes_drawn

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
    samples: ArrayLike,
    parameters: ArrayLike,
    values: ArrayLike,
    *,
    form: str | None = None,
    seed: int = 0,
) -> JointForecast:
    """Fit a joint law of data size and model size to measured losses.

    Parameters
    ----------
    samples, parameters, values : array_like, shape (m,)
        Numbers of training samples (tokens), sizes of the model and losses, one entry per run.
    form : {"additive", "coupled", "saturating"}, optional
        ``E + A N^-a + B D^-b``; ``E + (A N^-a + B D^-b)^g``; or the first, rising no higher than a
        plateau ``P``. By default the one with the least value of Schwarz's criterion (1978).
    seed : int
        Of the bootstrap.

    Raises
    ------
    ForecastError
        If the lengths differ, a value is not positive, there are fewer than 6 measurements, or
        fewer than 3 different sizes of either kind, or the form is not known.
    """
    if form is not None and form not in FORMS:
        raise ForecastError(
            f"form = {form!r}: expected {', '.join(FORMS)}.", code="unknown-choice", option="form"
        )
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
    fits = [fit_joint(x, y, loss, each) for each in ([form] if form else _forms(len(data)))]
    fit = min(fits, key=lambda each: each.criterion)
    rng = np.random.Generator(np.random.Philox(check_seed(seed)))
    blocks = np.unique(model, return_inverse=True)[1]
    counts: list[Floats] = []
    while len(counts) < _DRAWS:
        chosen = np.bincount(rng.integers(0, kinds[1], kinds[1]), minlength=kinds[1])
        if (chosen > 0).sum() >= _LEAST_SIZES:
            counts.append(chosen[blocks].astype(np.float64))
    draws = refit_joint(fit, x, y, loss, np.array(counts))
    misfit = float(np.sqrt(np.mean(np.log(fit.loss(x, y) / loss) ** 2)))
    drift = _drift(x, y, loss, fit.form)
    return JointForecast(data, model, loss, fit, tuple(draws), misfit, drift, seed)


def _forms(count: int) -> tuple[str, ...]:
    """The forms that so many measurements can tell apart."""
    return FORMS if count >= _LEAST_FREE else FORMS[:1]


def _drift(x: Floats, y: Floats, loss: Floats, form: str) -> float:
    """Growth of the log error beyond the measured compute, from the larger half, hidden."""
    compute = np.log(x * y)
    seen = compute <= np.median(compute)
    beyond = compute[~seen] - compute[seen].max()
    if not len(beyond) or beyond.max() <= 0:
        return 0.0
    fit = fit_joint(x, y, loss, form, seen.astype(np.float64))
    off = np.log(fit.loss(x[~seen], y[~seen]) / loss[~seen])
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
