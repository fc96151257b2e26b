"""Who does the runs of a study: this process, or several."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from dataworth._util.machine import cores, gpus, peak_memory
from dataworth._util.validation import check_int
from dataworth.errors import DataworthWarning, StudyError
from dataworth.execution.automatic import Automatic
from dataworth.execution.base import CheckpointStore, Executor, Objective, StepListener
from dataworth.execution.processes import LocalProcesses
from dataworth.execution.serial import Serial
from dataworth.learners.base import options_of
from dataworth.records.layout import WORK_FOLDER
from dataworth.records.record import RunKey
from dataworth.records.store import Store
from dataworth.study.checkpoints import OptionalCheckpoints
from dataworth.study.objectives import FunctionObjective, LearnerObjective
from dataworth.study.resolved import ResolvedStudy

AUTO: Literal["auto"] = "auto"
Workers = int | Literal["auto"]
"""A number of workers, or "auto": see `executor_of`."""


class Cluster(Protocol):
    """Machines that do the runs of a study; a `dataworth.Ray` is one."""

    def executor(
        self,
        objective: Objective,
        checkpoints: CheckpointStore,
        on_step: StepListener,
        folder: Path,
        time_limit: float | None = None,
    ) -> Executor:
        """Make the executor of a study; see `dataworth.execution.base`."""


def checked_workers(asked: Any) -> Workers:
    """Either "auto", or a number of workers, at most one for each core.

    Raises
    ------
    StudyError
        If it is neither.

    Warns
    -----
    DataworthWarning
        If there are fewer cores.
    """
    if asked == AUTO:
        return AUTO
    if isinstance(asked, str):
        raise StudyError(
            f'workers = {asked!r}: expected "auto" or a whole number of at least 1.',
            code="value-out-of-range",
            option="workers",
            value=asked,
        )
    number, available = check_int("workers", asked), cores()
    if number > available:
        warnings.warn(
            DataworthWarning(
                f"workers = {number}: there are {available} cores, so that {available} runs are "
                "done at the same time.",
                code="workers-cut",
            ),
            stacklevel=4,
        )
    return min(number, available)


def executor_of(
    study: ResolvedStudy,
    store: Store,
    workers: Workers,
    on_step: StepListener,
    waiting: Sequence[RunKey],
    *,
    refill: Callable[[], None],
    notify: Callable[[str], None],
    cluster: Cluster | None = None,
) -> Executor:
    """Who does the runs of a study.

    Several workers are processes. So is one where a run may crash or has a time limit; see
    `BegunRuns` for what is done in this process. "auto" leaves it to the first runs whether
    processes pay, and to their memory how many there are. It keeps to one worker for functions and
    commands: what they use of the machine is not known, runs side by side may write to one file,
    such as the best weights, and their figures may depend on the number of cores that they see; and
    for a goal: which runs a plan chooses depends on those before.

    Where there are several GPUs, each process sees one of them, unless a model is a function or a
    command, or needs a certain GPU.

    Parameters
    ----------
    study : ResolvedStudy
    store : Store
    workers : int or "auto"
    on_step : callable
    waiting : sequence of RunKey
        The runs to be done, as far as they are known.
    refill : callable
        Called when there is room for more runs, to submit them.
    notify : callable
        Called with what is worth knowing of who does the runs.
    cluster : Cluster, optional
        Does all runs, in place of workers of this machine.
    """
    limit = study.time_limit
    functions = [each for each in study.objectives.values() if isinstance(each, FunctionObjective)]
    importable = bool(functions) and all(each.model.is_importable for each in functions)
    checkpoints = OptionalCheckpoints(store, notify)
    shared = (study.objective, checkpoints, on_step, store.directory / WORK_FOLDER)
    if cluster is not None:
        return cluster.executor(*shared, limit)
    visible = gpus() if all(map(_takes_any_gpu, study.objectives.values())) else []
    processes = partial(
        LocalProcesses,
        *shared,
        time_limit=limit,
        lends_cores=not functions,
        gpus=visible if len(visible) > 1 else (),
    )
    count = _number(study, len(waiting), notify) if workers == AUTO else workers
    if workers == AUTO and count > 1 and limit is not None:
        return processes(workers=count, memory=peak_memory)
    if workers == AUTO and count > 1:
        objective, _, on_step, folder = shared

        def several(workers: int) -> LocalProcesses:
            return processes(workers=workers, memory=peak_memory)

        def started() -> LocalProcesses:
            made = several(count)
            made.start_one()
            return made

        return Automatic(
            lambda listener: Serial(objective, checkpoints, listener, folder),
            several,
            on_step,
            waiting,
            study.objective.work,
            count,
            refill,
            notify,
            len(visible),
            None if _report_steps(study) else started,
        )
    if count > 1 or limit is not None or importable:
        return processes(workers=count)
    return Serial(*shared)


def _takes_any_gpu(objective: LearnerObjective | FunctionObjective) -> bool:
    """Whether a model computes on whichever GPU it sees, if on any."""
    if isinstance(objective, FunctionObjective):
        return False
    return bool(getattr(objective.learner, "takes_any_gpu", True))


def _report_steps(study: ResolvedStudy) -> bool:
    """Whether a model trains in steps or epochs, and so says itself how long a run takes."""
    return any(
        isinstance(each, LearnerObjective) and bool({"epochs", "steps"} & options_of(each.learner))
        for each in study.objectives.values()
    )


def _number(study: ResolvedStudy, waiting: int, notify: Callable[[str], None]) -> int:
    """How many workers there are at most if none were requested."""
    if study.goal is not None:
        return 1
    if not any(isinstance(each, FunctionObjective) for each in study.objectives.values()):
        return min(cores(), waiting)
    if cores() > 1 and waiting > 1:
        notify(
            "Runs are done one at a time, as functions and commands may use any number of cores "
            "and write to the same files; --workers N (workers=N) does N side by side."
        )
    return 1


def is_in_process(executor: Executor) -> bool:
    """Whether the next run is done in this process, which it may end."""
    return isinstance(executor, Serial) or (isinstance(executor, Automatic) and executor.in_process)
