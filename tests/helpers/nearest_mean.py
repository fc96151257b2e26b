"""A learner in plain NumPy: the class whose mean is nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.learners.base import FitRequest
from dataworth.records.run import History, RunContext
from dataworth.tasks.base import Task


@dataclass(frozen=True)
class Means:
    means: NDArray[np.float64]
    spread: float
    history: History = field(default_factory=dict)

    @property
    def facts(self) -> Mapping[str, float]:
        return {"parameters": self.means.size}

    def predict(self, x: NDArray[Any]) -> NDArray[np.float32]:
        away = x.reshape(len(x), 1, -1) - self.means
        return np.asarray(-np.square(away).sum(axis=2) / self.spread, np.float32)


class NearestMean:
    name = "nearest mean"

    def identity(self, data: Any, task: Task) -> Mapping[str, Any]:
        return {"learner": self.name}

    def fit(self, request: FitRequest, context: RunContext) -> Means:
        x = request.train.x.reshape(len(request.train), -1).astype(np.float64)
        y, classes = request.train.y, len(request.task.class_names)  # type: ignore[attr-defined]
        context.report(1, 1)
        # A class without samples is the farthest of all.
        of_class = [x[y == each] for each in range(classes)]
        means = [each.mean(axis=0) if len(each) else np.full(x.shape[1], 1e6) for each in of_class]
        spread = float(np.square(x - np.array(means)[y]).sum(axis=1).mean())
        return Means(np.array(means), spread or 1.0)
