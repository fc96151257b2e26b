"""A study as a notebook shows it: one line under the cell, with a bar, that is kept up to date."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any

from dataworth.findings import Finding
from dataworth.learners.base import Epoch
from dataworth.record import Record, Run

_SECONDS_BETWEEN = 0.25


class NotebookProgress:
    """Shows a bar, the run under way and the time left in one output that is replaced in place.

    It needs no widgets, so that it looks the same in Jupyter, Colab and VS Code, and leaves one
    line in the notebook's file.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._work: dict[Run, int] = {}
        self._waiting: set[Run] = set()
        self._passed: dict[Run, float] = {}
        self._total = 0
        self._started = self._shown = 0.0

    def begin(self, runs: Sequence[Run], done: Sequence[Run], work: Sequence[int]) -> None:
        """Show how much there is to do."""
        self._work = dict(zip(runs, work, strict=True))
        self._waiting = set(runs) - set(done)
        self._passed = {}
        self._total = sum(self._work[run] for run in self._waiting)
        self._started = time.monotonic()
        kept = f", {len(done)} of them kept from before" if done else ""
        self._show(f"{len(runs)} runs{kept}")

    def findings(self, findings: Sequence[Finding]) -> None:
        """Show each finding below."""
        from dataworth.report.notebook import findings_html

        if findings:
            told = "\n".join(f"{each.severity} {each.code}: {each.message}" for each in findings)
            _display({"text/plain": told, "text/html": findings_html(findings)})

    def epoch(self, run: Run, epoch: Epoch, epochs: int) -> None:
        """Advance the bar, a few times a second at most."""
        self._passed[run] = self._work[run] * epoch.number / epochs
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN:
            self._show(
                f"{run.size:,} samples, seed {run.seed}: epoch {epoch.number} of {epochs}, "
                f"training loss {epoch.loss:.4g}"
            )

    def finished(self, record: Record) -> None:
        """Show the run's figures."""
        run, scores = record.run, record.scores
        self._waiting.discard(run)
        self._passed[run] = self._work[run]
        self._show(
            f"{run.size:,} samples, seed {run.seed}: loss {scores.loss:.4g}, "
            f"accuracy {scores.accuracy:.4f}"
        )

    def end(self) -> None:
        """Leave the number of runs and the time they took."""
        self._show("stopped; finished runs are kept" if self._waiting else "done")

    def _show(self, note: str) -> None:
        share = sum(self._passed.values()) / self._total if self._total else 1.0
        seconds = time.monotonic() - self._started
        finished = len(self._work) - len(self._waiting)
        text = f"{finished} of {len(self._work)} runs, {_clock(seconds)}"
        if self._waiting and 0 < share < 1:
            text += f", about {_clock(seconds * (1 - share) / share)} left"
        text += f" · {note}"
        bar = f'<progress max="1" value="{share:.4f}" style="vertical-align: middle"></progress>'
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


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
