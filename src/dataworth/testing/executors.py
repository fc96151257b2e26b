"""The conformance suite of executors."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dataworth.execution.base import CheckpointStore, Executor, Objective, StepListener
from dataworth.records.record import Record, RunKey
from dataworth.records.run import Checkpoint, History, RunContext, State


@dataclass
class MemoryCheckpoints:
    """Checkpoints in memory; a `CheckpointStore`."""

    stored: dict[str, Checkpoint] = field(default_factory=dict)

    def load_checkpoint(self, digest: str) -> Checkpoint | None:
        """The checkpoint of a run, or None."""
        return self.stored.get(digest)

    def save_checkpoint(self, digest: str, history: History, state: State) -> None:
        """Store a checkpoint."""
        self.stored[digest] = (history, state)


@dataclass(frozen=True)
class ExecutorCase:
    """An executor.

    Attributes
    ----------
    make : callable
        Makes the executor from an objective, a store of checkpoints, a listener of steps, and the
        folder in which runs have their folders.
    folder : Path
        An empty folder.
    isolates : bool
        Whether a run may end its process without ending the study's.
    """

    make: Callable[[Objective, CheckpointStore, StepListener, Path], Executor]
    folder: Path
    isolates: bool = False

    def outcomes(self, objective: Objective, keys: list[RunKey], **options: Any) -> list[Record]:
        """The records of all runs, in the order in which they ended."""
        checkpoints = options.get("checkpoints", MemoryCheckpoints())
        listener = options.get("listener", _ignore)
        executor = self.make(objective, checkpoints, listener, self.folder)
        try:
            for key in keys:
                executor.submit(key)
            return list(executor.outcomes())
        finally:
            executor.close()


ExecutorCheck = Callable[[ExecutorCase], None]


def keys_of(*sizes: int) -> list[RunKey]:
    """A key for each size."""
    return [RunKey("model", size, 0, f"{size:032x}") for size in sizes]


def _ignore(key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
    pass


def plain(key: RunKey, context: RunContext) -> Record:
    """An objective that reports two steps and scores a run by its size."""
    for step in (1, 2):
        context.report(step, 2, loss=1.0 / step)
    (context.folder / "note.txt").write_text("here", encoding="utf-8")
    return Record(key, {"loss": 1.0 / key.size}, seconds=0.5)


def failing(key: RunKey, context: RunContext) -> Record:
    """An objective that leaves a file and fails at some sizes, each in its own way."""
    (context.folder / "note.txt").write_text("here", encoding="utf-8")
    if key.size == 2:
        raise ValueError("the model is not fitted")
    if key.size == 3:
        sys.exit("no more")
    if key.size == 4:
        raise MemoryError
    return plain(key, context)


def dying(key: RunKey, context: RunContext) -> Record:
    """An objective that ends its process at size 2."""
    if key.size == 2:
        os._exit(7)
    return plain(key, context)


def waiting(key: RunKey, context: RunContext) -> Record:
    """An objective that reports a step at size 1 and then waits to be ended."""
    if key.size == 1:
        context.report(1)
        time.sleep(60)
    return Record(key, {"loss": 1.0})


def resuming(key: RunKey, context: RunContext) -> Record:
    """An objective that scores a run by its checkpoint."""
    checkpoint = context.load_checkpoint()
    start = 0.0 if checkpoint is None else float(checkpoint[1]["state"][0])
    return Record(key, {"loss": 1.0 + start})


def check_every_run_comes_back_once(case: ExecutorCase) -> None:
    """Each submitted run has one finished record with the objective's figures."""
    keys = keys_of(1, 2, 3, 4, 5)
    records = case.outcomes(plain, keys)
    assert sorted(record.key.size for record in records) == [1, 2, 3, 4, 5]
    assert all(record.scores == {"loss": 1.0 / record.key.size} for record in records)
    assert all(record.status == "finished" for record in records)


