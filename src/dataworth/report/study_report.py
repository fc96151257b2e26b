"""RunReport: all numbers that the page of a run directory, or of a curve alone, shows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth.audit.runs import audit_curve, audit_store
from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.findings import Finding
from dataworth.plots.classes import ClassPlotData, class_plot_data
from dataworth.records.meta import checked_entry
from dataworth.records.reader import chance_of, curve_columns, meta_of, models
from dataworth.records.record import Record
from dataworth.records.store import Store
from dataworth.report.forecast_grid import ForecastGrid, forecast_grid
from dataworth.report.planned import PlanReport, plan_report
from dataworth.report.reported import reported_metric
from dataworth.report.residuals import ResidualTable, residual_table
from dataworth.report.thumbnails import Thumbnails, thumbnails

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast

FORECAST_METRICS = ("loss", "accuracy", "macro_f1")
"""Calibration errors and training losses are shown as measured: no law is known for them."""


_OF_EVERY_STUDY: Mapping[str, Any] = {
    **dict.fromkeys(["name", "data", "fingerprint", "model", "subset"], str),
    **dict.fromkeys(["samples", "held_out"], int),
    **dict.fromkeys(["learner", "identity", "versions"], dict),
    "held_out_official": bool,
    **dict.fromkeys(["machine.system", "machine.processor", "machine.python"], str),
    "machine.cores": int | None,
    "versions.dataworth": str,
}
"""What a page needs to know of a study, and its types; see `Store.meta`."""
_OF_SOME: Mapping[str, Mapping[str, Any]] = {
    "source": {"source": dict},
    "shape": {"shape": list[int], "dtype": str},
    "mistakes": {"mistakes": dict},
    "classes": {"classes": int, "class_names": list[str]},
    "class_names": {"classes": int, "class_names": list[str]},
    "identity.budget": {
        "identity.budget.batch_size": int,
        **dict.fromkeys(
            [f"identity.budget.{name}" for name in ("epochs", "steps", "patience")], int | None
        ),
    },
}
"""What only some studies have, each with what then has to be there: samples have a shape, a
classification has classes, the training of a learner has options."""


@dataclass(frozen=True, eq=False)
class Ahead:
    """A forecast of one metric, and its grid; or why there is none."""

    forecast: Forecast | None
    grid: ForecastGrid | None
    refusal: str = ""


@dataclass(frozen=True, eq=False)
class RunReport:
    """What is known of one run directory, or of a curve that was measured elsewhere.

    Attributes
    ----------
    name : str
    meta : mapping
        See `dataworth.study.metadata.describe`; empty where nothing but the curve is known.
    curve : Curve
        The study's metric, and the other metrics beside it.
    chances : mapping of str to float
        The figures of the best constant prediction, by metric, where they are known.
    records : sequence of Record
    ahead : mapping of str to Ahead
        By metric.
    classes : ClassPlotData or None
        None where the task gives no details of classes.
    images : Thumbnails or None
    findings : sequence of Finding
    failed : sequence of Record
        The runs that failed; they are not in the curve.
    residuals : ResidualTable or None
        Of a regression.
    plan : PlanReport or None
        Of a study with a goal; with the first of several models.
    """

    name: str
    meta: Mapping[str, Any]
    curve: Curve
    chances: Mapping[str, float]
    records: Sequence[Record]
    ahead: Mapping[str, Ahead]
    classes: ClassPlotData | None
    images: Thumbnails | None
    findings: Sequence[Finding]
    failed: Sequence[Record] = ()
    residuals: ResidualTable | None = None
    plan: PlanReport | None = None

    @property
    def version(self) -> str:
        """The version of dataworth that measured the curve; where another did, that of the page."""
        return str(self.meta["versions"]["dataworth"]) if self.meta else version("dataworth")

    @property
    def spoken(self) -> str:
        """The metric of the answer: the one that is usually reported, if it has a forecast."""
        metric = reported_metric(self.curve)
        ahead = None if metric is None else self.ahead.get(metric)
        if metric is None or ahead is None or ahead.forecast is None:
            return self.curve.metric.name
        return metric

    @property
    def forecast(self) -> Forecast | None:
        """The forecast of the metric of the answer."""
        return self.ahead[self.spoken].forecast


def read_runs(directory: str | os.PathLike[str]) -> list[RunReport]:
    """Read a run directory, forecast its curves and audit it: a report for each model.

    Raises
    ------
    StudyError
        If the directory holds no finished run, or cannot be read.
    """
    with Store(Path(directory)) as store:
        finished = set(store.table([]).learners.tolist())
        several = list(models(store.meta(), str(store.path)))
        findings = audit_store(store)
        if len(several) < 2:
            reports = [_read_model(store, None, findings)]
        else:
            reports = [
                _read_model(store, name, _of_model(findings, name, several))
                for name in several
                if name in finished
            ]
        if reports:
            reports[0] = replace(reports[0], plan=plan_report(store))
        return reports


def report_of_curve(curve: Curve) -> RunReport:
    """The report of a curve of which no run directory is known, such as one from a file."""
    return RunReport(
        name=curve.name or "curve",
        meta={},
        curve=curve,
        chances={},
        records=(),
        ahead=_look_ahead_of_all(curve),
        classes=None,
        images=None,
        findings=audit_curve(curve),
    )


def _of_model(findings: Sequence[Finding], name: str, several: Iterable[str]) -> list[Finding]:
    """The findings that are not of another model; their place begins with the model's name."""
    others = tuple(f"{other}, " for other in several if other != name)
    return [finding for finding in findings if not finding.where.startswith(others)]


