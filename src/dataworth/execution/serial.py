"""One run after the other in this process, each with all cores."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dataworth.execution.base import CheckpointStore, Context, Objective, StepListener, perform
from dataworth.records.record import Record, RunKey


class Serial:
    """Does runs one after the other, in the order in which they were submitted.

    Parameters
    ----------
    objective : callable
    checkpoints : CheckpointStore
    on_step : callable
    folder : Path
        Each run has a folder of its own in it.
    """

    slots = 1

    def __init__(
        self,
        objective: Objective,
        checkpoints: CheckpointStore,
        on_step: StepListener,
        folder: Path,
    ) -> None:
        self._objective = objective
        self._checkpoints = checkpoints
        self._on_step = on_step
        self._folder = folder
        self._waiting: deque[RunKey] = deque()

    def submit(self, key: RunKey) -> None:
        """Queue a run."""
        self._waiting.append(key)

    def outcomes(self) -> Iterator[Record]:
        """Yield each submitted run's record when the run ends, until none is left."""
        while self._waiting:
            key = self._waiting.popleft()
            context = Context(
                self._folder / key.digest,
                self._checkpoints.load_checkpoint(key.digest),
                partial(self._checkpoints.save_checkpoint, key.digest),
                partial(self._on_step, key),
            )
            yield perform(self._objective, key, context)

    def close(self) -> None:
        """Forget the runs that wait."""
        self._waiting.clear()
