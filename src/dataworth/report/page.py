"""The page: one self-contained HTML file, put together from templates, numbers and scripts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from dataworth.report.backtest_table import backtest_table
from dataworth.report.class_rows import class_rows, confused_rows
from dataworth.report.measured_table import measured_table
from dataworth.report.method import citation, method_items
from dataworth.report.metric_names import NAMES, axis_label
from dataworth.report.page_data import page_json
from dataworth.report.plotly_bundle import packed_plotly, plotly_hash, script_hash
from dataworth.report.run_report import RunReport
from dataworth.report.sentences import TIMES, answer, irreducible
from dataworth.report.standing_table import standing_table
from dataworth.report.templating import asset, rendered

SCRIPTS = "theme numbers interpolate unpack plot view curve predict target price classes copy main"
"""In the order that they are put together: each uses only those before it."""


def page_html(reports: Sequence[RunReport]) -> str:
    """The page of one run, or of several side by side.

    Parameters
    ----------
    reports : sequence of RunReport
        At least one.
    """
    script = "\n".join(asset(f"{name}.js") for name in SCRIPTS.split())
    return rendered(
        "page.html",
        title=" and ".join(report.name for report in reports),
        runs=[_run(index, report) for index, report in enumerate(reports)],
        standings=standing_table(reports),
        metrics={name: axis_label(name) for name in NAMES if _everywhere(name, reports)},
        style=asset("page.css"),
        script=script,
        script_hash=script_hash(script.encode()),
        plotly_hash=plotly_hash(),
        plotly=packed_plotly(),
        data=page_json(reports),
    )


def _everywhere(metric: str, reports: Sequence[RunReport]) -> bool:
    return all(metric in (r.curve.metric, *r.curve.others) for r in reports)


def _run(index: int, report: RunReport) -> dict[str, Any]:
    """What the templates write of one run, besides `report` itself."""
    made = report.ahead["loss"].forecast
    last = float(report.curve.sizes[-1])
    return {
        "index": index,
        "report": report,
        "answer": None if made is None else answer(made),
        "refusal": report.ahead["loss"].refusal,
        "warnings": () if made is None else made.warnings_at([last * TIMES]),
        "errors": [finding for finding in report.findings if finding.severity == "error"],
        "irreducible": None if made is None else irreducible(made),
        "table": measured_table(report.curve),
        "csv": base64.b64encode(report.curve.to_csv().encode()).decode(),
        "classes": class_rows(report.classes),
        "confused": confused_rows(report.classes),
        "backtest": None if made is None else backtest_table(made.backtest),
        "method": method_items(report),
        "citation": citation(report),
    }
