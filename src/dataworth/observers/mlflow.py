"""The observer that tracks a study on an MLflow server."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dataworth._util.extras import require
from dataworth._util.json import json_values
from dataworth.curves.curve import Curve, curves_to_csv
from dataworth.curves.read import run_curves
from dataworth.errors import DataworthError, MissingDependencyError
from dataworth.findings import Finding
from dataworth.forecast.api import forecast
from dataworth.forecast.horizons import sizes_ahead
from dataworth.observers.base import Observer
from dataworth.plan.choice import Choice, Stop
from dataworth.records.layout import CURVE_FILE, STUDY_FILE
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store

_EXPERIMENT = "dataworth"
_KEY, _PARENT, _STUDY = "dataworth.key", "mlflow.parentRunId", "dataworth.study"
_GROWING = ("sizes", "seeds", "goal", "budget")
"""Options of a study that may change when it is resumed."""
_MOST_METRICS = 1_000
"""What MLflow takes in one request."""
_SECONDS_AWAY = 60.0
_LEVEL = 0.9
_SETTINGS = {
    # A server that is away would otherwise hold up the study for minutes at every call.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    # Standard output holds results alone.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Environment variables of MLflow during its calls, unless the user has set them."""


class MLflow(Observer):
    """Tracks a study: one parent run for the study, and one child run for each of its runs.

    A child has the model, the size and the seed as parameters, the run's figures as metrics, its
    history as metrics by step (``history/...``), and the reason and traceback of a failure. The
    parent has the means over seeds as metrics, whose steps are the sizes, and as artifacts
    ``curve.csv``, ``curve.png``, ``forecast.json`` and ``forecast.png`` (in a folder for each of
    several models) and ``study.toml``.

    A resumed study continues its parent run. Runs that the server does not have, since it could
    not be reached, are added at the next chance, at the latest when the study is run again. After
    a failed request, none is made for a minute.

    Parameters
    ----------
    tracking_uri : str, optional
        The server, as ``"http://localhost:5000"``, or a database, as ``"sqlite:///mlflow.db"``. By
        default that of the environment variable ``MLFLOW_TRACKING_URI`` or of
        ``mlflow.set_tracking_uri``.
    experiment : str, optional
        Its name; by default that of ``MLFLOW_EXPERIMENT_NAME``, or else "dataworth". One that does
        not exist is made.

    Raises
    ------
    MissingDependencyError
        If mlflow is not installed.
    """

    def __init__(self, tracking_uri: str | None = None, experiment: str | None = None) -> None:
        require("mlflow", "tracked studies")
        self._uri = tracking_uri
        chosen = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME")
        self._experiment = chosen or _EXPERIMENT
        self._client: Any = None
        self._parent: str | None = None
        self._experiment_id = ""
        self._directory: Path | None = None
        self._options: Mapping[str, Any] = {}
        self._pending: list[Record] = []
        self._keys: list[RunKey] = []
        self._stop: Stop | None = None
        self._done: Sequence[RunKey] = ()
        self._ended: set[str] = set()
        self._findings: list[Finding] = []
        self._is_over = False
        self._away_until = 0.0

    def on_directory(self, directory: Path, options: Mapping[str, Any]) -> None:
        """Note where the study is stored, and its options."""
        self._directory, self._options = directory, options

    def on_findings(self, findings: Sequence[Finding]) -> None:
        """Note findings, which become a text of the parent run; those of figures come last."""
        self._findings += findings
        if self._is_over and findings:
            self._reach(self._log_findings)

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        """Begin the parent run, or continue it; add runs that the server lacks."""
        self._keys, self._done, self._stop = list(keys), done, None
        self._ended = {key.digest for key in done}
        self._pending, self._parent, self._is_over = [], None, False
        self._reach(lambda: None)

    def on_record(self, record: Record) -> None:
        """Add a child run."""
        self._ended.add(record.key.digest)
        self._pending.append(record)
        self._reach(self._log_pending)

    def on_failure(self, record: Record) -> None:
        """Add a child run that failed."""
        self.on_record(record)

    def on_choice(self, choice: Choice) -> None:
        """Note that a run is to be done."""
        self._keys.append(choice.key)

    def on_stop(self, stop: Stop) -> None:
        """Note why a plan has ended, which becomes a tag of the parent run."""
        self._stop = stop

    def on_study_end(self) -> None:
        """Add what is missing, the curve and the forecast, and end the parent run."""
        self._away_until, self._is_over = 0.0, True
        self._reach(self._end)

    def _reach(self, call: Callable[[], None]) -> None:
        """Make requests, unless the server was away a moment ago."""
        if time.monotonic() < self._away_until:
            return
        before = {name: os.environ.get(name) for name in _SETTINGS}
        os.environ.update({name: _SETTINGS[name] for name in before if before[name] is None})
        try:
            self._open()
            call()
        except Exception:
            self._away_until = time.monotonic() + _SECONDS_AWAY
            raise
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]

    def _open(self) -> None:
        """Find or begin the parent run."""
        if self._parent is not None:
            return
        from mlflow import MlflowClient

        self._client = MlflowClient(self._uri)
        found = self._client.get_experiment_by_name(self._experiment)
        self._experiment_id = (
            self._client.create_experiment(self._experiment)
            if found is None
            else found.experiment_id
        )
        parent = self._earlier_parent()
        if parent is None:
            name = str(self._options.get("name", "study"))
            tags = {_STUDY: name}
            if self._directory is not None:
                tags["dataworth.directory"] = str(self._directory.absolute())
            run = self._client.create_run(self._experiment_id, tags=tags, run_name=name)
            parent = run.info.run_id
            self._log_options(parent)
        else:
            self._client.update_run(parent, status="RUNNING")
        for name in _GROWING:
            # Parameters cannot be changed when a study is resumed with others.
            if name in self._options:
                self._client.set_tag(parent, f"dataworth.{name}", str(self._options[name]))
        self._parent = parent
        self._add_missing()

    def _earlier_parent(self) -> str | None:
        """The parent of a run of this study that was done before and is on the server."""
        for key in self._done:
            for run in self._search(_KEY, key.digest):
                parent = run.data.tags.get(_PARENT)
                if parent is not None:
                    return str(parent)
        return None

    def _search(self, tag: str, value: str) -> list[Any]:
        found: list[Any] = []
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment_id], f"tags.`{tag}` = '{value}'", page_token=token
            )
            found += page
            token = page.token
            if not token:
                return found

    def _add_missing(self) -> None:
        """Note the runs that are stored and not on the server."""
        if self._directory is None or not self._done:
            return
        there = {run.data.tags.get(_KEY) for run in self._search(_PARENT, str(self._parent))}
        missing = {key.digest for key in self._done} - there
        if missing:
            with Store(self._directory) as store:
                records = [each for each in store.records(None) if each.key.digest in missing]
            self._pending = records + self._pending
            self._log_pending()

    def _log_options(self, run: str) -> None:
        from mlflow.entities import Param

        shown = {n: str(value)[:500] for n, value in self._options.items() if n not in _GROWING}
        params = [Param(_name(name), value) for name, value in shown.items()]
        self._client.log_batch(run, params=params)

    def _log_pending(self) -> None:
        while self._pending:
            self._log_run(self._pending[0])
            del self._pending[0]

    def _log_run(self, record: Record) -> None:
        from mlflow.entities import Metric, Param

        key = record.key
        now = int(time.time() * 1_000)
        took = round(record.seconds * 1_000) if record.seconds == record.seconds else 0
        run = self._client.create_run(
            self._experiment_id,
            start_time=now - took,
            tags={_PARENT: str(self._parent), _KEY: key.digest},
            run_name=key.describe(),
        ).info.run_id
        params = {"model": key.learner, "samples": str(key.size), "seed": str(key.seed)}
        metrics = [Metric(_name(name), value, now, 0) for name, value in record.scores.items()]
        metrics += [Metric(_name(name), value, now, 0) for name, value in record.facts.items()]
        for name, column in record.history.items():
            metrics += [
                Metric(_name(f"history/{name}"), float(value), now, step)
                for step, value in enumerate(column, 1)
            ]
        self._client.log_batch(
            run, metrics[:_MOST_METRICS], [Param(name, value) for name, value in params.items()]
        )
        for start in range(_MOST_METRICS, len(metrics), _MOST_METRICS):
            self._client.log_batch(run, metrics[start : start + _MOST_METRICS])
        if record.failure is not None:
            self._client.set_tag(run, "dataworth.failure", record.failure.message)
            text = record.failure.traceback or record.failure.message
            self._client.log_text(run, text, "failure.txt")
        status = "FINISHED" if record.failure is None else "FAILED"
        self._client.set_terminated(run, status, now)

    def _end(self) -> None:
        self._log_pending()
        parent = self._parent
        self._log_findings()
        if self._directory is not None:
            study = self._directory / STUDY_FILE
            if study.is_file():
                self._client.log_artifact(parent, str(study))
            # Before the first run is finished there is no curve.
            with suppress(DataworthError):
                self._log_curves(run_curves(self._directory))
        if self._stop is not None:
            self._client.set_tag(parent, "dataworth.stop", self._stop.message)
        is_planned = "goal" in self._options
        is_whole = all(key.digest in self._ended for key in self._keys) and (
            not is_planned or self._stop is not None
        )
        self._client.set_terminated(parent, "FINISHED" if is_whole else "KILLED")

    def _log_findings(self) -> None:
        if self._findings:
            lines = [f"{each.severity} {each.code}: {each.message}" for each in self._findings]
            self._client.log_text(self._parent, "\n".join(lines) + "\n", "findings.txt")

    def _log_curves(self, curves: Mapping[str, Curve]) -> None:
        from mlflow.entities import Metric

        self._client.log_text(self._parent, curves_to_csv(curves), CURVE_FILE)
        now = int(time.time() * 1_000)
        metrics = []
        for model, curve in curves.items():
            prefix = f"{model}/" if len(curves) > 1 else ""
            # A size as the step draws the curve on the server's page.
            metrics += [
                Metric(_name(f"{prefix}{curve.metric.name}"), point.mean, now, int(point.samples))
                for point in curve.summary()
            ]
        for start in range(0, len(metrics), _MOST_METRICS):
            self._client.log_batch(self._parent, metrics[start : start + _MOST_METRICS])
        for model, curve in curves.items():
            self._log_forecast(curve, f"{_name(model)}/" if len(curves) > 1 else "")
        with suppress(MissingDependencyError):
            self._log_picture(curves)

    def _log_picture(self, curves: Mapping[str, Curve]) -> None:
        from dataworth.plots.curve import curve_plot_data, draw_curves

        axes = draw_curves([curve_plot_data(curve) for curve in curves.values()])
        self._client.log_figure(self._parent, axes.figure, "curve.png")

    def _log_forecast(self, curve: Curve, folder: str) -> None:
        """Add the forecast as numbers and as a picture, or the reason why there is none."""
        try:
            found = forecast(curve)
            ahead = found.predict(sizes_ahead(found), level=_LEVEL)
        except DataworthError as error:
            self._client.log_text(self._parent, f"{error}\n", f"{folder}forecast.txt")
            return
        document = {
            "metric": curve.metric.name,
            "level": _LEVEL,
            "predictions": [
                {"samples": n, "median": median, "lower": lower, "upper": upper}
                for n, median, lower, upper in zip(
                    ahead.samples, ahead.median, ahead.lower, ahead.upper, strict=True
                )
            ],
        }
        text = json.dumps(json_values(document), indent=1)
        self._client.log_text(self._parent, text, f"{folder}forecast.json")
        with suppress(MissingDependencyError):
            from dataworth.plots.forecast import draw_forecast, forecast_plot_data

            axes = draw_forecast(forecast_plot_data(found))
            self._client.log_figure(self._parent, axes.figure, f"{folder}forecast.png")


def _name(text: str) -> str:
    """A name that MLflow takes: letters, digits, and some punctuation."""
    return re.sub(r"[^\w\-./ ]", "_", text, flags=re.ASCII)
