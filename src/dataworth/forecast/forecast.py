"""Forecast: what a measured curve says about sizes that were not measured."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util import display
from dataworth._util.json import json_values
from dataworth._util.numbers import format_percent
from dataworth._util.validation import as_list, check_probability, check_sizes, is_real
from dataworth.curves.curve import Curve, real_numbers
from dataworth.errors import ForecastError
from dataworth.forecast import sample_size
from dataworth.forecast.averages import Averaged, averaged
from dataworth.forecast.backtest import backtest, backtest_forecast
from dataworth.forecast.draws import Draws, draw_curves, quantiles_of_draws
from dataworth.forecast.interpolate import measured_or_drawn
from dataworth.forecast.loss_scale import LossScale, loss_scale
from dataworth.forecast.prior import Prior
from dataworth.forecast.results import (
    Backtest,
    BacktestRow,
    ChosenLaw,
    Prediction,
    SampleSize,
    Stop,
    Value,
)
from dataworth.forecast.summary import law_summary, law_weights
from dataworth.forecast.warnings import warnings_for
from dataworth.laws.base import Law
from dataworth.laws.observations import Observations

if TYPE_CHECKING:
    from dataworth._util.display import Axes


Floats = NDArray[np.float64]


_SHOWN = (2.0, 4.0, 10.0)
"""Multiples of the largest measured size that `repr` predicts."""
SEPARATE = 5
"""Of so many draws, one takes sizes for runs of their own where they may be checkpoints: all curves
of Alabdulmohsin et al. 2022 that leave it open are checkpoints."""
_FAR_BELOW = 10.0
"""A loss in per cent that is so many times lower than any measured one looks like a share."""


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """A predictive distribution over whole learning curves; made by `dataworth.forecast`.

    All answers come from the same draws, so that they agree with each other, and are given in the
    curve's own metric.

    Attributes
    ----------
    curve : Curve
        What was measured.
    observations : Observations
        What was fitted.
    draws : Draws
        The fitted laws, their weights, and curves drawn from them.
    prior, chance, seed, family
        What the draws were made with; `chance` is the log loss of guessing, if known, `family` that
        of the learner, if given.
    separate : Draws, optional
        Where the sizes may be checkpoints or runs of their own: `draws` take them for checkpoints,
        and every fifth is replaced by one of these, which take them for runs of their own.
    """

    curve: Curve
    observations: Observations
    draws: Draws
    prior: Prior
    chance: float | None
    seed: int
    family: str | None = None
    separate: Draws | None = None

    def predict(self, sizes: ArrayLike, level: float = 0.9, new_run: bool = False) -> Prediction:
        """The metric at some sizes.

        Parameters
        ----------
        sizes : array_like, shape (m,)
            Numbers of training samples.
        level : float
            Of the interval.
        new_run : bool
            Predict a single new run; else the mean over seeds.
        """
        tail = (1 - check_probability("level", level)) / 2
        samples = check_sizes(sizes)
        low, middle, high = self.quantiles(samples, [tail, 0.5, 1 - tail], new_run)
        return Prediction(samples, middle, low, high, level, self.curve.metric)

    def quantiles(
        self, sizes: ArrayLike, probabilities: ArrayLike, new_run: bool = False
    ) -> Floats:
        """Quantiles of the metric, shape (len(probabilities), len(sizes))."""
        wanted = real_numbers(probabilities, "probabilities")
        if wanted.ndim != 1 or not ((wanted >= 0) & (wanted <= 1)).all():
            raise ForecastError(
                f"probabilities: {probabilities!r}; expected numbers from 0 to 1.",
                code="value-out-of-range",
                option="probabilities",
                value=probabilities,
            )
        if self.curve.higher_is_better:
            wanted = 1 - wanted
        runs = 1.0 if new_run else math.inf
        log_loss = quantiles_of_draws(self.log_losses(sizes, runs), wanted)
        return self.scale.values_of_costs(self.scale.costs(log_loss))

    def log_losses(self, sizes: ArrayLike, runs: float = math.inf) -> Floats:
        """Draws of the log loss (of the log error), shape (draws, m), of the mean over `runs`.

        Below the largest measured size they follow the measurements; see `measured_or_drawn`.
        """
        u = np.log(np.maximum(check_sizes(sizes) / self.observations.sizes[-1], 1e-300))
        return self._drawn(u, runs)

    def samples_for(
        self, target: float, level: float = 0.9, assurance: float | None = None
    ) -> SampleSize:
        """How many samples the metric takes to reach a target.

        Parameters
        ----------
        target : float
            In the curve's own metric.
        level : float
            Of the interval.
        assurance : float, optional
            Also give the size at which the target is met with this probability.

        Raises
        ------
        ForecastError
            If the target is not a value that the metric can have.
        """
        check_probability("level", level)
        if assurance is not None:
            check_probability("assurance", assurance)
        loss = self.loss_of(target)
        found = sample_size.samples_for(
            self._averaged, self.observations, self._drawn, loss, float(target), level, assurance
        )
        return replace(found, metric=self.curve.metric)

    def probability(self, size: float, target: float) -> float:
        """The probability that the mean over seeds is at least as good as a target at a size.

        Parameters
        ----------
        size : float
            Number of training samples.
        target : float
            In the curve's own metric.

        Raises
        ------
        ForecastError
            If the target is not a value that the metric can have.
        """
        met = self.log_losses([size])[:, 0] <= math.log(self.loss_of(target))
        return float(met.mean())

    def loss_of(self, target: float) -> float:
        """The loss (the error) that a target in the curve's own metric stands for.

        Raises
        ------
        ForecastError
            If the target is not a value that the metric can have.
        """
        loss = self.scale.loss(target) if is_real(target) and math.isfinite(target) else math.nan
        if not (math.isfinite(loss) and loss > 0 and math.log(loss) <= self.scale.log_cap):
            metric, hint = self.curve.metric, ""
            if metric.upper == 1 and is_real(target) and 2 <= target < 100:
                hint = f" {target:g} per cent is {target / 100:g} (--target {target:g}%)."
            if loss == 0:
                hint = " No number of samples is expected to make a model perfect: ask for less."
            raise ForecastError(
                f"target is {target!r}; expected a value of {metric} "
                f"{self.scale.expected(metric)}.{hint}",
                code="value-out-of-range",
            )
        self._check_unit(float(target))
        return loss

    def _check_unit(self, target: float) -> None:
        """Refuse a target that looks like a share where the values are in per cent."""
        if self.curve.metric.unit != "%" or not 0 < target <= 1:
            return
        lowest, highest = float(self.curve.values.min()), float(self.curve.values.max())
        if target >= (lowest if self.curve.higher_is_better else lowest / _FAR_BELOW):
            return
        raise ForecastError(
            f"target is {target:g}, but {self.curve.metric} is in per cent, {lowest:.4g} to "
            f"{highest:.4g} where it was measured. Write {100 * target:g} for {100 * target:g} %.",
            code="value-unclear",
        )

    def value_of(self, n1: float, n2: float, level: float = 0.9) -> Value:
        """What going from n1 to n2 samples buys, in units of the metric, above 0 if it improves."""
        tail = (1 - check_probability("level", level)) / 2
        losses = self.scale.costs(self.log_losses([n1, n2]))
        gain = np.quantile(losses[:, 0] - losses[:, 1], [tail, 0.5, 1 - tail])
        low, middle, high = (float(value) for value in gain)
        return Value(n1, n2, middle, low, high, level, self.curve.metric)

    def stop_at(self, price_per_label: float, worth_per_unit: float, level: float = 0.9) -> Stop:
        """The size where another label stops paying.

        Sizes are searched in steps of 5.6 %, up to a million times the largest measured one.

        Parameters
        ----------
        price_per_label : float
            Cost of one more training sample, in any currency.
        worth_per_unit : float
            Worth of lowering the loss (the error) by 1, in the same currency: of one nat, or of
            an accuracy from 0 to 1; of raising a score by 1.
        level : float
            Of the interval.
        """
        for name, value in [
            ("price_per_label", price_per_label),
            ("worth_per_unit", worth_per_unit),
        ]:
            if not (is_real(value) and math.isfinite(value) and value > 0):
                raise ForecastError(
                    f"{name} is {value!r}; expected a finite number above 0.",
                    code="value-out-of-range",
                )
        check_probability("level", level)
        return sample_size.stop_at(
            self._largest,
            lambda u: self.scale.costs(self._drawn(u)),
            price_per_label,
            worth_per_unit,
            level,
        )

    @cached_property
    def scale(self) -> LossScale:
        """How the metric's values become the losses that laws describe, and back."""
        return loss_scale(self.curve)

    @cached_property
    def weights(self) -> dict[str, float]:
        """The weight of each law by name, largest first."""
        return law_weights(self.draws)

    @cached_property
    def law(self) -> ChosenLaw:
        """The law with the largest weight, its parameters and their 90 % intervals."""
        name, weight = next(iter(self.weights.items()))
        if len(self._laws) == 1:
            return law_summary(self.draws, weight)
        likeliest = next(law for law in self._laws if law.name == name)
        draws = draw_curves(self.observations, (likeliest,), self.prior, self.chance, self.seed)
        return law_summary(draws, weight)

    @cached_property
    def backtest(self) -> Backtest:
        """How every law, the baselines and this forecast did on the largest sizes, hidden."""
        rows = backtest(self.observations, self._laws, self._backtest_of_forecast)
        return Backtest(self._row_to_metric(row) for row in rows)

    @cached_property
    def backtest_of_forecast(self) -> tuple[BacktestRow, ...]:
        """The rows of `backtest` of this forecast and of the last value, which are fast to make."""
        return tuple(self._row_to_metric(row) for row in self._backtest_of_forecast)

    @cached_property
    def _backtest_of_forecast(self) -> list[BacktestRow]:
        return backtest_forecast(self.observations, self._refit)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the forecast must know about its curve."""
        return warnings_for(self.observations)

    @cached_property
    def perfect_from(self) -> float | None:
        """The size from which on the metric has its best value; None where it has not.

        Sizes from there on are not fitted: what the metric lacks there is below what the held-out
        rows resolve.
        """
        return self._averaged.perfect

    @cached_property
    def _averaged(self) -> Averaged:
        return averaged(self.curve)

    def warnings_at(self, sizes: ArrayLike) -> tuple[str, ...]:
        """Warnings about the distance of these sizes from the measured ones, then `warnings`."""
        return warnings_for(self.observations, check_sizes(sizes))

    def plot(
        self,
        axes: Axes | None = None,
        *,
        sizes: float | Iterable[float] = (),
        targets: float | Iterable[float] = (),
    ) -> Axes:
        """Draw the curve, the median and its bands; see `dataworth.plots.forecast`."""
        drawn: Axes = display.draw(self, axes, sizes=sizes, targets=targets)
        return drawn

    def __repr__(self) -> str:
        sizes = self._largest * np.array(_SHOWN)
        ahead = self.predict(sizes)
        rows = [
            f"{size:,.0f}: {middle:.4g} ({low:.4g} to {high:.4g})"
            for size, middle, low, high in zip(
                sizes, ahead.median, ahead.lower, ahead.upper, strict=True
            )
        ]
        laws = [
            f"{name} {format_percent(weight)}" for name, weight in list(self.weights.items())[:3]
        ]
        number = len(self.warnings)
        warned = [f"  {number} warning{'s' if number > 1 else ''}: see .warnings"] if number else []
        return "\n".join(
            [
                f"Forecast({self.curve.name!r}, {self.curve.metric.name}, measured up to "
                f"{self._largest:,.0f} samples)",
                f"  median (90 % interval) at {', '.join(rows)}",
                f"  laws by weight: {', '.join(laws)}",
                *warned,
            ]
        )

    def _repr_html_(self) -> str | None:
        return display.html_or_none(self)

    def to_dict(
        self,
        sizes: float | Iterable[float] = (),
        targets: float | Iterable[float] = (),
        level: float = 0.9,
    ) -> dict[str, Any]:
        """Everything as JSON values; infinite sizes as None."""
        counts = check_sizes(as_list(sizes))
        values: dict[str, Any] = json_values(
            {
                "name": self.curve.name,
                "metric": self.curve.metric.name,
                "largest_size": self._largest,
                "law": asdict(self.law),
                "weights": self.weights,
                "backtest": [asdict(row) for row in self.backtest],
                "predictions": _rows(self.predict(counts, level)),
                "targets": [
                    asdict(self.samples_for(target, level)) | {"metric": self.curve.metric.name}
                    for target in as_list(targets)
                ],
                "warnings": self.warnings_at(counts),
            }
        )
        return values

    def _refit(self, observations: Observations) -> Draws:
        """The same forecast from fewer observations, for the backtest."""
        return draw_curves(
            observations, self._laws, self.prior, self.chance, self.seed, family=self.family
        )

    @property
    def _laws(self) -> tuple[Law, ...]:
        return tuple(dict.fromkeys(member.law for member in self.draws.members))

    @property
    def _largest(self) -> float:
        return float(self.observations.sizes[-1])

    def _drawn(self, u: Floats, runs: float = math.inf) -> Floats:
        """Draws of the log loss at ``u = log(n / N)``, none of them one that cannot be."""
        with np.errstate(all="ignore"):
            logs = _with_noise(self.draws, u, self.seed, runs)
            if self.separate is not None:
                logs[::SEPARATE] = _with_noise(self.separate, u, self.seed, runs)[::SEPARATE]
        return np.minimum(logs, self.scale.log_cap)

    def _row_to_metric(self, row: BacktestRow) -> BacktestRow:
        predicted, actual = self.scale.value(row.predicted), self.scale.value(row.actual)
        return replace(row, predicted=predicted, actual=actual)


def _with_noise(draws: Draws, u: Floats, seed: int, runs: float) -> Floats:
    return measured_or_drawn(draws, u, seed) + draws.run_noise(runs)[:, None]


def _rows(prediction: Prediction) -> list[dict[str, Any]]:
    columns = (prediction.samples, prediction.median, prediction.lower, prediction.upper)
    return [
        {"samples": n, "median": middle, "lower": low, "upper": high, "level": prediction.level}
        for n, middle, low, high in zip(*columns, strict=True)
    ]
