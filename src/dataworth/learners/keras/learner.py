"""`KerasLearner`, which trains any Keras model with the compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest
from dataworth.learners.keras import training
from dataworth.learners.keras.backend import seeded
from dataworth.learners.keras.network import Build, Network
from dataworth.learners.keras.program import Program, Weights, fresh_weights
from dataworth.records.run import History, RunContext
from dataworth.tasks.base import Task


@dataclass(frozen=True)
class Description:
    """Facts about a model before training.

    Attributes
    ----------
    identity : mapping
        Everything that determines the model that its builder makes (JSON values).
    input_scales : mapping of str to float
        Names of the layers that scale the features down, with their factors.
    """

    identity: Mapping[str, Any]
    input_scales: Mapping[str, float]


Describe = Callable[[tuple[int, ...], int], Description]


class KerasPredictor:
    """A trained Keras model.

    Attributes
    ----------
    facts : mapping of str to float
        ``"parameters"``, the number of trainable weights, and ``"train_loss"``, the mean training
        loss of the last epoch.
    history : mapping of str to ndarray of float64
        One row per epoch: steps, samples, loss, seconds and, with `patience`, validation_loss.
    """

    def __init__(self, program: Program, weights: Weights, history: History) -> None:
        self.history = history
        parameters = sum(int(np.prod(value.shape)) for value in weights.trainable)
        self.facts = {"parameters": parameters, "train_loss": float(history["loss"][-1])}
        self._program = program
        self._weights = weights

    def predict(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Unnormalised log-probabilities, shape (len(x), outputs), of raw (unscaled) features."""
        return self._program.logits(self._weights, x)


class KerasLearner:
    """Builds a Keras model for every run, initialises it from the seed, and trains it.

    Parameters
    ----------
    name : str
        Name of the learner in tables.
    build : callable
        Called with the shape of one sample and the number of classes; returns a ``keras.Model``.
    describe : callable
        Called like `build`, once for each shape and number of classes; returns a `Description`.
    learning_rate : float
        Of Adam.
    again : callable
        Makes the same learner in another process, without arguments.
    loss : str
        "crossentropy" from logits, or "clipped" (see `dataworth.learners.keras.program`).
    """

    def __init__(
        self,
        name: str,
        build: Build,
        describe: Describe,
        learning_rate: float,
        again: Callable[[], KerasLearner | None],
        loss: str = "crossentropy",
    ) -> None:
        self.name = name
        self._build = build
        self._describe = cache(describe)
        self._learning_rate = learning_rate
        self._again = again
        self._loss = loss
        self._programs: dict[tuple[Any, ...], Program] = {}

    needs_arrays = True

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled programs cannot be pickled, so another process makes the learner again.
        return _made_again, (self._again, self._loss)

    def with_loss(self, loss: str) -> KerasLearner:
        """The same learner, trained on another loss of `dataworth.learners.keras.program`."""
        return KerasLearner(
            self.name, self._build, self._describe, self._learning_rate, self._again, loss
        )

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """Everything but the request that determines the result (JSON values); part of a run's key.

        Raises
        ------
        StudyError
            If the model does not fit the samples or the number of classes, or the task is not
            classification.
        """
        _check_task(self.name, task)
        return {
            "learner": "keras",
            **self._describe(data.shape, data.classes).identity,
            "optimizer": "adam",
            "learning_rate": self._learning_rate,
        }

    def input_scales(self, data: Dataset, task: Task) -> Mapping[str, float]:
        """Factors of the layers that scale the features down, by the layer's name.

        Raises
        ------
        StudyError
            If the model does not fit the samples or the number of classes, or the task is not
            classification.
        """
        _check_task(self.name, task)
        return self._describe(data.shape, data.classes).input_scales

    def fit(self, request: FitRequest, context: RunContext) -> KerasPredictor:
        """Train on ``request.train``; the same request gives the same result, to the bit.

        Raises
        ------
        StudyError
            If the model does not fit the data, or the options are not possible.
        """
        data = training.samples_of(request)
        with seeded(request.seed):
            network = Network(self._build, data.shape, data.classes)
        scale = data.scale or 1.0
        key = (data.shape, data.classes, scale)
        if key not in self._programs:
            self._programs[key] = Program(network, scale, self._loss, self._learning_rate)
        program = self._programs[key]
        weights, history = training.train(program, fresh_weights(network), request, context)
        return KerasPredictor(program, weights, history)


def _made_again(again: Callable[[], KerasLearner | None], loss: str) -> KerasLearner:
    learner = again()
    assert learner is not None
    return learner.with_loss(loss)


def _check_task(name: str, task: Task) -> None:
    if task.kind != "classification":
        raise StudyError(
            f'model "{name}": Keras models are trained for classification, and the task is '
            f"{task.kind}. Give a function train(run), or data with class labels.",
            code="task-not-supported",
        )
