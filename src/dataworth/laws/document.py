"""Document: a whole forecast as JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dataworth.json_values import json_values
from dataworth.option_checks import one_or_more, sample_counts

if TYPE_CHECKING:
    from dataworth.laws.forecasting import Floats, Forecast


def document_of(
    forecast: Forecast,
    sizes: float | Iterable[float],
    targets: float | Iterable[float],
    level: float,
) -> dict[str, Any]:
    """Everything that a forecast says; see `Forecast.to_dict`."""
    counts = sample_counts(one_or_more(sizes))
    document: dict[str, Any] = {
        "name": forecast.curve.name,
        "metric": forecast.curve.metric,
        "largest_size": float(forecast.points.sizes[-1]),
        "law": asdict(forecast.law),
        "weights": forecast.weights,
        "backtest": [asdict(row) for row in forecast.backtest],
        "predictions": _predictions(forecast, counts, level),
        "targets": [asdict(forecast.samples_for(target, level)) for target in one_or_more(targets)],
        "warnings": forecast.warnings_at(counts),
    }
    values: dict[str, Any] = json_values(document)
    return values


def _predictions(forecast: Forecast, sizes: Floats, level: float) -> list[dict[str, Any]]:
    made = forecast.predict(sizes, level)
    rows = zip(made.samples, made.median, made.lower, made.upper, strict=True)
    return [
        {"samples": n, "median": middle, "lower": low, "upper": high, "level": level}
        for n, middle, low, high in rows
    ]
