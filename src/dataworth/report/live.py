"""The state of a study while it runs, as numbers for a page that is drawn again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataworth._util.json import json_values
from dataworth.curves.curve import Curve
from dataworth.errors import DataworthError, ForecastError
from dataworth.metrics.spoken import axis_label, shown_scale, unit_of_difference
from dataworth.plan.stored import StoredPlan, stored_plan
from dataworth.records.overview import Grid, grid_of
from dataworth.records.reader import curve_columns, models
from dataworth.records.record import Record
from dataworth.records.store import Store, Table
from dataworth.report.planned import plan_report
from dataworth.report.reported import reported_metric
from dataworth.report.sentences import TIMES, headline

_LATEST = 5
"""So many failures are shown, and so many of the next runs."""
_POINTS = 9
"""The interval is drawn between so many sizes."""
_MOST_DOTS = 1_000
"""So many runs are drawn at most, about as many of each size."""


def details(directory: Path) -> dict[str, Any]:
    """Curves, forecasts, failures and next runs of a study, as JSON values.

    They change only when a run has ended. What cannot be read is said in ``problem``; why there is
    no forecast yet, in ``note``.
    """
    try:
        with Store(directory) as store:
            names = list(models(store.meta(), str(store.path)))
            table = store.table([])
            failed = store.records("failed")
            finished = set(table.learners.tolist())
            several = [name for name in names if name in finished] if len(names) > 1 else [None]
            curves = [Curve(**curve_columns(store, name)) for name in several if finished]
            plan, report = stored_plan(store), plan_report(store)
            chosen = _next_of_plan(plan, store) if plan else None
    except DataworthError as error:
        return {"problem": str(error)}
    grid = grid_of(directory)
    sizes = [*grid.sizes, *(float(max(curve.sizes)) for curve in curves)]
    asked = plan.goal.at if plan else None
    found = {
        "failures": [_failure(record) for record in failed[-_LATEST:]],
        "models": [_model(curve, asked or TIMES * max(sizes)) for curve in curves],
        "plan": list(report.sentences) if report else [],
        "narrowing": report.picture if report else "",
        "next": _next_of_grid(grid, names, table, failed) if chosen is None else chosen,
    }
    return json_values(found)  # type: ignore[no-any-return]


def _next_of_plan(plan: StoredPlan, store: Store) -> list[str]:
    """The runs that the plan has chosen and that have not ended, with the reason."""
    ended = store.digests()
    waiting = [choice for choice in plan.choices if choice.key.digest not in ended]
    return [choice.describe() for choice in waiting[:_LATEST]]


def _next_of_grid(
    grid: Grid, names: Sequence[str], finished: Table, failed: Sequence[Record]
) -> list[str]:
    """How many runs of each size have not ended, of each model."""
    columns = (finished.learners, finished.samples, finished.seeds)
    ended = set(zip(*(column.tolist() for column in columns), strict=True))
    ended |= {(record.key.learner, record.key.size, record.key.seed) for record in failed}
    found = []
    for name in grid.models or names[:1]:
        left = Counter(
            size for size in grid.sizes for seed in grid.seeds if (name, size, seed) not in ended
        )
        runs = [f"{count} of {size:,} samples" for size, count in sorted(left.items())]
        if runs:
            found.append(f"{name}: " * (len(grid.models) > 1) + ", ".join(runs) + ".")
    return found


def _failure(record: Record) -> str:
    reason = record.failure.message if record.failure else ""
    return f"{record.key.describe()}: {reason}"


def _model(curve: Curve, largest: float) -> dict[str, Any]:
    """A curve in the metric that is usually reported, and its forecast up to a size."""
    from dataworth.forecast import api

    metric = reported_metric(curve)
    shown = curve if metric is None else curve[metric]
    scale = shown_scale(shown.metric)
    values = {
        "name": curve.model or curve.name,
        "label": axis_label(shown.metric),
        "unit": unit_of_difference(shown.metric, short=True),
        "counted": curve.counted,
        **_dots(shown, scale),
        "ahead": None,
        "answer": "",
        "note": "",
    }
    try:
        forecast = api.forecast(shown)
        measured = float(shown.sizes[-1])
        sizes = np.geomspace(measured, max(measured, largest), _POINTS)
        ahead = forecast.predict(sizes)
    except ForecastError as error:
        return values | {"note": _no_forecast(error)}
    values["answer"] = headline(forecast)
    values["ahead"] = {
        "samples": sizes.tolist(),
        "lower": (scale * np.minimum(ahead.lower, ahead.upper)).tolist(),
        "median": (scale * ahead.median).tolist(),
        "upper": (scale * np.maximum(ahead.lower, ahead.upper)).tolist(),
    }
    return values


def _dots(curve: Curve, scale: float) -> dict[str, Any]:
    """The means of all runs of each size, and the runs that are drawn."""
    means = curve.summary()
    each = max(1, _MOST_DOTS // max(1, len(means)))
    drawn = np.concatenate([np.flatnonzero(curve.samples == size)[:each] for size in curve.sizes])
    return {
        "sizes": [point.samples for point in means],
        "means": [scale * point.mean for point in means],
        "samples": curve.samples[drawn].tolist(),
        "values": (scale * curve.values[drawn]).tolist(),
    }


def _no_forecast(error: ForecastError) -> str:
    if error.code == "too-few-sizes":
        return "No forecast yet: it needs runs of at least two sizes."
    return f"No forecast yet: {error}"
