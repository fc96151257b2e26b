"""Who does the runs of a study: this process, or several."""

from __future__ import annotations

import warnings

from dataworth._util.machine import cores
from dataworth.errors import DataworthWarning
from dataworth.execution.base import Executor, StepListener
from dataworth.execution.processes import LocalProcesses
from dataworth.execution.serial import Serial
from dataworth.records.layout import WORK_FOLDER
from dataworth.records.store import Store
from dataworth.study.objectives import FunctionObjective
from dataworth.study.resolved import ResolvedStudy


def number_of_workers(asked: int) -> int:
    """The number of workers that was requested, at most one for each core.

    Warns
    -----
    DataworthWarning
        If there are fewer cores.
    """
    available = cores()
    if asked > available:
        warnings.warn(
            DataworthWarning(
                f"workers = {asked}: there are {available} cores, so that {available} runs are "
                "done at the same time.",
                code="workers-cut",
            ),
            stacklevel=4,
        )
    return min(asked, available)


def executor_of(
    study: ResolvedStudy, store: Store, workers: int, on_step: StepListener
) -> Executor:
    """Processes for several workers; also for one where a run may crash or has a time limit.

    See `BegunRuns` for what is done in this process.
    """
    folder = store.directory / WORK_FOLDER
    objective, limit = study.objective, study.time_limit
    functions = [each for each in study.objectives.values() if isinstance(each, FunctionObjective)]
    importable = bool(functions) and all(each.model.is_importable for each in functions)
    if workers > 1 or limit is not None or importable:
        # A function may compute with as many threads as it sees cores.
        lends = not functions
        return LocalProcesses(objective, store, on_step, folder, workers, limit, lends_cores=lends)
    return Serial(objective, store, on_step, folder)
