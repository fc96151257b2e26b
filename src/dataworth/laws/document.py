"""Document: a whole forecast as JSON values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataworth.laws.forecasting import Forecast


def document_of(
    forecast: Forecast, sizes: Sequence[float], targets: Sequence[float], level: float
) -> dict[str, Any]:
    """Everything that a forecast says; see `Forecast.to_dict`."""
    warnings = forecast.warnings_at(sizes) if sizes else forecast.warnings
    document: dict[str, Any] = {
        "name": forecast.curve.name,
        "metric": forecast.curve.metric,
        "largest_size": float(forecast.points.sizes[-1]),
        "law": asdict(forecast.law),
        "weights": forecast.weights,
        "backtest": [asdict(row) for row in forecast.backtest],
        "predictions": _predictions(forecast, sizes, level) if sizes else [],
        "targets": [asdict(forecast.samples_for(target, level)) for target in targets],
        "warnings": list(warnings),
    }
    return {key: _plain(value) for key, value in document.items()}


def _predictions(forecast: Forecast, sizes: Sequence[float], level: float) -> list[dict[str, Any]]:
    made = forecast.predict(sizes, level)
    rows = zip(made.samples, made.median, made.lower, made.upper, strict=True)
    return [
        {"samples": n, "median": middle, "lower": low, "upper": high, "level": level}
        for n, middle, low, high in rows
    ]


def _plain(value: Any) -> Any:
    """JSON has no infinity and no NaN: both become None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
