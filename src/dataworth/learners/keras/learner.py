"""`KerasLearner`, which trains any Keras model with the compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.data.passes import InPlace, open_samples
from dataworth.errors import StudyError
from dataworth.learners.base import OPTIONS, FitRequest
from dataworth.learners.keras.backend import seeded
from dataworth.learners.keras.compile_time import compile_seconds
from dataworth.learners.keras.losses import CROSSENTROPY, loss_of
from dataworth.learners.keras.network import Build, Network
from dataworth.learners.keras.optimizer import DEFAULT, Adam, KerasUpdates, Recipe, Updates
from dataworth.learners.keras.program import Program, Weights
from dataworth.learners.keras.stored_programs import publish_programs
from dataworth.learners.keras.trainer import KerasTrainer, samples_of
from dataworth.learners.scaled_targets import ScaledTargets, outputs_of
from dataworth.learners.standardize import Standardization
from dataworth.learners.training import train
from dataworth.records.record import COMPILE_SECONDS
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
    standardizes : bool
        Whether real-valued features are standardised unless `standardize` says otherwise.
    is_constrained : bool
        Whether a weight has a constraint.
    """

    identity: Mapping[str, Any]
    input_scales: Mapping[str, float]
    standardizes: bool = False
    is_constrained: bool = False


Describe = Callable[[tuple[int, ...], int, bool], Description]
"""Called with the shape of one sample, the number of outputs, and whether they are values."""


