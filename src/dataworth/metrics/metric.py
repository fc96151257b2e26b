"""Metric: what a figure of a model is called, which way it improves, and what it can be."""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataError


@dataclass(frozen=True, repr=False)
class Metric:
    """A metric: its name, direction, range, unit, label and chance level.

    Parameters
    ----------
    name : str
        What tables, files and options call it.
    higher_is_better : bool or None
        Whether it improves by rising; None where that is not known.
    lower, upper : float, optional
        The least and the largest value that it can have: ``-math.inf`` or ``math.inf`` where there
        is none, None where it is not known.
    unit : str
        Of its values, such as "nats" or "dB".
    chance : float, optional
        Its value for a model that has learned nothing, where that does not depend on the data
        (0.5 for ROC AUC). Pictures show it; forecasts use the chance level of the curve alone.
    label : str, optional
        What sentences and axes call it; `name` without one.

    Raises
    ------
    DataError
        If the name is not a text, the direction not a truth value, or a number no number.
    """

    name: str
    higher_is_better: bool | None
    lower: float | None = None
    upper: float | None = None
    unit: str = ""
    chance: float | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        checked_metric(self.name)
        direction = self.higher_is_better
        if not (direction is None or isinstance(direction, bool | np.bool_)):
            raise DataError(
                f"higher_is_better is {direction!r}; expected True, False or None (not known).",
                code="wrong-type",
            )
        for field in ("lower", "upper", "chance"):
            value = getattr(self, field)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise DataError(
                    f"{field} of {self.name} is {value!r}; expected a number or None.",
                    code="not-numeric",
                )
            if math.isnan(value):
                raise DataError(
                    f"{field} of {self.name} is not a number; expected one, or None.",
                    code="not-numeric",
                )
            # Equal metrics have equal fields, whatever kind of number they were given as.
            object.__setattr__(self, field, float(value))
        if self.lower is not None and self.upper is not None and not self.lower < self.upper:
            raise DataError(
                f"{self.name} is to lie between {self.lower:g} and {self.upper:g}; expected the "
                "smaller number as lower.",
                code="value-out-of-range",
            )

    @property
    def best(self) -> float | None:
        """The value of a perfect model: `upper` of a metric that rises, `lower` of any other."""
        return self.upper if self.higher_is_better else self.lower

    @property
    def title(self) -> str:
        """The metric in words, as in a sentence."""
        return self.name if self.label is None else self.label

    @property
    def axis_label(self) -> str:
        """The metric in words with its unit, as on an axis."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def range(self) -> str:
        """What its values can be, in words; empty where any number may be one."""
        low, high = (
            None if value is None or math.isinf(value) else f"{value:g}"
            for value in (self.lower, self.upper)
        )
        if low is not None and high is not None:
            return f"between {low} and {high}"
        if low is not None:
            return f"from {low} on"
        return "" if high is None else f"up to {high}"

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        way = {None: "direction unknown", True: "higher is better", False: "lower is better"}
        said = [way[self.higher_is_better], self.range, self.unit]
        return f"<Metric {self.name}: {', '.join(part for part in said if part)}>"


def checked_metric(value: object) -> str:
    """The name of a metric, if it is one.

    Raises
    ------
    DataError
        If it is not a text.
    """
    if not isinstance(value, str):
        raise DataError(
            f"metric is {reprlib.repr(value)}; expected a name, such as 'accuracy'.",
            code="wrong-type",
        )
    return value


def in_percent(metric: Metric) -> Metric:
    """A metric that ends at 1, with its values in per cent."""
    return replace(_scaled(metric, 100.0), unit="%")


def in_shares(metric: Metric) -> Metric:
    """A metric in per cent, with its values as shares."""
    return replace(_scaled(metric, 0.01), unit="")


def _scaled(metric: Metric, factor: float) -> Metric:
    low, high, chance = (
        None if value is None else factor * value
        for value in (metric.lower, metric.upper, metric.chance)
    )
    return replace(metric, lower=low, upper=high, chance=chance)


def fitted_to_unit(metric: Metric, values: NDArray[np.float64]) -> Metric:
    """The metric with the range that its values show: shares may be written in per cent.

    Parameters
    ----------
    metric : Metric
    values : ndarray, shape (n,)
        What was measured; NaN and infinite values are left out.

    Returns
    -------
    Metric
        In per cent, with a hundred times the range, if `metric` ends at 1 and more than half of
        the values lie above 1 and none above 100. Up to 1 if it ends at 100, as BLEU does, and no
        value lies above 1. In shares if its name says per cent and it rises, and no value lies
        above 1: a model that is right in less than one case of a hundred is not measured. Else
        `metric` itself.
    """
    finite = values[np.isfinite(values)]
    if metric.lower is None or not math.isfinite(metric.lower) or not len(finite):
        return metric
    if metric.unit == "%" and metric.upper == 100 and metric.higher_is_better:
        return metric if finite.max() > 1 else in_shares(metric)
    shares = metric.upper != 1 or float(np.median(finite)) <= 1
    if not shares and 100 * metric.lower <= finite.min() and finite.max() <= 100:
        return in_percent(metric)
    if metric.upper == 100 and metric.lower == 0 and not metric.unit and finite.max() <= 1:
        return replace(metric, upper=1.0)
    return metric
