"""What every task must do; a user's own among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from dataworth.data.dataset import Dataset
from dataworth.data.splits import split
from dataworth.tasks.base import Scored
from dataworth.tasks.classification import Classification
from dataworth.tasks.multilabel import Multilabel
from dataworth.tasks.regression import Regression, values_of
from dataworth.testing.tasks import TASK_CHECKS, TaskCase, TaskCheck


class Durations:
    """A user's own task: times to an event, scored by the error of their logarithm."""

    kind = "durations"
    output = "values"
    metrics = ("log_error",)

    def encode(self, y: ArrayLike) -> NDArray[Any]:
        return np.log(values_of(y, "y"))

    def strata(self, y: NDArray[Any]) -> None:
        return None

    def identity(self) -> Mapping[str, Any]:
        return {"kind": self.kind}

    def chance(self, y: NDArray[Any]) -> dict[str, float]:
        return {"log_error": float(np.abs(y - np.median(y)).mean())}

    def score(self, prediction: NDArray[Any], y: NDArray[Any]) -> Scored:
        return Scored({"log_error": float(np.abs(prediction - y).mean())}, {})


RANDOM = np.random.default_rng(0)
NAMES = list("abcab") * 8
VALUES = [round(float(value), 3) for value in RANDOM.lognormal(size=40)]
COLUMNS = np.sort(RANDOM.normal(size=(40, 3)), axis=1)
LABELS = RANDOM.integers(0, 2, size=(40, 3)).tolist()

CASES = {
    "classes": TaskCase(
        Classification(("a", "b", "c")), NAMES, RANDOM.normal(size=(40, 3)).astype(np.float32)
    ),
    "values": TaskCase(Regression(), VALUES, RANDOM.normal(size=40)),
    "values in a column": TaskCase(Regression(), VALUES, RANDOM.normal(size=(40, 1))),
    "quantiles": TaskCase(Regression((0.05, 0.5, 0.95)), VALUES, COLUMNS),
    "quantiles without the median": TaskCase(Regression((0.1, 0.2, 0.9)), VALUES, COLUMNS),
    "labels": TaskCase(Multilabel(), LABELS, RANDOM.normal(size=(40, 3))),
    "of a user": TaskCase(Durations(), VALUES, RANDOM.normal(size=40)),
}


@pytest.mark.parametrize("check", TASK_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", CASES)
def test_task(name: str, check: TaskCheck) -> None:
    check(CASES[name])


def test_data_take_a_task_of_the_user() -> None:
    data = Dataset(np.ones((40, 2)), VALUES, np.ones((2, 2)), [1.0, np.e], task=Durations())
    assert data.task.kind == "durations"
    assert data.classes == 0
    np.testing.assert_allclose(data.y, np.log(VALUES))
    np.testing.assert_allclose(split(data).held_out.y, [0.0, 1.0], rtol=1e-15)
