"""Progress: who is told what a study is doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dataworth.findings import Finding
from dataworth.learners.base import Epoch
from dataworth.records.record import Record, RunKey


class Progress(Protocol):
    """Hears of a study while it runs. Every method is called in the main process."""

    def begin(self, runs: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]) -> None:
        """Before the first run: all runs, those done before, and each run's work in samples."""

    def findings(self, findings: Sequence[Finding]) -> None:
        """What the audit found, before or after the runs."""

    def epoch(self, run: RunKey, epoch: Epoch, epochs: int) -> None:
        """A run has trained `epoch` of `epochs`."""

    def finished(self, record: Record) -> None:
        """A run is done and kept."""

    def end(self) -> None:
        """No more is done: all runs are, or the study was stopped."""


class Silent:
    """Tells nobody."""

    def begin(self, runs: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]) -> None:
        """Say nothing."""

    def findings(self, findings: Sequence[Finding]) -> None:
        """Say nothing."""

    def epoch(self, run: RunKey, epoch: Epoch, epochs: int) -> None:
        """Say nothing."""

    def finished(self, record: Record) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""
