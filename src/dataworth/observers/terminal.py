"""A study as a terminal shows it while it runs."""

from __future__ import annotations

from collections.abc import Sequence

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

from dataworth.findings import Finding
from dataworth.learners.base import Epoch
from dataworth.observers.eta import EtaEstimator, clock
from dataworth.records.record import Record, Run

_STYLE = {"error": "bold red", "warning": "yellow", "info": "dim"}


class TerminalProgress:
    """Shows a bar, the runs under way and the time left; one line per run when not a terminal.

    Parameters
    ----------
    console : rich.console.Console
        Writes to stderr, so that stdout holds results alone.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._total: TaskID | None = None
        self._under_way: dict[Run, TaskID] = {}
        self._eta = EtaEstimator([], [], [])

    def begin(self, runs: Sequence[Run], done: Sequence[Run], work: Sequence[int]) -> None:
        """Show how much there is to do."""
        self._eta = EtaEstimator(runs, done, work)
        kept = f", {len(done)} of them kept from before" if done else ""
        self._console.print(f"{len(runs)} runs{kept}.", highlight=False)
        if not self._eta.waiting:
            return
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(Column(no_wrap=True)),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not (self._console.is_terminal or self._console.is_jupyter),
            transient=True,
        )
        self._total = self._bars.add_task("all runs", total=1.0, note="")
        self._bars.start()

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print each finding."""
        print_findings(self._console, findings)

    def epoch(self, run: Run, epoch: Epoch, epochs: int) -> None:
        """Advance the bars."""
        self._eta.epoch(run, epoch, epochs)
        if self._bars is None:
            return
        if run not in self._under_way:
            label = f"{run.size:,} samples, seed {run.seed}"
            self._under_way[run] = self._bars.add_task(label, total=epochs, note="")
        note = f"epoch {epoch.number} of {epochs}, training loss {epoch.loss:.4g}"
        self._bars.update(self._under_way[run], completed=epoch.number, note=note)
        self._advance()

    def finished(self, record: Record) -> None:
        """Print the run's figures."""
        run, scores = record.run, record.scores
        self._console.print(
            f"{run.size:>9,} samples  seed {run.seed}  loss {scores.loss:.4g}  "
            f"accuracy {scores.accuracy:.4f}  {record.seconds:.1f} s",
            highlight=False,
        )
        self._eta.finished(run)
        if self._bars is not None and run in self._under_way:
            self._bars.remove_task(self._under_way.pop(run))
        self._advance()

    def end(self) -> None:
        """Clear the bars."""
        if self._bars is not None:
            self._bars.stop()

    def _advance(self) -> None:
        if self._bars is not None and self._total is not None:
            left = self._eta.seconds_left
            note = "" if left is None else f"about {clock(left)} left"
            self._bars.update(self._total, completed=self._eta.share, note=note)


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
