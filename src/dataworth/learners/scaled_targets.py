"""Targets of a regression as networks are trained on them: standardised on the subset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import View
from dataworth.tasks.base import Task


@dataclass(frozen=True, eq=False)
class ScaledTargets:
    """Mean and standard deviation of the targets of a run's subset.

    Attributes
    ----------
    mean, deviation : float
        In the unit of the targets; the deviation is 1 where all targets are equal.
    loss_unit : float
        What a loss of standardised targets is multiplied by to be in the unit of the targets, or
        in its square for a squared error.
    """

    mean: float
    deviation: float
    loss_unit: float

    @classmethod
    def of(cls, task: Task, train: View) -> ScaledTargets:
        """The targets of a subset; those of classes stay as they are."""
        if task.kind == "classification":
            return cls(0.0, 1.0, 1.0)
        targets = train.y
        mean, deviation = float(targets.mean()), float(targets.std()) or 1.0
        power = 1 if getattr(task, "quantiles", ()) else 2
        return cls(mean, deviation, deviation**power)

    def scaled(self, y: NDArray[Any]) -> NDArray[np.float32]:
        """Targets without their mean, in standard deviations."""
        return ((y - self.mean) / self.deviation).astype(np.float32)

    def restored(self, found: Any) -> Any:
        """What a network returns, an array of any library, in the unit of the targets."""
        if self.deviation == 1.0 and not self.mean:
            return found
        return found * self.deviation + self.mean


def outputs_of(task: Task, classes: int) -> int | None:
    """How many columns a network has to return; None of a task that networks are not made for."""
    if task.kind == "classification":
        return classes
    if task.kind == "regression":
        return len(getattr(task, "quantiles", ())) or 1
    return None
