"""What a learner is: something that is trained on rows of a data set and then gives logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
"""A learner's whole state at the end of an epoch, flat: what a checkpoint holds."""


@dataclass(frozen=True)
class Budget:
    """How long a run trains.

    Attributes
    ----------
    epochs : int
        Passes over the subset; an upper bound with `patience`.
    steps : int, optional
        Optimizer steps in all; replaces `epochs`, so that every size gets the same compute.
    batch_size : int
        Samples per optimizer step.
    patience : int, optional
        Stop after so many epochs without a lower validation loss, and keep the best weights.
        The validation part is taken out of the subset by the runner.
    """

    epochs: int = 10
    steps: int | None = None
    batch_size: int = 128
    patience: int | None = None


@dataclass(frozen=True)
class Task:
    """One run's work: everything that a learner may look at.

    Attributes
    ----------
    x : ndarray, shape (pool, ...)
        All samples, ``uint8`` or ``float32``, often memory-mapped; never copied whole.
    y : ndarray of int64, shape (pool,)
        Class indices.
    rows : ndarray of int64, shape (n,)
        Rows of `x` to train on.
    validation_rows : ndarray of int64, shape (m,)
        Rows for early stopping; empty without `Budget.patience`.
    outputs : int
        Number of output columns (classes).
    scale : float
        Features are multiplied by this as they are read.
    seed : int
        Every random choice of the run (weights, order, dropout) derives from it.
    budget : Budget
    loss : str
        "crossentropy" (from logits), or "clipped": Keras' categorical cross-entropy of clipped
        probabilities, which the as-published study needs.
    """

    x: NDArray[Any]
    y: NDArray[np.int64]
    rows: NDArray[np.int64]
    outputs: int
    seed: int
    budget: Budget = field(default_factory=Budget)
    scale: float = 1.0
    validation_rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    loss: str = "crossentropy"


@dataclass(frozen=True)
class Epoch:
    """What is known at the end of an epoch. Losses in nats per sample, time in seconds."""

    number: int
    steps: int
    samples: int
    """Samples trained on in this epoch."""
    loss: float
    """Mean training loss over the epoch's samples, as seen before each step."""
    seconds: float
    validation_loss: float | None = None


class Checkpoints(Protocol):
    """Where a learner leaves its state at the end of an epoch, and finds it again."""

    def load(self) -> tuple[Sequence[Epoch], Arrays] | None:
        """The epochs done and the state after them, or None for a fresh start."""

    def save(self, history: Sequence[Epoch], state: Arrays) -> None:
        """Keep the state after ``history[-1]``. May be called after every epoch."""


class Watch(Protocol):
    """Who is told of progress. May raise to stop the run (after the epoch's checkpoint)."""

    def __call__(self, epoch: Epoch, epochs: int) -> None:
        """`epoch` of `epochs` is done."""


class Trained(Protocol):
    """A trained model."""

    history: Sequence[Epoch]
    parameters: int
    """Number of trainable weights."""

    def logits(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Unnormalised log-probabilities, shape (len(x), outputs), of raw (unscaled) features."""


class Learner(Protocol):
    """What a study trains."""

    name: str

    def identity(self, shape: tuple[int, ...], outputs: int) -> Mapping[str, Any]:
        """All that determines the result besides the task (JSON values); part of a run's key.

        What a user's function builds is known only for a sample's `shape` and a number of
        `outputs`. A learner that does not fit the data says so here, before anything is trained.
        """

    def train(
        self, task: Task, *, watch: Watch | None = None, checkpoints: Checkpoints | None = None
    ) -> Trained:
        """Train on ``task.rows``; the same task gives the same figures, to the bit."""
