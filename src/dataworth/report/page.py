"""The page: one self-contained HTML file, put together from templates, numbers and scripts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth._util.printable import short_name
from dataworth._util.words import in_words
from dataworth.curves.curve import finite_means
from dataworth.metrics.spoken import axis_label, is_share, name_of
from dataworth.plots.classes import ClassPlotData
from dataworth.report.advice import classes_first, least_loss, model_or_data, trust
from dataworth.report.forecast_grid import PROBABILITIES, SHOWN, STEP, ForecastGrid
from dataworth.report.method import citation, method_items
from dataworth.report.more_data import more_data_table, time_in_words
from dataworth.report.paper import bibtex, latex, markdown, methods, paper_table
from dataworth.report.pictures import pictures
from dataworth.report.sentences import TIMES, headline
from dataworth.report.study_report import Ahead, RunReport
from dataworth.report.tables import (
    backtest_table,
    class_rows,
    confused_rows,
    measured_table,
    short_table,
    standing_table,
)

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache(maxsize=1)
def packed_plotly() -> str:
    """The plotly.js of the installed `plotly` package, gzip in base64.

    Browsers unpack it with DecompressionStream; a page is 2 MB where it would be 5.
    """
    return base64.b64encode(gzip.compress(_script(), 9, mtime=0)).decode()


@lru_cache(maxsize=1)
def plotly_hash() -> str:
    """What a Content-Security-Policy calls plotly.js."""
    return script_hash(_script())


def script_hash(script: bytes) -> str:
    """What a Content-Security-Policy calls a script that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()


def _script() -> bytes:
    require("plotly", "pages")
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()


def rendered(template: str, **values: Any) -> str:
    """A template with its values."""
    return _environment().get_template(template).render(values)


