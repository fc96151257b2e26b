"""The observer of a terminal: bars while a study runs, and a line for each run that ends."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from dataworth._util.durations import format_clock
from dataworth._util.numbers import format_digits
from dataworth.findings import Finding
from dataworth.observers.base import Observer, counted_in
from dataworth.observers.eta import EtaEstimator
from dataworth.plan.choice import Choice, Stop
from dataworth.records.record import Record, RunKey

_STYLE = {"error": "bold red", "warning": "yellow", "info": "dim"}
_SECONDS_BETWEEN = 10.0
_MOST_FIGURES = 2
"""Figures of a run that fit on its line."""
_COMPILES = 0.1
"""Compiling is named from so many seconds on."""
_FORMATS = {"accuracy": ".4f"}


class TerminalObserver(Observer):
    """Shows a bar, the current runs and the time left; one line per run when not a terminal.

    Parameters
    ----------
    console : rich.console.Console
        Writes to stderr, so that stdout holds results alone.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._total: TaskID | None = None
        self._current: dict[RunKey, TaskID] = {}
        self._eta = EtaEstimator([], [], [])
        self._names = self._runs = 0
        self._told = 0.0
        self._models: set[str] = set()
        self._counted = "samples"
        self._goal: Mapping[str, Any] | None = None
        self._budget: Mapping[str, Any] | None = None

    def on_directory(self, directory: Path, options: Mapping[str, Any]) -> None:
        """Remember what the runs are planned for, and what their sizes count."""
        self._goal, self._budget = options.get("goal"), options.get("budget")
        self._counted = counted_in(directory)
        model = options.get("model")
        self._models = set(model) if isinstance(model, Mapping) else set()

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        """Show how much there is to do."""
        self._eta = EtaEstimator(keys, done, work)
        self._models |= {key.learner for key in keys}
        self._names, self._runs = width_of_models(self._models), len(keys)
        if self._goal is not None:
            self._print(plan_in_words(self._goal, self._budget, len(done)))
        else:
            before = f", {len(done)} of them done before" if done else ""
            self._console.print(f"{len(keys)} runs{before}.", highlight=False)
        # Bars are not shown where the output is a file or a pipe, and cost time at every step.
        if not (self._console.is_terminal or self._console.is_jupyter):
            return
        if not self._eta.waiting and self._goal is None:
            return
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(Column(no_wrap=True)),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            transient=True,
        )
        if self._goal is None:
            self._total = self._bars.add_task("all runs", total=1.0, note="")
        self._bars.start()

    def on_choice(self, choice: Choice) -> None:
        """Print the run, why it was chosen, and what it is expected to cost and to bring."""
        self._eta.add(choice.key, choice.key.size)
        self._models.add(choice.key.learner)
        self._names = width_of_models(self._models)
        self._runs += 1
        self._print(f"next: {choice.describe()}", style="dim")

    def on_notice(self, text: str) -> None:
        """Print it."""
        self._print(text)

    def on_stop(self, stop: Stop) -> None:
        """Print why no more runs are chosen."""
        self._print(stop.message)

    def _print(self, text: str, style: str | None = None) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    def on_findings(self, findings: Sequence[Finding]) -> None:
        """Print each finding."""
        print_findings(self._console, findings)

    def on_step(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        """Advance the bars."""
        self._eta.step(key, step, of)
        if self._bars is None:
            self._tell(key, step, of, values)
            return
        if key not in self._current:
            self._current[key] = self._bars.add_task(self._run(key), total=of, note="")
        note = escape(described(step, of, values))
        self._bars.update(self._current[key], completed=step, note=note)
        self._advance()

    def _tell(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        """Print what is done where there are no bars, every ten seconds at most."""
        now = time.monotonic()
        if now - self._told < _SECONDS_BETWEEN:
            return
        self._told = now
        left = self._eta.seconds_left
        rest = (
            "" if left is None or self._goal is not None else f", about {format_clock(left)} left"
        )
        done = f"{self._runs - self._eta.waiting} of {self._runs} runs done{rest}"
        note = f"{self._run(key)}: {described(step, of, values)}"
        self._print(f"{done}; {note}")

    def _run(self, key: RunKey) -> str:
        label = f"{key.learner}, " if self._names else ""
        return f"{label}{key.size:,} {self._counted}, seed {key.seed}"

    def on_record(self, record: Record) -> None:
        """Print the run's figures."""
        self._told = time.monotonic()
        key = record.key
        self._print(
            f"{self._model(key)}{key.size:>9,} {self._counted}  seed {key.seed}  "
            f"{figures_of_run(record, '  ')}  {time_of_run(record)}"
        )
        self._end_of(key)

    def on_failure(self, record: Record) -> None:
        """Print why the run failed."""
        key = record.key
        assert record.failure is not None
        self._print(
            f"{self._model(key)}{key.size:>9,} {self._counted}  seed {key.seed}  "
            f"failed: {record.failure.message}",
            style="red",
        )
        self._end_of(key)

    def on_study_end(self) -> None:
        """Clear the bars."""
        if self._bars is not None:
            self._bars.stop()

    def _model(self, key: RunKey) -> str:
        return f"{key.learner:<{self._names}}" if self._names else ""

    def _end_of(self, key: RunKey) -> None:
        self._eta.finished(key)
        if self._bars is not None and key in self._current:
            self._bars.remove_task(self._current.pop(key))
        self._advance()

    def _advance(self) -> None:
        if self._bars is not None and self._total is not None:
            left = self._eta.seconds_left
            note = "" if left is None else f"about {format_clock(left)} left"
            self._bars.update(self._total, completed=self._eta.share, note=note)


def plan_in_words(goal: Mapping[str, Any], budget: Mapping[str, Any] | None, done: int) -> str:
    """What runs are planned for; goal and budget as a study's options have them."""
    # With the forecasts, which take a second to import.
    from dataworth.plan.budget import Budget
    from dataworth.plan.goal import Goal

    limit = "" if budget is None else f" Budget: {Budget.from_dict(budget).describe()}."
    before = f" {done} runs were done before." if done else ""
    return f"Goal: {Goal.from_dict(goal).describe()}.{limit}{before}"


def width_of_models(names: Set[str]) -> int:
    """Characters of the longest name of the models; 0 where there is one model."""
    return max(map(len, names)) if len(names) > 1 else 0


def described(step: int, of: int | None, values: Mapping[str, float]) -> str:
    """A step of a run in words, with the figures that were reported with it; 0 is its start."""
    if step == 0:
        return "starting"
    end = "" if of is None else f" of {of:,}"
    figures = "".join(f", {name} {format_digits(value, 4)}" for name, value in values.items())
    return f"step {step:,}{end}{figures}"


def figures_of_run(record: Record, separator: str) -> str:
    """The first figures of a run, as `loss 0.31  accuracy 0.9120`."""
    shown = list(record.scores.items())[:_MOST_FIGURES]
    return separator.join(
        f"{name} {format(value, _FORMATS[name]) if name in _FORMATS else format_digits(value, 4)}"
        for name, value in shown
    )


def time_of_run(record: Record) -> str:
    """How long a run took, and how much of that was compiling, where it was."""
    compiling = record.compile_seconds
    some = f", of which {compiling:.1f} s to compile" if compiling >= _COMPILES else ""
    return f"{record.seconds:.1f} s{some}"


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print findings, the worst first."""
    for finding in sorted(findings, key=lambda each: list(_STYLE).index(each.severity)):
        style = _STYLE[finding.severity]
        console.print(
            f"[{style}]{finding.severity}[/] [bold]{finding.code}[/] ({escape(finding.where)}): "
            f"{escape(finding.message)} {escape(finding.advice)}",
            highlight=False,
            soft_wrap=not console.is_terminal,
        )
