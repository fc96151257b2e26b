"""What an executor is: something that performs runs and hands their records back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from dataworth.learners.base import Arrays, Epoch
from dataworth.records.record import Record, RunKey
from dataworth.study.resolved import Experiment

KeptCheckpoint = tuple[Sequence[Epoch], Arrays]
EpochListener = Callable[[RunKey, Epoch, int], None]

SECONDS_BETWEEN_CHECKPOINTS = 5.0


class Pending(Protocol):
    """The runs' memory of where they were stopped; the store is one."""

    def load_checkpoint(self, key: str) -> KeptCheckpoint | None:
        """The state that was kept for a run, if any."""

    def save_checkpoint(self, key: str, history: Sequence[Epoch], state: Arrays) -> None:
        """Keep a run's state at the end of an epoch."""


class Executor(Protocol):
    """Performs runs."""

    def perform(
        self,
        experiment: Experiment,
        runs: Sequence[RunKey],
        pending: Pending,
        on_epoch: EpochListener,
    ) -> Iterator[Record]:
        """Yield each run's record as it is finished; closing the iterator stops the rest."""


class RunCheckpoints:
    """One run's checkpoints: starts from the kept one, and keeps one every few seconds."""

    def __init__(
        self,
        kept: KeptCheckpoint | None,
        keep: Callable[[Sequence[Epoch], Arrays], None],
    ) -> None:
        self._kept = kept
        self._keep = keep
        self._last = time.monotonic()

    def load(self) -> KeptCheckpoint | None:
        """The epochs done and the state after them, or None for a fresh start."""
        return self._kept

    def save(self, history: Sequence[Epoch], state: Arrays) -> None:
        """Keep the state, unless the last was kept a moment ago: a short run needs none."""
        if time.monotonic() - self._last >= SECONDS_BETWEEN_CHECKPOINTS:
            self._keep(history, state)
            self._last = time.monotonic()
