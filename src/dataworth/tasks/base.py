"""What a task is: the type of problem, such as classification or regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Scored(NamedTuple):
    """The scores of one set of predictions.

    Attributes
    ----------
    scores : dict
        Figures by the metric's name; NaN where a prediction is NaN.
    arrays : dict
        Details by name, such as a confusion matrix; empty where a task has none.
    """

    scores: dict[str, float]
    arrays: dict[str, NDArray[Any]]


@runtime_checkable
class Task(Protocol):
    """The type of problem. Any object with these members is one."""

    @property
    def kind(self) -> str:
        """The name of the type: "classification", "regression", or another one."""

    @property
    def output(self) -> str:
        """What a model predicts.

        "logits": unnormalised log-probabilities of the classes; "label_logits": log-odds of each
        label; "values": values of the target.
        """

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the figures that `score` gives; the first is the learning curve's."""

    def encode(self, y: ArrayLike) -> NDArray[Any]:
        """Targets as they are stored, one for each row.

        Raises
        ------
        DataError
            If a target cannot be used; the message names the row.
        """

    def strata(self, y: NDArray[Any]) -> NDArray[np.int64] | None:
        """A class index for each encoded target, from 0 on, by which subsets are stratified.

        None if subsets are to be random.
        """

    def identity(self) -> Mapping[str, Any]:
        """All that determines the scores of given predictions, as JSON values."""

    def chance(self, y: NDArray[Any]) -> dict[str, float]:
        """The figures that a constant prediction reaches on encoded targets."""

    def score(self, prediction: NDArray[Any], y: NDArray[Any]) -> Scored:
        """Score predictions in the form of `output` against encoded targets."""
