"""Values as people say them: shares in per cent, their differences in points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dataworth._util.numbers import format_digits
from dataworth.metrics.labels import format_exact, format_value, format_values
from dataworth.metrics.registry import canonical

if TYPE_CHECKING:
    from dataworth.metrics.metric import Metric

_SHARES = frozenset(
    {
        *("accuracy", "balanced_accuracy", "error_rate", "balanced_error_rate", "top_k_accuracy"),
        *("top_k_error", "precision", "recall", "specificity", "exact_match", "success_rate"),
        *("pass_rate", "win_rate", "solve_rate", "hit_rate", "false_positive_rate"),
        "false_negative_rate",
    }
)
"""Metrics whose values are shares of cases, which people give in per cent."""
_HELD_OUT = "held-out "
_POINTS = 100.0
_MOST_DECIMALS = 8
_LEAST_PART = 1e-3


def is_share(metric: Metric) -> bool:
    """Whether the metric is a share of cases from 0 to 1, which is written in per cent."""
    return metric.upper == 1 and counts_cases(metric)


def counts_cases(metric: Metric) -> bool:
    """Whether the metric is a share of cases, from 0 to 1 or in per cent."""
    return metric.upper in (1, _POINTS) and canonical(metric.name) in _SHARES


def shown_scale(metric: Metric) -> float:
    """What a value is multiplied by where it is shown: 100 for shares, which are in per cent."""
    return _POINTS if is_share(metric) else 1.0


def name_of(metric: Metric) -> str:
    """The metric in a sentence that is about held-out samples anyway."""
    return metric.title.removeprefix(_HELD_OUT)


def axis_label(metric: Metric) -> str:
    """The metric with its unit, as on an axis: per cent for shares."""
    return f"{metric.title} (%)" if is_share(metric) else metric.axis_label


def unit_of(metric: Metric) -> str:
    """The unit that is written after a value, with a space before it, or nothing."""
    if is_share(metric):
        return " %"
    return f" {metric.unit}" if metric.unit else ""


def values(metric: Metric, *numbers: float) -> list[str]:
    """Values that are read beside each other, in per cent if they are shares, without a unit."""
    if not is_share(metric):
        return format_values(*numbers, ends_at_1=metric.upper == 1)
    return _percentages([_POINTS * number for number in numbers])


def exact(metric: Metric, value: float) -> str:
    """A requested value, with its unit and all its digits."""
    number = float(f"{_POINTS * value:.12g}") if is_share(metric) else value
    return f"{format_exact(number)}{unit_of(metric)}"


def difference(metric: Metric, *numbers: float) -> list[str]:
    """Differences of values, two digits each: those of shares are in percentage points.

    One that is smaller than a thousandth of the largest is 0.
    """
    scale = shown_scale(metric)
    least = _LEAST_PART * max(abs(number) for number in numbers)
    return [format_digits(scale * number, 2) if abs(number) > least else "0" for number in numbers]


def unit_of_difference(metric: Metric, *, short: bool = False) -> str:
    """The unit of a difference, with a space before it, or nothing."""
    if not is_share(metric):
        return unit_of(metric)
    return " points" if short else " percentage points"


def _percentages(numbers: list[float]) -> list[str]:
    """Percentages with the decimals that distinguish them from each other, at least one.

    One that is near 0 or 100 has more: those that show what it lacks.
    """
    spread = max(numbers) - min(numbers)
    return [_percentage(number, spread) for number in numbers]


def _percentage(number: float, spread: float) -> str:
    if abs(number) >= 1_000:
        return format_value(number)
    decimals = [1]
    for length, digits in ((spread, 1), (min(abs(number), abs(100 - number)), 0)):
        if math.isfinite(length) and length > 0:
            decimals.append(digits - math.floor(math.log10(length)))
    return f"{number:.{min(_MOST_DECIMALS, max(decimals))}f}"
