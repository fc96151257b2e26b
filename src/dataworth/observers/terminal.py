"""A study as a terminal shows it: progress while it runs, tables after."""

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
from rich.table import Column, Table

from dataworth.cli.show.tables import new_table
from dataworth.curves.curve import Curve
from dataworth.findings import Finding
from dataworth.learners.base import Epoch
from dataworth.observers.eta import Pace, clock
from dataworth.records.record import Record, RunKey
from dataworth.reproductions.emnist_paper import PUBLISHED

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
        self._under_way: dict[RunKey, TaskID] = {}
        self._pace = Pace([], [], [])

    def begin(self, runs: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]) -> None:
        """Show how much there is to do."""
        self._pace = Pace(runs, done, work)
        kept = f", {len(done)} of them kept from before" if done else ""
        self._console.print(f"{len(runs)} runs{kept}.", highlight=False)
        if not self._pace.waiting:
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

    def epoch(self, run: RunKey, epoch: Epoch, epochs: int) -> None:
        """Advance the bars."""
        self._pace.epoch(run, epoch, epochs)
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
        run, scores = record.key, record.scores
        self._console.print(
            f"{run.size:>9,} samples  seed {run.seed}  loss {scores['loss']:.4g}  "
            f"accuracy {scores['accuracy']:.4f}  {record.seconds:.1f} s",
            highlight=False,
        )
        self._pace.finished(run)
        if self._bars is not None and run in self._under_way:
            self._bars.remove_task(self._under_way.pop(run))
        self._advance()

    def end(self) -> None:
        """Clear the bars."""
        if self._bars is not None:
            self._bars.stop()

    def _advance(self) -> None:
        if self._bars is not None and self._total is not None:
            left = self._pace.seconds_left
            note = "" if left is None else f"about {clock(left)} left"
            self._bars.update(self._total, completed=self._pace.share, note=note)


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


def curve_table(curve: Curve) -> Table:
    """The paper's table, with the mean over seeds as the loss, its spread, and accuracy."""
    table = new_table("Dataset_Size", "Loss", "Loss_Std", "Accuracy", "Seeds", text=None)
    table.pad_edge = True
    accuracies = curve["accuracy"].summary() if "accuracy" in curve.others else []
    for index, point in enumerate(curve.summary()):
        accuracy = f"{accuracies[index].mean:.4f}" if accuracies else ""
        spread = f"{point.std:.3g}" if point.runs > 1 else ""
        row = (f"{point.samples:,}", f"{point.mean:.4g}", spread, accuracy, str(point.runs))
        table.add_row(*row)
    return table


def published_table(reproduced: Curve, honest: Curve) -> Table:
    """The published figures, the same mistakes made here, and the loss without the mistakes."""
    table = new_table(
        "Dataset_Size", "Published", "Reproduced", "Held-out loss, done right", text=None
    )
    table.pad_edge = True
    true = {point.samples: f"{point.mean:.4g}" for point in honest.summary()}
    for wrong in reproduced.summary():
        published = PUBLISHED.get(wrong.samples)
        said = "" if published is None else f"{published:.4g}"
        row = (f"{wrong.samples:,}", said, f"{wrong.mean:.4g}", true.get(wrong.samples, ""))
        table.add_row(*row)
    return table
