"""The runs of a run directory, or their histories, as a data frame."""

from __future__ import annotations

import os
from typing import Any

from dataworth._util.frames import frame_of
from dataworth.records.record import Record
from dataworth.records.store import Store


def read_runs(directory: str | os.PathLike[str], *, history: bool = False) -> Any:
    """All runs of a run directory that have ended, one row each.

    Parameters
    ----------
    directory : path
    history : bool
        Give one row for each step of each run that has a history instead: an epoch, or whatever a
        model reports.

    Returns
    -------
    polars.DataFrame or pandas.DataFrame
        Of polars where it is installed. Columns ``model``, ``size``, ``seed``; of runs also
        ``status`` ("finished" or "failed"), ``reason`` of a failure, ``attempt``, ``seconds``, each
        score and ``fact_`` with each fact; of histories the columns that the model reports. What a
        run does not have is missing.

    Raises
    ------
    StudyError
        If the directory holds no results, or they cannot be read.
    MissingDependencyError
        If neither polars nor pandas is installed.
    """
    with Store(os.fspath(directory)) as store:
        records = store.records(None)
        rows = (
            [row for record in records for row in _steps(record)]
            if history
            else [_run(record) for record in records]
        )
    names = list(dict.fromkeys(["model", "size", "seed", *(name for row in rows for name in row)]))
    return frame_of({name: [row.get(name) for row in rows] for name in names})


def _key(record: Record) -> dict[str, Any]:
    return {"model": record.key.learner, "size": record.key.size, "seed": record.key.seed}


def _run(record: Record) -> dict[str, Any]:
    failure = record.failure
    about = {
        "status": record.status,
        "reason": None if failure is None else failure.message,
        "attempt": record.attempt,
        "seconds": float(record.seconds),
    }
    facts = {f"fact_{name}": float(value) for name, value in record.facts.items()}
    scores = {name: float(value) for name, value in record.scores.items()}
    return _key(record) | about | scores | facts


def _steps(record: Record) -> list[dict[str, Any]]:
    columns = {name: values.tolist() for name, values in record.history.items()}
    length = max(map(len, columns.values()), default=0)
    return [
        _key(record) | {name: values[step] for name, values in columns.items()}
        for step in range(length)
    ]
