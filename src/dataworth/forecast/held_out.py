"""The noise of a metric from its held-out rows being a sample, where their number gives it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from dataworth._util.validation import check_int
from dataworth.curves.curve import Curve, finite_means
from dataworth.errors import ForecastError
from dataworth.metrics.registry import canonical

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast

_COUNTED = frozenset(
    {
        *("accuracy", "error_rate", "top_k_accuracy", "top_k_error", "exact_match"),
        *("success_rate", "pass_rate", "win_rate", "solve_rate", "hit_rate"),
    }
)
"""Metrics that are shares of all held-out rows."""
_ADDED = 0.1
"""Held-out rows are enough where they make an interval at most this much wider."""


def noise_of_held_out(curve: Curve, rows: int) -> float:
    """The standard error of a share at the largest size, from the number of held-out rows.

    It is the binomial one, ``sqrt(p (1 - p) / rows)``, in the metric's unit.

    Parameters
    ----------
    curve : Curve
        Of a metric that counts rows, such as the accuracy.
    rows : int
        How many held-out rows the metric was measured on.

    Raises
    ------
    ForecastError
        If the metric is not a share of all rows.
    """
    share, unit = _share(curve)
    # Half a row more of either kind: a share of 0 or 1 of few rows is not certain.
    share = (share * rows + 0.5) / (rows + 1)
    return unit * math.sqrt(share * (1 - share) / rows)


def held_out_needed(forecast: Forecast, at: float, level: float = 0.9) -> int:
    """How many held-out rows widen the interval at a size by at most a tenth.

    Parameters
    ----------
    forecast : Forecast
        Of a metric that counts rows, made without `held_out` and `test_noise`.
    at : float
        The size.
    level : float
        Of the interval.

    Raises
    ------
    ForecastError
        If the metric is not a share of all rows.
    """
    _, unit = _share(forecast.curve)
    said = forecast.predict([at], level)
    share = float(np.clip(said.median[0] / unit, 0.0, 1.0))
    half = float(said.upper[0] - said.lower[0]) / 2 / unit
    allowed = half * math.sqrt((1 + _ADDED) ** 2 - 1) / float(ndtri((1 + level) / 2))
    return max(1, math.ceil(share * (1 - share) / max(allowed, 1e-9) ** 2))


def checked_rows(rows: object) -> int:
    """A number of held-out rows."""
    return check_int("held_out", rows)


def _share(curve: Curve) -> tuple[float, float]:
    """The metric at the largest size as a share, and what a share of 1 is in its unit."""
    metric = curve.metric
    if canonical(metric.name).split(" ")[0] not in _COUNTED:
        raise ForecastError(
            f"held_out gives the noise of a share of rows, such as the accuracy, and {metric.name} "
            "is not one: give its standard error over held-out rows, test_noise (--test-noise).",
            code="options-conflict",
            option="held_out",
        )
    unit = metric.upper if metric.upper is not None and math.isfinite(metric.upper) else 1.0
    means = finite_means(curve.samples, curve.values)
    last = float(means[np.isfinite(means)][-1])
    return min(max(last / unit, 0.0), 1.0), unit
