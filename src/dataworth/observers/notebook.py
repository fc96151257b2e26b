"""A study as a notebook shows it: one line under the cell, with a bar, that is kept up to date."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any

from dataworth._util.display import html as html_of
from dataworth.findings import Finding, Findings
from dataworth.learners.base import Epoch
from dataworth.observers.eta import EtaEstimator, clock
from dataworth.records.record import Record, Run

_SECONDS_BETWEEN = 0.25


class NotebookProgress:
    """Shows a bar, the run under way and the time left in one output that is replaced in place.

    It needs no widgets, so that it looks the same in Jupyter, Colab and VS Code, and leaves one
    line in the notebook's file.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._runs = 0
        self._eta = EtaEstimator([], [], [])
        self._started = self._shown = 0.0

    def begin(self, runs: Sequence[Run], done: Sequence[Run], work: Sequence[int]) -> None:
        """Show how much there is to do."""
        self._runs = len(runs)
        self._eta = EtaEstimator(runs, done, work)
        self._started = time.monotonic()
        kept = f", {len(done)} of them kept from before" if done else ""
        self._show(f"{len(runs)} runs{kept}")

    def findings(self, findings: Sequence[Finding]) -> None:
        """Show each finding below."""
        if findings:
            text = "\n".join(f"{each.severity} {each.code}: {each.message}" for each in findings)
            _display({"text/plain": text, "text/html": html_of(Findings(findings))})

    def epoch(self, run: Run, epoch: Epoch, epochs: int) -> None:
        """Advance the bar, a few times a second at most."""
        self._eta.epoch(run, epoch, epochs)
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN:
            self._show(
                f"{run.size:,} samples, seed {run.seed}: epoch {epoch.number} of {epochs}, "
                f"training loss {epoch.loss:.4g}"
            )

    def finished(self, record: Record) -> None:
        """Show the run's figures."""
        run, scores = record.run, record.scores
        self._eta.finished(run)
        self._show(
            f"{run.size:,} samples, seed {run.seed}: loss {scores.loss:.4g}, "
            f"accuracy {scores.accuracy:.4f}"
        )

    def end(self) -> None:
        """Leave the number of runs and the time they took."""
        self._show("stopped; finished runs are kept" if self._eta.waiting else "done")

    def _show(self, note: str) -> None:
        eta = self._eta
        took = clock(time.monotonic() - self._started)
        text = f"{self._runs - eta.waiting} of {self._runs} runs, {took}"
        left = eta.seconds_left
        if eta.waiting and left is not None:
            text += f", about {clock(left)} left"
        text += f" · {note}"
        bar = (
            f'<progress max="1" value="{eta.share:.4f}" style="vertical-align: middle"></progress>'
        )
        content = {"text/plain": text, "text/html": f"{bar} {html.escape(text)}"}
        if self._handle is None:
            self._handle = _display(content)
        else:
            self._handle.update(content, raw=True)
        self._shown = time.monotonic()


def _display(content: dict[str, str]) -> Any:
    """Show content under the cell; what comes back can update it."""
    from IPython import display

    show: Any = display.display
    return show(content, raw=True, display_id=True)
