"""The executor protocol: runs are submitted, and their records come back."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import Protocol

import numpy as np

from dataworth._util import signals
from dataworth._util.files import DISK_FULL, is_disk_full
from dataworth._util.user_code import one_line, place
from dataworth._util.words import first_line
from dataworth.errors import DataworthError
from dataworth.records.record import Failure, Record, RunKey
from dataworth.records.run import Checkpoint, History, RunContext, State

Objective = Callable[[RunKey, RunContext], Record]
"""Does one run: the key and the run's context in, its record out."""
StepListener = Callable[[RunKey, int, int | None, Mapping[str, float]], None]
"""Called in the main process with a run's key, its step, the last step and reported figures."""

SECONDS_BETWEEN_CHECKPOINTS = 5.0
_MOST_TRACEBACK = 8_000
"""Characters; the end of a traceback says most."""


class Moved(BaseException):
    """Ends a run in this process that is done again elsewhere; raised by a listener of steps."""


class CheckpointStore(Protocol):
    """Where checkpoints are stored; a `Store` is one."""

    def load_checkpoint(self, digest: str) -> Checkpoint | None:
        """The checkpoint of a run, or None."""

    def save_checkpoint(self, digest: str, history: History, state: State) -> None:
        """Store the checkpoint of a run in place of an earlier one."""


class Executor(Protocol):
    """Does runs, one or several at a time.

    An executor is used from one thread. It never raises for one run: a run that fails comes back
    as a failed record, and the next one is done.

    Attributes
    ----------
    slots : int
        Number of runs that are done at the same time.
    """

    slots: int

    def submit(self, key: RunKey) -> None:
        """Queue a run."""

    def outcomes(self) -> Iterator[Record]:
        """Yield each submitted run's record when the run ends, until none is left.

        Runs may be submitted between two outcomes.
        """

    def close(self) -> None:
        """Stop all runs and free what the executor holds. Checkpoints stay."""


class Context:
    """The context of one run: its folder, its checkpoints and where its progress goes.

    Parameters
    ----------
    folder : Path
        Made when it is first used.
    checkpoint : (history, state) or None
        Where the run was stopped.
    save : callable
        Stores a checkpoint; called at most every few seconds.
    report : callable
        Called with step, last step and figures.
    """

    def __init__(
        self,
        folder: Path,
        checkpoint: Checkpoint | None,
        save: Callable[[History, State], None],
        report: Callable[[int, int | None, Mapping[str, float]], None],
    ) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._save = save
        self._report = report
        self._last = time.monotonic()
        self.reported: dict[str, list[float]] = {}

    @cached_property
    def folder(self) -> Path:
        """The run's own folder. Most learners use none, and then none is made."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def remove_folder(self) -> None:
        """Remove the run's folder, which an earlier start may have made."""
        if self._folder.is_dir():
            rmtree(self._folder, ignore_errors=True)
            with suppress(OSError):
                self._folder.parent.rmdir()

    def report(self, step: int, of: int | None = None, **values: float) -> None:
        """Report progress; see `RunContext`."""
        rows = len(self.reported.get("step", []))
        for name, value in {"step": step, **values}.items():
            column = self.reported.setdefault(name, [float("nan")] * rows)
            column.append(float(value))
        for column in self.reported.values():
            column.extend([float("nan")] * (rows + 1 - len(column)))
        self._report(step, of, values)
        signals.check()

    def history(self) -> History:
        """All reported figures as columns; NaN where a step did not report a figure."""
        return {name: np.array(column, np.float64) for name, column in self.reported.items()}

    def load_checkpoint(self) -> Checkpoint | None:
        """The last checkpoint of this run, or None for a fresh start."""
        return self._checkpoint

    def save_checkpoint(self, history: History, state: State) -> None:
        """Store a checkpoint, unless one was stored a few seconds ago."""
        if time.monotonic() - self._last >= SECONDS_BETWEEN_CHECKPOINTS:
            # Of a mapping whose columns are made when they are read.
            self._save(dict(history), state)
            self._last = time.monotonic()


def perform(objective: Objective, key: RunKey, context: Context) -> Record:
    """Do one run; what it raises is a failed record, but for a request to stop and `Moved`."""
    started = time.perf_counter()
    try:
        record = objective(key, context)
    except (KeyboardInterrupt, Moved):
        raise
    except BaseException as error:
        # A library may turn a request to stop into an error of its own.
        signals.check()
        return Record(
            key,
            {},
            history=context.history(),
            failure=failure_of(error),
            seconds=time.perf_counter() - started,
        )
    context.remove_folder()
    return record


def failure_of(error: BaseException) -> Failure:
    """Why a run failed, from what it raised."""
    trace = "".join(traceback.format_exception(error))[-_MOST_TRACEBACK:]
    if isinstance(error, SystemExit):
        return Failure("exit", f"the model called sys.exit({error.code!r})", trace)
    if isinstance(error, MemoryError):
        return Failure("memory", f"memory ran out ({first_line(error)})", trace)
    if is_disk_full(error) or (isinstance(error, DataworthError) and error.code == DISK_FULL):
        return Failure("disk", one_line(error) + place(error), trace)
    if isinstance(error, DataworthError):
        return Failure("error", str(error), trace)
    return Failure("error", one_line(error) + place(error), trace)
