"""The observer of a notebook: a bar, a line and the curve so far under the cell."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataworth._util.display import html_or_none
from dataworth._util.durations import format_clock
from dataworth.curves.read import run_curves
from dataworth.errors import DataworthError, ForecastError
from dataworth.findings import Finding, Findings
from dataworth.forecast.api import forecast
from dataworth.observers.base import Observer, counted_in
from dataworth.observers.eta import EtaEstimator
from dataworth.observers.terminal import (
    described,
    figures_of_run,
    plan_in_words,
)
from dataworth.plan.choice import Choice, Stop
from dataworth.plots.curve import curve_plot_data
from dataworth.plots.forecast import forecast_plot_data
from dataworth.plots.forecast_svg import curves_svg, forecasts_svg
from dataworth.records.record import Record, RunKey

_SECONDS_BETWEEN = 0.25
_SECONDS_BETWEEN_PICTURES = 2.0
_SHARE_OF_PICTURES = 0.1
"""Of the time of the study: a curve of many runs takes long to draw."""


class NotebookObserver(Observer):
    """Shows a bar, the current run, the time left and the curves so far, replaced in place.

    It needs no widgets, so that it looks the same in Jupyter, Colab and VS Code. When the study
    ends, one line is left in the notebook's file.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._runs = 0
        self._eta = EtaEstimator([], [], [])
        self._started = self._shown = 0.0
        self._directory = Path()
        self._picture = ""
        self._next_picture = 0.0
        self._models: set[str] = set()
        self._counted = "samples"
        self._goal: Mapping[str, Any] | None = None
        self._budget: Mapping[str, Any] | None = None
        self._stop = ""

    def on_directory(self, directory: Path, options: Mapping[str, Any]) -> None:
        """Remember what the runs are planned for, and what their sizes count."""
        self._directory = directory
        self._goal, self._budget = options.get("goal"), options.get("budget")
        self._counted = counted_in(directory)
        model = options.get("model")
        self._models = set(model) if isinstance(model, Mapping) else set()

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        """Show how much there is to do."""
        self._runs = len(keys)
        self._models |= {key.learner for key in keys}
        self._eta = EtaEstimator(keys, done, work)
        self._started = time.monotonic()
        before = f", {len(done)} of them done before" if done else ""
        if self._goal is not None:
            self._show(plan_in_words(self._goal, self._budget, len(done)))
        else:
            self._show(f"{len(keys)} runs{before}")

    def on_choice(self, choice: Choice) -> None:
        """Show the run, why it was chosen, and what it is expected to cost and to bring."""
        self._eta.add(choice.key, choice.key.size)
        self._models.add(choice.key.learner)
        self._runs += 1
        self._show(f"next: {choice.describe()}")

    def on_notice(self, text: str) -> None:
        """Show it below."""
        _display({"text/plain": text, "text/html": f"<p>{html.escape(text)}</p>"})

    def on_stop(self, stop: Stop) -> None:
        """Leave why no more runs are chosen."""
        self._stop = stop.message

    def on_findings(self, findings: Sequence[Finding]) -> None:
        """Show each finding below."""
        if findings:
            text = "\n".join(f"{each.severity} {each.code}: {each.message}" for each in findings)
            page = html_or_none(Findings(findings))
            _display({"text/plain": text, **({} if page is None else {"text/html": page})})

    def on_step(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        """Advance the bar, a few times a second at most."""
        self._eta.step(key, step, of)
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN:
            self._show(f"{self._run(key)}: {described(step, of, values)}")

    def on_record(self, record: Record) -> None:
        """Show the run's figures, and the curves with it."""
        self._eta.finished(record.key)
        self._draw()
        self._show(f"{self._run(record.key)}: {figures_of_run(record, ', ')}")

    def on_failure(self, record: Record) -> None:
        """Show why the run failed."""
        self._eta.finished(record.key)
        assert record.failure is not None
        self._show(f"{self._run(record.key)}: failed, {record.failure.message}")

    def on_study_end(self) -> None:
        """Leave the number of runs and the time they took."""
        self._picture = ""
        stopped = self._eta.waiting or (self._goal is not None and not self._stop)
        self._show("stopped; finished runs are stored" if stopped else self._stop or "done")

    def _run(self, key: RunKey) -> str:
        model = f"{key.learner}, " if len(self._models) > 1 else ""
        return f"{model}{key.size:,} {self._counted}, seed {key.seed}"

    def _show(self, note: str) -> None:
        eta = self._eta
        took = format_clock(time.monotonic() - self._started)
        text = f"{self._runs - eta.waiting} of {self._runs} runs, {took}"
        left = eta.seconds_left
        if eta.waiting and left is not None and self._goal is None:
            text += f", about {format_clock(left)} left"
        text += f" · {note}"
        bar = (
            f'<progress max="1" value="{eta.share:.4f}" style="vertical-align: middle"></progress>'
        )
        page = f"{bar} {html.escape(text)}{self._picture}"
        content = {"text/plain": text, "text/html": page}
        if self._handle is None:
            self._handle = _display(content)
        else:
            self._handle.update(content, raw=True)
        self._shown = time.monotonic()

    def _draw(self) -> None:
        """Draw the curves again, if the last time is long enough ago."""
        begun = time.monotonic()
        if begun < self._next_picture:
            return
        try:
            curves = _curves_so_far(self._directory)
        except DataworthError:
            # A study that cannot be read is said by what reads it next; progress goes on.
            return
        style = "max-width: 32rem; background: white"
        self._picture = f'<div style="{style}">{curves}</div>'
        took = time.monotonic() - begun
        self._next_picture = begun + max(_SECONDS_BETWEEN_PICTURES, took / _SHARE_OF_PICTURES)


def _curves_so_far(directory: Path) -> str:
    """The finished runs of a directory, with a forecast of each model that has enough of them."""
    curves = list(run_curves(directory).values())
    try:
        return forecasts_svg([forecast_plot_data(forecast(curve)) for curve in curves])
    except ForecastError:
        return curves_svg([curve_plot_data(curve) for curve in curves])


def _display(content: dict[str, str]) -> Any:
    """Show content under the cell; what comes back can update it."""
    from IPython import display

    show: Any = display.display
    return show(content, raw=True, display_id=True)
