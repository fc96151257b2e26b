"""`KerasLearner`, which trains any Keras model with the compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.learners.base import Checkpoints, Epoch, Learner, Task, Trained, Watch
from dataworth.learners.keras import training
from dataworth.learners.keras.backend import seeded
from dataworth.learners.keras.network import Build, Network
from dataworth.learners.keras.program import Program, Weights, fresh_weights


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


class TrainedNetwork:
    """A trained Keras model: its final weights and the history of its training."""

    def __init__(self, program: Program, weights: Weights, history: Sequence[Epoch]) -> None:
        self.history = history
        self.parameters = sum(int(np.prod(value.shape)) for value in weights.trainable)
        self._program = program
        self._weights = weights

    def logits(self, x: NDArray[Any]) -> NDArray[np.float32]:
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
    """

    def __init__(
        self,
        name: str,
        build: Build,
        describe: Describe,
        learning_rate: float,
        again: Callable[[], Learner],
    ) -> None:
        self.name = name
        self._build = build
        self._describe = cache(describe)
        self._learning_rate = learning_rate
        self._again = again
        self._programs: dict[tuple[Any, ...], Program] = {}

    def __reduce__(self) -> tuple[Callable[[], Learner], tuple[()]]:
        # Compiled programs cannot be pickled, so another process makes the learner again.
        return self._again, ()

    def identity(self, shape: tuple[int, ...], outputs: int) -> Mapping[str, Any]:
        """Everything but the task that determines the result (JSON values); part of a run's key.

        Raises
        ------
        StudyError
            If the model does not fit samples of `shape` and `outputs` classes.
        """
        return {
            "learner": "keras",
            **self._describe(shape, outputs).identity,
            "optimizer": "adam",
            "learning_rate": self._learning_rate,
        }

    def input_scales(self, shape: tuple[int, ...], outputs: int) -> Mapping[str, float]:
        """Factors of the layers that scale the features down again, by the name of the layer.

        Raises
        ------
        StudyError
            If the model does not fit samples of `shape` and `outputs` classes.
        """
        return self._describe(shape, outputs).input_scales

    def train(
        self, task: Task, *, watch: Watch | None = None, checkpoints: Checkpoints | None = None
    ) -> Trained:
        """Train on ``task.rows``; the same task gives the same result, to the bit.

        Raises
        ------
        StudyError
            If the model does not fit the data, or the budget is not possible.
        """
        shape = tuple(task.x.shape[1:])
        with seeded(task.seed):
            network = Network(self._build, shape, task.outputs)
        key = (shape, task.outputs, task.scale, task.loss)
        if key not in self._programs:
            self._programs[key] = Program(network, task.scale, task.loss, self._learning_rate)
        program = self._programs[key]
        weights, history = training.train(
            program, fresh_weights(network), task, watch=watch, checkpoints=checkpoints
        )
        return TrainedNetwork(program, weights, history)
