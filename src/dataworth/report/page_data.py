"""The numbers that a page's scripts work on, as one JSON document."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.curve import finite_means
from dataworth.report.forecast_grid import PROBABILITIES, SHOWN, STEP, ForecastGrid
from dataworth.report.metric_names import NAMES, axis_label
from dataworth.report.run_report import Ahead, RunReport

_DIGITS = 7


def page_json(reports: Sequence[RunReport]) -> str:
    """All numbers of all runs, safe to stand inside a script element."""
    document = {
        "probabilities": PROBABILITIES,
        "shown": SHOWN,
        "step": STEP,
        "runs": [_run(report) for report in reports],
    }
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    # "</script>" and "<!--" in a name would end or hide the element.
    return text.replace("<", "\\u003c")


def _run(report: RunReport) -> dict[str, Any]:
    figure = report.classes
    return {
        "name": report.name,
        "metrics": {name: _metric(report, name) for name in NAMES if _has(report, name)},
        "classes": {
            "numbers": figure.listed,
            "names": [figure.names[index] for index in figure.listed],
            "sizes": figure.sizes.tolist(),
            "errors": [_numbers(figure.errors[index]) for index in figure.listed],
        },
    }


def _has(report: RunReport, metric: str) -> bool:
    return metric == report.curve.metric or metric in report.curve.others


def _metric(report: RunReport, metric: str) -> dict[str, Any]:
    curve = report.curve[metric]
    chance = curve.chance
    if metric == "accuracy":
        chance = 1 / report.meta["classes"]
    return {
        "label": axis_label(metric),
        "higher": curve.higher_is_better,
        "chance": chance,
        "samples": curve.samples.tolist(),
        "values": _numbers(curve.values),
        "seeds": curve.seeds.tolist(),
        "sizes": curve.sizes.tolist(),
        "mean": _numbers(finite_means(curve.samples, curve.values)),
        "forecast": _forecast(report.ahead[metric]) if metric in report.ahead else None,
    }


def _forecast(ahead: Ahead) -> dict[str, Any] | None:
    if ahead.forecast is None or ahead.grid is None:
        return None
    forecast = ahead.forecast
    return {
        "largest": float(forecast.points.sizes[-1]),
        "law": forecast.law.name,
        "irreducible": _irreducible(ahead),
        **_grid(ahead.grid),
    }


def _irreducible(ahead: Ahead) -> list[float] | None:
    """Lower, fitted and upper irreducible loss of the law of largest weight, if it has one."""
    assert ahead.forecast is not None
    estimate = ahead.forecast.law.parameters.get("e")
    if estimate is None:
        return None
    values = [estimate.lower, estimate.value, estimate.upper]
    return (
        [1 - value for value in reversed(values)]
        if ahead.forecast.curve.higher_is_better
        else values
    )


def _grid(grid: ForecastGrid) -> dict[str, Any]:
    return {
        "samples": _numbers(grid.samples),
        "quantiles": [_numbers(row) for row in grid.quantiles],
        "sparse": _numbers(grid.sparse),
        "next": [_numbers(row) for row in grid.next_step],
        "perLabel": [_numbers(row) for row in grid.per_label],
        "sinceLargest": [_numbers(row) for row in grid.since_largest],
        "best": _numbers(grid.best),
    }


def _numbers(values: NDArray[np.floating[Any]]) -> list[float | None]:
    """Seven digits, which is more than a page shows; JSON has no NaN."""
    return [
        float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values.tolist()
    ]
