"""One run after the other in this process, each with all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from dataworth.execution.base import EpochListener, Pending, RunCheckpoints
from dataworth.records.record import Record, RunKey
from dataworth.study.resolved import Experiment


class InProcess:
    """Performs runs one after the other, small ones first."""

    def perform(
        self,
        experiment: Experiment,
        runs: Sequence[RunKey],
        pending: Pending,
        on_epoch: EpochListener,
    ) -> Iterator[Record]:
        """Yield each run's record as it is finished."""
        for run in sorted(runs, key=experiment.work):
            checkpoints = RunCheckpoints(
                pending.load_checkpoint(run.digest), partial(pending.save_checkpoint, run.digest)
            )
            yield experiment.perform(run, watch=partial(on_epoch, run), checkpoints=checkpoints)