def _read_model(store: Store, model: str | None, findings: Sequence[Finding]) -> RunReport:
    """The report of one of several models, or of the only one."""
    records, meta = store.records(learner=model, arrays=True), meta_of(store, model)
    curve = Curve(**curve_columns(store, model))
    _check(meta, str(store.path))
    images = store.array("sample_images")
    classes = None
    if "class_names" in meta and any(record.arrays for record in records):
        classes = class_plot_data(records, meta["class_names"])
    return RunReport(
        name=curve.name,
        meta=meta,
        curve=curve,
        chances=_chances(store, meta, curve),
        records=records,
        ahead=_look_ahead_of_all(curve),
        classes=classes,
        images=None if images is None or classes is None else thumbnails(images, classes.pictured),
        findings=findings,
        failed=[r for r in store.records("failed") if model is None or r.key.learner == model],
        residuals=residual_table(records),
    )


def _chances(store: Store, meta: Mapping[str, Any], curve: Curve) -> dict[str, float]:
    known = {name: chance_of(store, meta, name) for name in (curve.metric.name, *curve.others)}
    return {name: chance for name, chance in known.items() if chance is not None}


def _check(meta: Mapping[str, Any], where: str) -> None:
    """Check the entries that the page shows.

    Raises
    ------
    StudyError
        If one is missing or of another type.
    """
    expected = dict(_OF_EVERY_STUDY)
    for name, entries in _OF_SOME.items():
        first, _, second = name.partition(".")
        if first in meta and (not second or second in checked_entry(meta, first, dict, where)):
            expected |= entries
    for name, kind in expected.items():
        checked_entry(meta, name, kind, where)


def _look_ahead_of_all(curve: Curve) -> dict[str, Ahead]:
    """Forecasts of the curve's own metric and of the others for which a law is known."""
    metrics = [
        metric
        for metric in dict.fromkeys((curve.metric.name, *FORECAST_METRICS))
        if metric == curve.metric.name or metric in curve.others
    ]
    # NumPy lets other threads run while it sorts and adds: two cores halve the time.
    with ThreadPoolExecutor() as threads:
        return dict(zip(metrics, threads.map(look_ahead, [curve[m] for m in metrics]), strict=True))


def look_ahead(curve: Curve) -> Ahead:
    """Forecast a curve; a curve from which nothing can be said gives the reason instead."""
    from dataworth.forecast import api

    try:
        forecast = api.forecast(curve)
        return Ahead(forecast, forecast_grid(forecast))
    except ForecastError as error:
        return Ahead(None, None, str(error))
