"""Advice in words: why to believe a forecast, data or model first, which classes first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dataworth._util.numbers import format_chance, format_count, format_percent
from dataworth._util.printable import short_name
from dataworth.metrics.spoken import counts_cases, difference, is_share, name_of, unit_of, values
from dataworth.report.tables import mean_error

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast
    from dataworth.plots.classes import ClassPlotData

FAR = 10
"""The question "data or model?" is asked of so many times the largest measured size."""
MUCH = 0.25
"""Ten times the data are called worthwhile where they remove this share of today's error."""
_LEVEL = 0.9
_CLASSES = 3
_LAST_VALUE = "last-value"


def trust(forecast: Forecast) -> str:
    """How far off the forecast was on a hidden size, against the last value; may be empty."""
    rows = forecast.backtest_of_forecast
    ours = [row for row in rows if row.method == "forecast"]
    last = [row for row in rows if row.method == _LAST_VALUE]
    if not ours or not last:
        return ""
    hidden = format_count(ours[0].hidden)
    what = _lack(forecast)
    return (
        f"Check: with the largest size ({hidden}) hidden, forecasts of {what} were off by "
        f"{_share(mean_error(ours))} on average; without a forecast (keeping the last value), by "
        f"{_share(mean_error(last))}."
    )


def model_or_data(forecast: Forecast) -> str:
    """Whether more data or another model is the first thing to try, in a sentence or two."""
    if forecast.perfect_from is not None:
        return "These held-out rows do not show whether data or the model come first."
    largest = float(forecast.observations.sizes[-1])
    costs = forecast.scale.costs(forecast.log_losses([largest, largest * FAR]))
    tail = (1 - _LEVEL) / 2
    removed = 1 - costs[:, 1] / costs[:, 0] if _is_relative(forecast) else None
    if removed is None:
        gain = forecast.value_of(largest, largest * FAR, _LEVEL)
        said, least, most = difference(forecast.curve.metric, gain.median, gain.lower, gain.upper)
        unit = unit_of(forecast.curve.metric)
        return (
            f"{FAR}x the data is expected to improve {name_of(forecast.curve.metric)} by "
            f"{said}{unit} ({least} to {most})."
        )
    low, middle, high = (float(part) for part in np.quantile(removed, [tail, 0.5, 1 - tail]))
    amount = f"{_share(middle)} ({_share(low)} to {_share(high)})"
    what = _lack(forecast)
    if middle >= MUCH and low > 0:
        return f"More data is worthwhile: {FAR}x is expected to remove {amount} of {what}."
    if high < MUCH:
        return (
            f"Change the model first: {FAR}x the data is expected to remove only {amount} of "
            f"{what}."
        )
    return (
        f"Not decided, data or model first: {FAR}x the data is expected to remove {amount} of "
        f"{what}. A larger size narrows this."
    )


def least_loss(forecast: Forecast, best: Sequence[float]) -> str:
    """What no number of samples is expected to improve on; `best` are quantiles of the draws.

    Parameters
    ----------
    forecast : Forecast
    best : sequence of float
        The lower end, the median and the upper end, in the curve's metric.
    """
    metric = forecast.curve.metric
    low, middle, high = values(metric, *sorted(best))
    if is_share(metric):
        # Further digits of what an accuracy lacks to 100 % would say more than is known.
        low, middle, high = (format_percent(each, 1).removesuffix(" %") for each in sorted(best))
        if middle in ("0.0", "100.0"):
            end = "below 100 %" if forecast.curve.higher_is_better else "above 0 %"
            return (
                f"No limit of {name_of(metric)} shows {end}, however many "
                f"{forecast.curve.counted} there are (90 % interval {low} to {high})."
            )
    verb = "exceed" if forecast.curve.higher_is_better else "fall below"
    return (
        f"However many {forecast.curve.counted} there are, {name_of(metric)} is not expected to "
        f"{verb} {middle}{unit_of(metric)} (90 % interval {low} to {high})."
    )


def classes_first(data: ClassPlotData) -> str:
    """The classes whose error falls most with more data, in a sentence; may be empty."""
    gain = np.nan_to_num(data.gain, nan=0.0)
    order = [int(at) for at in np.argsort(-gain, kind="stable") if gain[at] > 0.0005]
    if not order:
        return "No class shows a clear gain from more samples of all classes."
    named = [
        f"{short_name(data.names[at])} ({format_percent(data.errors[at, -1], 1)} wrong, "
        f"{gain[at] * 100:.1f} points less per doubling)"
        for at in order[:_CLASSES]
    ]
    return f"Error falls fastest in: {', '.join(named)}."


def _is_relative(forecast: Forecast) -> bool:
    """Whether what a metric lacks is a positive error, of which a share can be removed."""
    return not forecast.scale.width


def _lack(forecast: Forecast) -> str:
    """What laws describe, in words: the loss itself, or what a score lacks to its best value."""
    metric = forecast.curve.metric
    if counts_cases(metric):
        return "the errors"
    if not forecast.curve.higher_is_better:
        return f"the {name_of(metric)}"
    return f"what {name_of(metric)} lacks to its best value"


def _share(value: float) -> str:
    if not math.isfinite(value):
        return "an unlimited amount"
    return format_chance(value)
