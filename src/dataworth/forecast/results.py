"""Results of a forecast: data classes of plain numbers in the metric of the curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import (
    format_chance,
    format_count,
    format_digits,
    format_share,
    size_in_words,
    sizes_in_words,
)
from dataworth.metrics.metric import Metric
from dataworth.metrics.spoken import difference, exact, unit_of, unit_of_difference, values

Floats = NDArray[np.float64]
_SHOWN = 8
"""Sizes that the text of a `Prediction` names."""
_UNNAMED = Metric("value", None)


def _samples(number: float) -> str:
    """A number of samples in words; infinite where none is enough."""
    return f"{size_in_words(number)} {'samples' if number < math.inf else 'of samples'}"


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """The predicted metric at some sizes: arrays of one value per size.

    The true value is between ``lower`` and ``upper`` with probability `level`.
    """

    samples: Floats
    median: Floats
    lower: Floats
    upper: Floats
    level: float
    metric: Metric = _UNNAMED

    def __repr__(self) -> str:
        columns = (self.samples, self.median, self.lower, self.upper)
        lines = [f"Prediction({self.metric.name}, {format_share(self.level)} interval)"]
        for size, *found in list(zip(*(part.tolist() for part in columns), strict=True))[:_SHOWN]:
            median, lower, upper = values(self.metric, *found)
            lines.append(
                f"  at {format_count(size)}: {median}{unit_of(self.metric)} ({lower} to {upper})"
            )
        more = len(self.samples) - _SHOWN
        return "\n".join([*lines, *([f"  and at {more} more sizes"] if more > 0 else [])])


@dataclass(frozen=True, repr=False)
class ReachableSize:
    """The number of samples for a target, given that it is reached at all; always finite."""

    median: float
    lower: float
    upper: float

    def __repr__(self) -> str:
        interval = sizes_in_words(self.lower, self.upper)
        return f"ReachableSize({size_in_words(self.median)} samples, {interval})"


@dataclass(frozen=True, repr=False)
class SampleSize:
    """The number of samples for a target; ``math.inf`` if no number reaches the probability.

    Attributes
    ----------
    target : float
        The value of the metric to reach.
    median, lower, upper : float
        The sizes at which the target is met with probability 1/2, (1 - level)/2 and (1 + level)/2.
    probability_reachable : float
        The highest probability of meeting the target at any size up to a million times the largest
        one measured.
    level : float
        Of the interval from `lower` to `upper`.
    assurance, assured : float or None
        The requested probability, and the size at which the target is met with it.
    met : bool
        Whether the measured means meet the target already. `median` and `lower` are then not above
        the first measured size from which on they do. `upper` and `assured` may lie beyond it: the
        noise of the means is counted.
    if_reachable : ReachableSize or None
        The sizes at which the same shares of the probability of meeting the target up to
        `dataworth.forecast.sample_size.REACH` times the largest measured size are reached: how many
        samples it takes, given that they are enough. None where that probability is below 1 %: so
        few draws say nothing of the size.
    metric : Metric
        What the target is of.
    """

    target: float
    median: float
    lower: float
    upper: float
    probability_reachable: float
    level: float
    assurance: float | None = None
    assured: float | None = None
    met: bool = False
    if_reachable: ReachableSize | None = None
    metric: Metric = field(default=_UNNAMED, compare=False)

    def __repr__(self) -> str:
        lines = [
            f"SampleSize({self.metric.name} {exact(self.metric, self.target)})",
            f"  {_samples(self.median)}{self._interval()}{', met already' if self.met else ''}",
            f"  reachable with probability {format_chance(self.probability_reachable)}",
        ]
        if self.if_reachable is not None:
            found = self.if_reachable
            interval = sizes_in_words(found.lower, found.upper)
            lines.append(f"  if reachable, {size_in_words(found.median)} ({interval})")
        if self.assurance is not None and self.assured is not None:
            lines.append(
                f"  {_samples(self.assured)} with probability {format_share(self.assurance)}"
            )
        return "\n".join(lines)

    def _interval(self) -> str:
        if self.lower == math.inf:
            return ""
        interval = sizes_in_words(self.lower, self.upper)
        return f" ({format_share(self.level)} interval {interval})"


@dataclass(frozen=True, repr=False)
class Value:
    """The gain from `n1` to `n2` samples: the improvement of the metric, positive if better."""

    n1: float
    n2: float
    median: float
    lower: float
    upper: float
    level: float
    metric: Metric = field(default=_UNNAMED, compare=False)

    def __repr__(self) -> str:
        median, lower, upper = difference(self.metric, self.median, self.lower, self.upper)
        return (
            f"Value({self.metric.name} from {format_count(self.n1)} to {format_count(self.n2)} "
            f"samples: better by {median}{unit_of_difference(self.metric)}, "
            f"{format_share(self.level)} interval {lower} to {upper})"
        )


@dataclass(frozen=True, repr=False)
class Stop:
    """The size at which another label stops paying; ``math.inf`` if it always pays.

    ``net`` is the median net worth of that size, compared with the largest measured one.
    """

    median: float
    lower: float
    upper: float
    net: float
    level: float

    def __repr__(self) -> str:
        interval = sizes_in_words(self.lower, self.upper)
        return (
            f"Stop(at {_samples(self.median)}, {format_share(self.level)} interval "
            f"{interval}; net worth {format_digits(self.net, 4)})"
        )


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; `value` is the fitted one."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ChosenLaw:
    """The law with the largest weight.

    Attributes
    ----------
    name, formula, source : str
        See `Law`.
    parameters : mapping of str to Estimate
        Fitted values with 90 % intervals, lengths in samples.
    weight : float
        The weight of the law in the ensemble.
    """

    name: str
    formula: str
    source: str
    parameters: Mapping[str, Estimate]
    weight: float


@dataclass(frozen=True)
class BacktestRow:
    """The prediction of one method for a measured size that was hidden from it.

    Attributes
    ----------
    method : str
        A law's name, "power-absolute" (the usual unweighted fit) or "forecast" (of this package).
    fitted_up_to, hidden : float
        The largest size that was fitted, and the size that was predicted.
    predicted, actual : float
        In the metric of the curve.
    log_error : float
        ``log(predicted / actual)`` of the loss or error.
    """

    method: str
    fitted_up_to: float
    hidden: float
    predicted: float
    actual: float
    log_error: float


class Backtest(tuple[BacktestRow, ...]):
    """The rows of a backtest; as text, a table with one line for each."""

    def __repr__(self) -> str:
        names = ("method", "fitted up to", "hidden", "predicted", "actual", "log error")
        rows = [
            (
                row.method,
                f"{row.fitted_up_to:,.0f}",
                f"{row.hidden:,.0f}",
                f"{row.predicted:.4g}",
                f"{row.actual:.4g}",
                f"{row.log_error:+.3f}",
            )
            for row in self
        ]
        widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
        return "\n".join(
            "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip()
            for first, *rest in (names, *rows)
        )
