"""The metric that is usually reported: accuracy, or the error rate, before a loss in nats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dataworth.errors import DataError, ForecastError
from dataworth.metrics.registry import canonical

if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.forecast.compare import Comparison
    from dataworth.forecast.forecast import Forecast

REPORTED = ("accuracy", "error_rate")
"""Metrics that are usually reported where a loss was measured too."""


def reported_metric(curve: Curve) -> str | None:
    """The metric that is usually reported, where it was measured beside a loss."""
    if canonical(curve.metric.name) != "loss":
        return None
    for wanted in REPORTED:
        column = curve.column(wanted)
        if column is not None and column in curve.others:
            return column
    return None


def reported(forecast: Forecast) -> Forecast:
    """The forecast of the metric that is usually reported; `forecast` itself where there is none.

    Accuracy, or else the error rate, takes the place of a loss.
    """
    from dataworth.forecast import api

    metric = reported_metric(forecast.curve)
    if metric is None:
        return forecast
    try:
        return api.forecast(forecast.curve[metric])
    except (DataError, ForecastError):
        return forecast


def reported_curves(curves: Mapping[str, Curve]) -> Mapping[str, Curve]:
    """The curves of the metric that is usually reported, where it is the same for all of them."""
    wanted = {reported_metric(curve) for curve in curves.values()}
    metric = wanted.pop() if len(wanted) == 1 else None
    return curves if metric is None else {name: curve[metric] for name, curve in curves.items()}


def reported_comparison(comparison: Comparison) -> Comparison:
    """The comparison by the metric that is usually reported, where all learners have the same."""
    wanted = {reported_metric(forecast.curve) for forecast in comparison.forecasts.values()}
    if len(wanted) != 1 or None in wanted:
        return comparison
    forecasts = {name: reported(forecast) for name, forecast in comparison.forecasts.items()}
    if len({forecast.curve.metric.name for forecast in forecasts.values()}) > 1:
        return comparison
    return replace(comparison, forecasts=forecasts)