class KerasPredictor:
    """A trained Keras model.

    Attributes
    ----------
    facts : mapping of str to float
        ``"parameters"``, the number of trainable weights, ``"train_loss"``, the mean training
        loss of the last epoch, ``"compile_seconds"``, the time of the run in which JAX compiled,
        and what `dataworth.learners.training.train` knows.
    history : mapping of str to ndarray of float64
        One row per epoch; see `dataworth.learners.training.train`.
    """

    def __init__(
        self,
        program: Program,
        weights: Weights,
        history: History,
        facts: Mapping[str, float],
        targets: ScaledTargets,
        standardization: Standardization | None,
    ) -> None:
        self.history = history
        parameters = sum(int(np.prod(value.shape)) for value in weights.trainable)
        train_loss = float(history["loss"][-1])
        self.facts = {"parameters": parameters, "train_loss": train_loss, **facts}
        self._program = program
        self._weights = weights
        self._targets = targets
        self._standardization = standardization

    def predict(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Unnormalised log-probabilities, or values in the unit of the targets, of raw features.

        Returns
        -------
        ndarray of float32, shape (len(x), outputs)
        """
        found = self._program.logits(
            self._weights, InPlace(x), np.arange(len(x)), self._standardization
        )
        # A worker process is killed in the end, and has compiled all that there is by now.
        publish_programs()
        restored: NDArray[np.float32] = self._targets.restored(found)
        return restored


class KerasLearner:
    """Builds a Keras model for every run, initialises it from the seed, and trains it.

    Values are trained on the squared error (quantiles: on the pinball loss) of targets that are
    standardised on the subset, and predicted in the unit of the targets.

    Parameters
    ----------
    name : str
        Name of the learner in tables.
    build : callable
        Called with the shape of one sample and the number of classes, or of columns of a
        regression; returns a ``keras.Model``.
    describe : callable
        Called once for each shape and number of outputs; returns a `Description`.
    optimizer : float or Recipe
        The learning rate of Adam, or another optimizer.
    again : callable
        Makes the same learner in another process, without arguments.
    loss : str
        "crossentropy" from logits, or "clipped" (see `dataworth.learners.keras.losses`).
    standardize : bool, optional
        Whether features are standardised on each subset. By default the presets standardise
        real-valued ones.
    """

    trains_to_the_end = True
    takes = frozenset(OPTIONS)

    def __init__(
        self,
        name: str,
        build: Build,
        describe: Describe,
        optimizer: float | Recipe,
        again: Callable[[], KerasLearner | None],
        loss: str = CROSSENTROPY,
        standardize: bool | None = None,
    ) -> None:
        self.name = name
        self._build = build
        self._describe = cache(describe)
        self._optimizer = optimizer
        self._again = again
        self._loss = loss
        self._standardize = standardize
        self._programs: dict[tuple[Any, ...], Program] = {}

    needs_arrays = True

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled programs cannot be pickled, so another process makes the learner again.
        return _made_again, (self._again, self._loss)

    def with_loss(self, loss: str) -> KerasLearner:
        """The same learner, trained on another loss of `dataworth.learners.keras.losses`."""
        return KerasLearner(
            self.name,
            self._build,
            self._describe,
            self._optimizer,
            self._again,
            loss,
            self._standardize,
        )

    def standardizes(self, data: Dataset) -> bool:
        """Whether the features of `data` are standardised on each subset."""
        if self._standardize is not None:
            return self._standardize
        return self._described(data, data.task).standardizes and data.x.dtype != np.uint8

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """Everything but the request that determines the result (JSON values); part of a run's key.

        Raises
        ------
        StudyError
            If the model does not fit the samples or the number of classes, or the task is neither
            classification nor regression.
        """
        if isinstance(self._optimizer, Recipe):
            optimizer: dict[str, Any] = {"optimizer": self._optimizer.identity()}
        else:
            optimizer = {"optimizer": DEFAULT, "learning_rate": self._optimizer}
            if self._described(data, task).is_constrained:
                # Runs of before constraints were applied have no such entry.
                optimizer["constraints"] = "after each step"
        return {
            "learner": "keras",
            **self._described(data, task).identity,
            **optimizer,
        } | ({"standardize": True} if self.standardizes(data) else {})

    def input_scales(self, data: Dataset, task: Task) -> Mapping[str, float]:
        """Factors of the layers that scale the features down, by the layer's name.

        Raises
        ------
        StudyError
            As of `identity`.
        """
        return self._described(data, task).input_scales

    def fit(self, request: FitRequest, context: RunContext) -> KerasPredictor:
        """Train on ``request.train``; the same request gives the same result, to the bit.

        Raises
        ------
        StudyError
            If the model does not fit the data, or the options are not possible.
        """
        data, task = samples_of(request), request.task
        outputs = _outputs(self.name, data, task)
        with seeded(request.seed):
            network = Network(self._build, data.shape, outputs, values=_is_of_values(task))
        targets = ScaledTargets.of(task, request.train)
        x = open_samples(data.x, _rows(request), lambda: context.folder)
        y = data.y if data.y.dtype.kind == "i" else targets.scaled(data.y)
        standardization = None
        if self.standardizes(data):
            standardization = Standardization.of(data.x, request.train.rows)
        scale = 1.0 if standardization else data.scale or 1.0
        key = (data.shape, outputs, scale, task.kind, getattr(task, "quantiles", ()))
        before = compile_seconds()
        if key not in self._programs:
            # Compiling takes seconds in which no step is done: show that the run has begun.
            context.report(0)
            loss = loss_of(task, self._loss)
            self._programs[key] = Program(network, scale, loss, self._updates(network))
        program = self._programs[key]

        def make() -> KerasTrainer:
            weights = program.fresh_weights(network)
            return KerasTrainer(program, weights, x, y, targets.loss_unit, standardization)

        with closing(x):
            trained = train(make, request, context)
        assert isinstance(trained.trainer, KerasTrainer)
        return KerasPredictor(
            program,
            trained.trainer.weights,
            trained.history,
            {**trained.facts, COMPILE_SECONDS: compile_seconds() - before},
            targets,
            standardization,
        )

    def _described(self, data: Dataset, task: Task) -> Description:
        outputs = _outputs(self.name, data, task)
        return self._describe(data.shape, outputs, _is_of_values(task))

    def _updates(self, network: Network) -> Updates:
        if isinstance(self._optimizer, Recipe):
            return KerasUpdates(self._optimizer.make(), network.model.trainable_variables)
        return Adam(self._optimizer, network.constraints)


def _made_again(again: Callable[[], KerasLearner | None], loss: str) -> KerasLearner:
    learner = again()
    assert learner is not None
    return learner.with_loss(loss)


def _rows(request: FitRequest) -> NDArray[np.int64]:
    """All rows that a run trains on or validates on."""
    validation = [] if request.validation is None else [request.validation.rows]
    return np.concatenate([request.train.rows, *validation])


def _is_of_values(task: Task) -> bool:
    return task.kind == "regression"


def _outputs(name: str, data: Dataset, task: Task) -> int:
    """How many columns a model has to end in."""
    outputs = outputs_of(task, data.classes)
    if outputs is None:
        raise StudyError(
            f'model "{name}": Keras models are trained for classification and regression, and the '
            f"task is {task.kind}. Give a function train(run).",
            code="task-not-supported",
        )
    return outputs