def asset(name: str) -> str:
    """The text of a script or style sheet."""
    return (resources.files("dataworth.report") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    require("jinja2", "pages")
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dataworth.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["short_name"] = short_name
    return environment


_DIGITS = 7


def page_json(reports: Sequence[RunReport]) -> str:
    """All numbers of all runs, safe to stand inside a script element."""
    document = {
        "probabilities": PROBABILITIES,
        "shown": SHOWN,
        "step": STEP,
        "counted": reports[0].curve.counted,
        "asked": _asked(reports),
        "runs": [_run_data(report) for report in reports],
    }
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    # "</script>" and "<!--" in a name would end or hide the element.
    return text.replace("<", "\\u003c")


def _asked(reports: Sequence[RunReport]) -> dict[str, Any]:
    """The size and the target of the study's goal, and the metric of the target."""
    report = reports[0]
    goal = None if report.plan is None else report.plan.goal
    return {
        "size": None if goal is None else goal.at,
        "target": None if goal is None else goal.target,
        "metric": report.curve.metric.name,
    }


def _run_data(report: RunReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "metrics": {name: _metric(report, name) for name in _metrics(report)},
        "classes": None if report.classes is None else _classes(report.classes),
    }


def _classes(data: ClassPlotData) -> dict[str, Any]:
    return {
        "numbers": data.listed,
        "names": [short_name(data.names[index]) for index in data.listed],
        "sizes": data.sizes.tolist(),
        "errors": [_numbers(data.errors[index]) for index in data.listed],
    }


def _metrics(report: RunReport) -> list[str]:
    """The names of all metrics, the curve's own first."""
    return [report.curve.metric.name, *report.curve.others]


def _metric(report: RunReport, metric: str) -> dict[str, Any]:
    curve = report.curve[metric]
    chance = report.chances.get(metric, curve.metric.chance)
    return {
        "label": axis_label(curve.metric),
        "name": name_of(curve.metric),
        "unit": curve.metric.unit,
        "share": is_share(curve.metric),
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
    least, most = map(_end, forecast.scale.ends(forecast.curve.metric))
    return {
        "largest": float(forecast.observations.sizes[-1]),
        "law": forecast.law.name,
        # None where the page goes straight on the value between two sizes, else on the log of its
        # distance from here.
        "limit": None if forecast.scale.width else forecast.scale.best,
        "least": least,
        "most": most,
        "expected": forecast.scale.expected(forecast.curve.metric),
        **_grid(ahead.grid),
    }


def _end(value: float | None) -> float | None:
    """An end of a metric's range, if it has one."""
    return value if value is not None and math.isfinite(value) else None


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
    # One format for all values takes half the time of one for each.
    texts = (f"%.{_DIGITS}g " * len(values) % tuple(values.tolist())).split()
    if np.isfinite(values).all():
        return list(map(float, texts))
    return [float(text) if math.isfinite(float(text)) else None for text in texts]


SCRIPTS = (
    "theme numbers link interpolate unpack plot view curve predict target price classes copy "
    "picture main"
)
"""In the order that they are put together: each uses only those before it."""


def page_html(reports: Sequence[RunReport]) -> str:
    """The page of one run, or of several side by side.

    Parameters
    ----------
    reports : sequence of RunReport
        At least one.
    """
    script = "\n".join(asset(f"{name}.js") for name in SCRIPTS.split())
    metrics = [
        name for name in _metrics(reports[0]) if all(name in _metrics(report) for report in reports)
    ]
    chosen = _chosen(reports, metrics)
    standings = standing_table(reports, chosen)
    return rendered(
        "page.html",
        title=in_words([report.name for report in reports]),
        runs=[_run(index, report, chosen) for index, report in enumerate(reports)],
        best=None if standings is None else standings.best,
        standings=standings,
        metrics={name: axis_label(reports[0].curve[name].metric) for name in metrics},
        chosen=chosen,
        pictures=pictures(reports, metrics),
        style=asset("page.css"),
        script=script,
        script_hash=script_hash(script.encode()),
        plotly_hash=plotly_hash(),
        plotly=packed_plotly(),
        data=page_json(reports),
    )


def _chosen(reports: Sequence[RunReport], metrics: Sequence[str]) -> str:
    """The metric that is shown first: the one that is usually reported, if all runs have it."""
    spoken = {report.spoken for report in reports}
    own = reports[0].curve.metric.name
    chosen = spoken.pop() if len(spoken) == 1 else own
    return chosen if chosen in metrics else own


def _run(index: int, report: RunReport, chosen: str) -> dict[str, Any]:
    """What the templates write of one run, besides `report` itself."""
    own = report.curve.metric.name
    chosen = chosen if chosen in report.ahead else own
    ahead = report.ahead[chosen]
    forecast = ahead.forecast
    last = float(report.curve.sizes[-1])
    table = paper_table(report.curve[chosen], forecast)
    return {
        "index": index,
        "report": report,
        "views": [_view(report, name) for name in report.ahead],
        "refusal": ahead.refusal,
        "warnings": () if forecast is None else forecast.warnings_at([last * TIMES]),
        "errors": [finding for finding in report.findings if finding.severity == "error"],
        "trust": "" if forecast is None else trust(forecast),
        "trusts": {
            name: trust(each.forecast)
            for name, each in report.ahead.items()
            if name in (own, chosen) and each.forecast is not None
        },
        "time": time_in_words(report.records),
        "classes_first": "" if report.classes is None else classes_first(report.classes),
        "table": measured_table(report.curve),
        "short_table": short_table(report.curve, chosen),
        "csv": base64.b64encode(report.curve.to_csv().encode()).decode(),
        "classes": [] if report.classes is None else class_rows(report.classes),
        "confused": [] if report.classes is None else confused_rows(report.classes),
        "backtest": None if forecast is None else backtest_table(forecast.backtest),
        "backtest_of": name_of(report.curve[chosen].metric),
        "method": method_items(report),
        "citation": citation(report),
        "paper": {
            "LaTeX": latex(table),
            "Markdown": markdown(table),
            "Methods": methods(report),
            "BibTeX": bibtex(report),
        },
    }


def _view(report: RunReport, metric: str) -> dict[str, Any]:
    """What is said of one metric."""
    ahead = report.ahead[metric]
    if ahead.forecast is None or ahead.grid is None:
        return {"metric": metric, "headline": "", "refusal": ahead.refusal}
    best = [float(np.interp(p, *_of_probability(ahead.grid))) for p in (0.05, 0.5, 0.95)]
    return {
        "metric": metric,
        "headline": headline(ahead.forecast),
        "model_or_data": model_or_data(ahead.forecast),
        "least": least_loss(ahead.forecast, best),
        "rows": more_data_table(ahead.forecast, report.records),
        "name": name_of(ahead.forecast.curve.metric),
    }


def _of_probability(grid: ForecastGrid) -> tuple[NDArray[Any], NDArray[Any]]:
    """Probabilities, rising, and the metric that is reached with less than each of them."""
    return np.linspace(0, 1, len(grid.best)), grid.best
