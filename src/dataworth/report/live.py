"""The state of a study while it runs, as numbers for a page that is drawn again and again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth._util.json import json_values
from dataworth.curves.curve import Curve
from dataworth.errors import DataworthError, ForecastError
from dataworth.metrics.spoken import axis_label, shown_scale, unit_of_difference
from dataworth.records.overview import Overview, overview
from dataworth.records.reader import curve_columns, models
from dataworth.records.store import Store
from dataworth.report.reported import reported_metric
from dataworth.report.sentences import TIMES, headline

if TYPE_CHECKING:
    from dataworth.records.record import Record

ACTIVE_SECONDS = 60.0
"""A study whose results were written so recently is called active."""
_LATEST = 5


def listed(each: Overview, root: Path) -> dict[str, Any]:
    """A row of the list of studies, as JSON values; paths are relative to `root`."""
    total = each.expected
    others = f" and {each.models - 1} more" if each.models > 1 else ""
    ended = each.finished + each.failed
    if each.problem:
        state = "cannot be read"
    elif total is not None and ended >= total:
        state = "done"
    elif time.time() - each.changed < ACTIVE_SECONDS:
        state = "running"
    else:
        state = "not finished"
    return {
        "path": each.directory.relative_to(root).as_posix(),
        "name": each.name,
        "what": f"{each.model}{others} on {each.data}" if each.model and each.data else "",
        "finished": each.finished,
        "failed": each.failed,
        "expected": total,
        "state": state,
        "problem": each.problem,
    }


def state_of(directory: Path, root: Path) -> dict[str, Any]:
    """Progress, curve, forecast, failures of a study, as JSON values.

    What cannot be read is said in ``problem``; what cannot be forecast yet, in ``answer``.
    """
    found = listed(overview(directory), root)
    if found["problem"]:
        return found
    try:
        with Store(directory) as store:
            names = list(models(store.meta(), str(store.path)))
            failed = store.records("failed")
            finished = set(store.table([]).learners.tolist())
            several = [name for name in names if name in finished] if len(names) > 1 else [None]
            curves = [Curve(**curve_columns(store, name)) for name in several if finished]
    except DataworthError as error:
        return found | {"problem": str(error)}
    return found | {
        "failures": [_failure(record) for record in failed[-_LATEST:]],
        "models": [_model(curve) for curve in curves],
    }


def _failure(record: Record) -> str:
    reason = record.failure.message if record.failure else ""
    return f"{record.key.describe()}: {reason}"


def _model(curve: Curve) -> dict[str, Any]:
    from dataworth.forecast import api

    metric = reported_metric(curve)
    shown = curve if metric is None else curve[metric]
    scale = shown_scale(shown.metric)
    values = {
        "name": curve.model or curve.name,
        "label": axis_label(shown.metric),
        "unit": unit_of_difference(shown.metric, short=True),
        "samples": shown.samples.tolist(),
        "values": (scale * shown.values).tolist(),
        "ahead": None,
        "answer": "",
    }
    try:
        forecast = api.forecast(shown)
        ahead = forecast.predict([float(shown.sizes[-1]) * TIMES])
    except ForecastError as error:
        return json_values(values | {"answer": f"No forecast yet: {error}"})  # type: ignore[no-any-return]
    values["answer"] = headline(forecast)
    values["ahead"] = {
        "samples": float(ahead.samples[0]),
        "lower": scale * float(min(ahead.lower[0], ahead.upper[0])),
        "median": scale * float(ahead.median[0]),
        "upper": scale * float(max(ahead.lower[0], ahead.upper[0])),
    }
    return json_values(values)  # type: ignore[no-any-return]
