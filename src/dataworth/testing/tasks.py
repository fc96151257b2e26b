"""The conformance suite of tasks."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataError
from dataworth.tasks.base import Task


@dataclass(frozen=True, eq=False)
class TaskCase:
    """A task, and targets with predictions for them.

    Attributes
    ----------
    task : Task
    targets : sequence
        Targets as a user gives them, ten or more, of several values.
    prediction : ndarray of float, shape (n,) or (n, columns)
        A prediction for each target in the form of ``task.output``; not perfect.
    """

    task: Task
    targets: Any
    prediction: NDArray[Any]


TaskCheck = Callable[[TaskCase], None]


def check_task_has_all_members(case: TaskCase) -> None:
    """The task has a kind, a known output, and one or more metrics, each once."""
    assert isinstance(case.task, Task)
    assert isinstance(case.task.kind, str)
    assert case.task.kind
    assert case.task.output in ("logits", "label_logits", "values")
    assert case.task.metrics
    assert len(set(case.task.metrics)) == len(case.task.metrics)


def check_targets_are_encoded_one_by_one(case: TaskCase) -> None:
    """Encoding gives one value for each target, the same for the same target, in any order."""
    encoded = case.task.encode(case.targets)
    assert encoded.shape[:1] == (len(case.targets),)
    assert encoded.dtype != object
    backwards = case.task.encode(case.targets[::-1])
    assert np.array_equal(encoded, backwards[::-1])


def check_a_missing_target_is_refused_with_its_row(case: TaskCase) -> None:
    """A None among the targets is a `DataError` whose message names the row."""
    targets = list(case.targets)
    targets[7] = None
    message = ""
    try:
        case.task.encode(targets)
    except DataError as error:
        message = str(error)
    assert "row 7" in message


def check_strata_are_class_indices(case: TaskCase) -> None:
    """Strata are None, or a whole number from 0 on for each target."""
    encoded = case.task.encode(case.targets)
    strata = case.task.strata(encoded)
    if strata is not None:
        assert strata.shape == (len(encoded),)
        assert strata.dtype == np.int64
        assert strata.min() >= 0


def check_identity_is_stable_json(case: TaskCase) -> None:
    """The identity consists of JSON values, and names the kind."""
    identity = dict(case.task.identity())
    assert json.loads(json.dumps(identity)) == identity
    assert identity["kind"] == case.task.kind
    assert dict(case.task.identity()) == identity


def check_scores_have_the_names_of_the_metrics(case: TaskCase) -> None:
    """A prediction is scored in every metric, by floats that are finite."""
    scores = _scores(case)
    assert sorted(scores) == sorted(case.task.metrics)
    assert all(type(value) is float and math.isfinite(value) for value in scores.values())


def check_the_order_of_samples_does_not_matter(case: TaskCase) -> None:
    """Scores are the same, up to rounding, in any order of the samples."""
    backwards = TaskCase(case.task, case.targets[::-1], case.prediction[::-1])
    for name, value in _scores(case).items():
        assert math.isclose(value, _scores(backwards)[name], rel_tol=1e-9, abs_tol=1e-12), name


def check_a_prediction_that_is_not_finite_has_no_score(case: TaskCase) -> None:
    """With a NaN in the prediction the first metric is NaN, without an error."""
    prediction = np.array(case.prediction)
    prediction[0] = np.nan
    encoded = case.task.encode(case.targets)
    scored = case.task.score(prediction, encoded)
    assert math.isnan(scored.scores[case.task.metrics[0]])


def check_chance_is_finite(case: TaskCase) -> None:
    """Chance is given by metrics of the task, with the first among them, and finite."""
    chance = case.task.chance(case.task.encode(case.targets))
    assert case.task.metrics[0] in chance
    assert set(chance) <= set(case.task.metrics)
    assert all(type(value) is float and math.isfinite(value) for value in chance.values())


def check_task_survives_pickling(case: TaskCase) -> None:
    """A task sent to another process gives the same scores."""
    again: Task = pickle.loads(pickle.dumps(case.task))
    assert dict(again.identity()) == dict(case.task.identity())
    assert _scores(TaskCase(again, case.targets, case.prediction)) == _scores(case)


def _scores(case: TaskCase) -> dict[str, float]:
    return case.task.score(case.prediction, case.task.encode(case.targets)).scores


TASK_CHECKS: tuple[TaskCheck, ...] = (
    check_task_has_all_members,
    check_targets_are_encoded_one_by_one,
    check_a_missing_target_is_refused_with_its_row,
    check_strata_are_class_indices,
    check_identity_is_stable_json,
    check_scores_have_the_names_of_the_metrics,
    check_the_order_of_samples_does_not_matter,
    check_a_prediction_that_is_not_finite_has_no_score,
    check_chance_is_finite,
    check_task_survives_pickling,
)
"""What every task must pass."""
