"""`KerasTrainer`: one network in training by the compiled program."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.data.passes import Samples
from dataworth.learners.base import FitRequest
from dataworth.learners.keras.program import Program, Weights
from dataworth.learners.standardize import Standardization
from dataworth.records.run import State


class KerasTrainer:
    """The weights of a network, and the program that trains them on the rows of a data set.

    Parameters
    ----------
    program : Program
    weights : Weights
        Before the first step; the first step overwrites them.
    x : Samples
    y : ndarray, shape (n,)
        Labels (int64), or values (float32) as the network is trained on them.
    loss_unit : float
        What a loss is multiplied by; see `ScaledTargets`.
    standardization : Standardization, optional
        Of the features.
    """

    def __init__(
        self,
        program: Program,
        weights: Weights,
        x: Samples,
        y: NDArray[Any],
        loss_unit: float,
        standardization: Standardization | None,
    ) -> None:
        self._program = program
        self.weights = weights
        self._x, self._y, self._loss_unit = x, y, loss_unit
        self._standardization = standardization

    def prepare(self, order: NDArray[np.int64]) -> None:
        """Begin what must be done before the rows of a later epoch can be read."""
        self._x.prepare(order)

    def train(self, order: NDArray[np.int64], batch_size: int) -> float:
        """Make a step for each batch; return the mean loss over samples, before each step."""
        self.weights, loss = self._program.epoch(
            self.weights, self._x, self._y, order, batch_size, self._standardization
        )
        return loss * self._loss_unit

    def loss(self, rows: NDArray[np.int64]) -> float:
        """Mean loss over `rows`, without training."""
        outputs = self._program.logits(self.weights, self._x, rows, self._standardization)
        return self._program.loss(outputs, self._y[rows]) * self._loss_unit

    def state(self) -> State:
        """All arrays of the weights and the optimizer."""
        import jax

        leaves = jax.tree.leaves(self.weights)
        return {f"{index}": np.asarray(value) for index, value in enumerate(leaves)}

    def fits(self, state: State) -> bool:
        """Whether `state` has arrays of the same shapes and types."""
        return _layout(state) == _layout(self.state())

    def load(self, state: State) -> None:
        """Resume from a state of this network."""
        import jax
        import jax.numpy as jnp

        leaves, structure = jax.tree.flatten(self.weights)
        values: list[Any] = [jnp.array(state[f"{index}"]) for index in range(len(leaves))]
        self.weights = jax.tree.unflatten(structure, values)


def samples_of(request: FitRequest) -> Dataset:
    """The data set whose rows are trained on: the program reads batches of its arrays."""
    assert isinstance(request.train.data, Dataset), "row numbers alone are refused before any run"
    return request.train.data


def _layout(arrays: State) -> dict[str, tuple[Any, ...]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}
