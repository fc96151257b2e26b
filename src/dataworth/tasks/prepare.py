"""From targets as they were given to a task and encoded targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError
from dataworth.tasks.base import Task
from dataworth.tasks.classification import Classification
from dataworth.tasks.kinds import KINDS
from dataworth.tasks.labels import class_indices
from dataworth.tasks.multilabel import Multilabel
from dataworth.tasks.regression import Regression, values_of


def prepare(
    task: Task | str | None,
    y: ArrayLike,
    y_test: ArrayLike | None,
    class_names: Sequence[str] | None,
) -> tuple[Task, NDArray[Any], NDArray[Any] | None]:
    """The task of a data set, and its targets as the task stores them.

    Parameters
    ----------
    task : Task or {"classification", "regression", "multilabel"}, optional
        Classification by default, if the targets look like classes.
    y, y_test : array_like
        Targets of the samples, and of the official held-out samples.
    class_names : sequence of str, optional
        Names of the classes, for classification alone.

    Raises
    ------
    DataError
        If a target cannot be used, or the task is none.
    """
    if task == "multilabel":
        task = Multilabel()
    if isinstance(task, str) and task not in KINDS:
        raise DataError(
            f"task = {task!r}: expected one of {', '.join(KINDS)}, multilabel, or a Task.",
            code="unknown-choice",
        )
    if task is None or task == "classification" or isinstance(task, Classification):
        if class_names is None and isinstance(task, Classification) and task.class_names:
            class_names = task.class_names
        labels, held_labels, names = class_indices(
            y, y_test, class_names, numbers_are_classes=task is not None
        )
        return Classification(names), labels, held_labels
    if class_names is not None:
        raise DataError(
            f"class_names were given, and task = {task!r} has no classes.", code="options-conflict"
        )
    regression = regression_of(task)
    if regression is not None:
        held_values = None if y_test is None else values_of(y_test, "y_test")
        return regression, values_of(y, "y"), held_values
    if not isinstance(task, Task):
        raise DataError(
            f"task = {task!r}: expected one of {', '.join(KINDS)}, or an object with the members "
            "of dataworth.tasks.Task.",
            code="unknown-choice",
        )
    held_targets = None if y_test is None else np.asarray(task.encode(y_test))
    return task, np.asarray(task.encode(y)), held_targets


def regression_of(task: Task | str | None) -> Regression | None:
    """The task as a regression, if it is one."""
    if task == "regression":
        return Regression()
    return task if isinstance(task, Regression) else None