def check_nothing_submitted_ends_at_once(case: ExecutorCase) -> None:
    """Without runs there are no outcomes."""
    assert case.outcomes(plain, []) == []


def check_runs_may_be_submitted_between_outcomes(case: ExecutorCase) -> None:
    """A run that is submitted after an outcome is done too."""
    executor = case.make(plain, MemoryCheckpoints(), _ignore, case.folder)
    first, second = keys_of(1, 2)
    seen = []
    try:
        executor.submit(first)
        for record in executor.outcomes():
            seen.append(record.key)
            if record.key == first:
                executor.submit(second)
    finally:
        executor.close()
    assert seen == [first, second]


def check_steps_are_reported(case: ExecutorCase) -> None:
    """Reported steps arrive in order, with their figures."""
    steps: list[tuple[RunKey, int, int | None, dict[str, float]]] = []
    (key,) = keys_of(3)
    case.outcomes(plain, [key], listener=lambda k, s, of, v: steps.append((k, s, of, dict(v))))
    assert steps == [(key, 1, 2, {"loss": 1.0}), (key, 2, 2, {"loss": 0.5})]


def check_failures_are_records_and_the_others_are_done(case: ExecutorCase) -> None:
    """An exception, sys.exit and a lack of memory are failed records with their true reasons."""
    records = {r.key.size: r for r in case.outcomes(failing, keys_of(1, 2, 3, 4, 5))}
    assert {size for size, record in records.items() if record.failure is None} == {1, 5}
    failures = {size: r.failure for size, r in records.items() if r.failure is not None}
    assert {size: each.kind for size, each in failures.items()} == {
        2: "error",
        3: "exit",
        4: "memory",
    }
    assert "ValueError" in failures[2].message
    assert "the model is not fitted" in failures[2].message
    assert "no more" in failures[3].message
    assert "failing" in failures[2].traceback


def check_a_dead_process_costs_its_run_alone(case: ExecutorCase) -> None:
    """Where runs are isolated, one that ends its process is a failed record."""
    if not case.isolates:
        return
    records = {r.key.size: r for r in case.outcomes(dying, keys_of(1, 2, 3, 4))}
    assert {size for size, record in records.items() if record.failure is None} == {1, 3, 4}
    failure = records[2].failure
    assert failure is not None
    assert failure.kind == "killed"


def check_checkpoints_reach_the_run(case: ExecutorCase) -> None:
    """A run starts from the checkpoint that is stored for it."""
    (key,) = keys_of(3)
    checkpoints = MemoryCheckpoints({key.digest: ({}, {"state": np.array([4.0])})})
    (record,) = case.outcomes(resuming, [key], checkpoints=checkpoints)
    assert record.scores == {"loss": 5.0}


def check_folders_of_finished_runs_are_removed(case: ExecutorCase) -> None:
    """A run has a folder while it runs; it is gone when the run has finished."""
    case.outcomes(plain, keys_of(1, 2))
    assert not case.folder.exists() or not list(case.folder.iterdir())


def check_folders_of_failed_runs_stay(case: ExecutorCase) -> None:
    """The files of a failed run can be looked at."""
    (key,) = keys_of(2)
    case.outcomes(failing, [key])
    assert (case.folder / key.digest / "note.txt").is_file()


def check_close_can_be_called_twice(case: ExecutorCase) -> None:
    """Closing an executor that was closed does nothing."""
    executor = case.make(plain, MemoryCheckpoints(), _ignore, case.folder)
    executor.close()
    executor.close()


EXECUTOR_CHECKS: tuple[ExecutorCheck, ...] = (
    check_every_run_comes_back_once,
    check_nothing_submitted_ends_at_once,
    check_runs_may_be_submitted_between_outcomes,
    check_steps_are_reported,
    check_failures_are_records_and_the_others_are_done,
    check_a_dead_process_costs_its_run_alone,
    check_checkpoints_reach_the_run,
    check_folders_of_finished_runs_are_removed,
    check_folders_of_failed_runs_stay,
    check_close_can_be_called_twice,
)
