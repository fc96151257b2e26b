"""The learner protocol: what is fitted on the rows of one run and then predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners.ending import Ending
from dataworth.records.run import RunContext
from dataworth.tasks.base import Task

OPTIONS = (
    *("epochs", "steps", "batch_size", "learning_rate", "patience"),
    *("standardize", "optimizer"),
)
"""The training options of a study that a learner may take."""


@dataclass(frozen=True)
class TrainingOptions:
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
    until : Ending, optional
        Train to the end by this rule; replaces `epochs`, `steps` and `patience`.
    """

    epochs: int = 10
    steps: int | None = None
    batch_size: int = 128
    patience: int | None = None
    until: Ending | None = None

    def identity(self) -> dict[str, Any]:
        """All that determines how a run is trained (JSON values)."""
        values = asdict(self)
        # Run directories of before runs were trained to the end have no such entry.
        if values["until"] is None:
            del values["until"]
            return values
        return values | {"epochs": None, "steps": None, "patience": None}


@dataclass(frozen=True)
class FitRequest:
    """What a learner gets for one run.

    Attributes
    ----------
    train : View
        The samples to train on.
    task : Task
        What a prediction is; ``task.output`` is the form that `Predictor.predict` returns.
    seed : int
        Every random choice of the run (weights, order, dropout) derives from it.
    validation : View, optional
        Samples for early stopping, where ``options.patience`` is set; they are not in `train`.
        A learner that trains to the end (``options.until``) takes parts of `train` itself.
    options : TrainingOptions
    """

    train: View
    task: Task
    seed: int
    validation: View | None = None
    options: TrainingOptions = field(default_factory=TrainingOptions)


class Predictor(Protocol):
    """A fitted model.

    Attributes
    ----------
    facts : mapping of str to float
        What is known of the fitted model, such as ``"parameters"`` (number of trainable weights)
        and ``"train_loss"`` (mean loss over the samples of the last epoch); may be empty.
    history : mapping of str to ndarray of float64
        Columns of equal length, one row per epoch; empty for a learner without epochs.
    """

    @property
    def facts(self) -> Mapping[str, float]:
        """What is known of the fitted model."""

    @property
    def history(self) -> Mapping[str, NDArray[Any]]:
        """Columns of equal length, one row per epoch."""

    def predict(self, x: Any) -> NDArray[Any]:
        """Predict in the form of ``task.output``, one row per sample of `x` (raw features)."""


class Learner(Protocol):
    """What a study fits.

    A learner is pickled to worker processes. The same request gives the same figures, to the bit,
    on the same machine. It may have two more members, see `options_of` and `metrics_of`.

    A learner with the attribute ``needs_arrays = True`` gets its samples as one array of ``uint8``
    or ``float32``, of whatever form the data are (`Dataset.as_arrays`); others get them in the
    data's own form, as ``View.x``. One with ``takes_any_gpu = False`` needs a certain GPU, so that
    workers are not given one each.
    """

    name: str

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """All that determines the result besides the request (JSON values); part of a run's key.

        Parameters
        ----------
        data : Dataset
            Its ``shape`` (of one sample) and its number of classes are known before any run.
        task : Task

        Raises
        ------
        StudyError
            If the learner does not fit the data or the task. Nothing has been trained then.
        """

    def fit(self, request: FitRequest, context: RunContext) -> Predictor:
        """Fit on ``request.train``.

        `context` takes progress and checkpoints; a learner may use neither.
        """


def options_of(learner: Learner) -> frozenset[str]:
    """The training options that have an effect: ``learner.takes``.

    All of `OPTIONS` but "standardize" and "optimizer" by default. A study refuses an option that
    none of its models takes.
    """
    return frozenset(getattr(learner, "takes", set(OPTIONS) - {"standardize", "optimizer"}))


def metrics_of(learner: Learner, task: Task) -> tuple[str, ...]:
    """The task's metrics that the learner can have: ``learner.metrics(task)``, or all of them.

    Predictions without probabilities have no loss.
    """
    find = getattr(learner, "metrics", None)
    return task.metrics if find is None else tuple(find(task))
