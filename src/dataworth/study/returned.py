"""Whether functions return the study's metric: known only when a run of each has finished."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataworth.errors import StudyError
from dataworth.metrics.metric import Metric
from dataworth.records.record import Failure, Record
from dataworth.records.store import Store
from dataworth.study.objectives import FunctionObjective
from dataworth.study.resolved import ResolvedStudy


class ReturnedMetrics:
    """Checks the metrics of functions against the study's, with the first run of each function.

    A metric that the first finished run of a function lacks is most likely a wrong name, and
    every other run would lack it as well: the study ends, and the run's record is stored for the
    right name. A metric that only a later run lacks fails that run.

    Parameters
    ----------
    study : ResolvedStudy
    store : Store
        Runs that are finished in it are checked at once, so that nothing more is trained.

    Raises
    ------
    StudyError
        As for `check`.
    """

    def __init__(self, study: ResolvedStudy, store: Store) -> None:
        metric = study.metric
        self._name = metric.name if isinstance(metric, Metric) else metric
        self._unchecked = set()
        self._functions = set()
        for model, objective in study.objectives.items():
            if not isinstance(objective, FunctionObjective):
                continue
            self._functions.add(model)
            values = store.table(learner=model).values
            found = [name for name, column in values.items() if not np.isnan(column).all()]
            if found:
                self._check_names(model, found)
            else:
                self._unchecked.add(model)

    def checked(self, record: Record) -> Record:
        """A finished run's record; a failed one if the run lacks a metric that others have."""
        model = record.key.learner
        is_there = self._name is None or self._name in record.scores
        if model not in self._functions or model in self._unchecked or is_there:
            return record
        reason = f"the model {model} returned {', '.join(record.scores)} without {self._name}"
        return replace(record, scores={}, failure=Failure("error", reason))

    def check(self, record: Record) -> None:
        """Check the first finished run of a function, once it is stored.

        Raises
        ------
        StudyError
            If it lacks the study's metric, or has several of which the study names none.
        """
        model = record.key.learner
        if record.failure is None and model in self._unchecked:
            self._check_names(model, list(record.scores))
            self._unchecked.remove(model)

    def _check_names(self, model: str, found: list[str]) -> None:
        returned = f"the model {model} returned the metrics {', '.join(found)}"
        if self._name is None and "loss" not in found and len(found) > 1:
            raise StudyError(
                f"{returned}. Say which one the curve is of: Study(metric=...) or --metric. The "
                "run is stored.",
                code="metric-unclear",
                metrics=found,
            )
        if self._name is not None and self._name not in found:
            raise StudyError(
                f"{returned}, and the study's metric is {self._name}. Choose one of them with "
                "Study(metric=...) or --metric, or let the function return it. The run is stored.",
                code="unknown-metric",
                metrics=found,
            )
