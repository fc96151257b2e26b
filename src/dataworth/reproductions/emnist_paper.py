"""The mistakes of a published study of EMNIST as options, to reproduce its results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.learners.base import Predictor
from dataworth.study.objectives import LearnerObjective
from dataworth.tasks.base import Scored
from dataworth.tasks.labels import LabelColumn

CLIP = 1e-7
"""``keras.config.epsilon()``: Keras clips probabilities to [1e-7, 1 - 1e-7] before the log."""

PUBLISHED: Mapping[int, float] = MappingProxyType(
    {9_000: 2.73e-6, 27_000: 1.56e-7, 80_000: 1.23e-7, 240_000: 1.198e-7, 697_931: 1.193e-7}
)
"""The published table: number of training samples of EMNIST, and the "loss" of 10 epochs.

These losses do not measure the recognition of characters: 1.1921e-7 is -log(1 - 1e-7) in float32,
the smallest clipped cross-entropy, and the losses fall to it because every target was class 0.
"""


@dataclass(frozen=True)
class Mistakes:
    """The mistakes that a study makes on purpose; none by default.

    Attributes
    ----------
    labels_divided_by_255 : bool
        The label column is scaled with the pixels; ``int(label / 255)`` is then 0 for every label
        below 255, so every target is class 0.
    first_row_lost : bool
        The first row of a file without a header is read as its header.
    outputs : int, optional
        Number of output columns, independent of the number of classes (published: 47, of bymerge).
    clipped_loss : bool
        Cross-entropy of float32 probabilities clipped to [1e-7, 1 - 1e-7] (`clipped_loss`).
    loss_on_training_rows : bool
        The reported loss is that of the training rows.
    prefix_subsets : bool
        A subset of n samples is the first n rows.
    """

    labels_divided_by_255: bool = False
    first_row_lost: bool = False
    outputs: int | None = None
    clipped_loss: bool = False
    loss_on_training_rows: bool = False
    prefix_subsets: bool = False

    def __post_init__(self) -> None:
        for key, value in asdict(self).items():
            if key == "outputs":
                if value is not None and (type(value) is not int or value < 1):
                    raise StudyError(
                        f"[mistakes] outputs = {value!r}: expected a whole number of at least 1.",
                        code="value-out-of-range",
                        option="outputs",
                        value=value,
                    )
            elif type(value) is not bool:
                raise StudyError(
                    f"[mistakes] {key} = {value!r}: expected true or false.",
                    code="wrong-type",
                    option=key,
                    value=value,
                )

    def __bool__(self) -> bool:
        return self != Mistakes()

    @classmethod
    def as_published(cls) -> Mistakes:
        """All mistakes of the published study."""
        return cls(
            labels_divided_by_255=True,
            first_row_lost=True,
            outputs=47,
            clipped_loss=True,
            loss_on_training_rows=True,
            prefix_subsets=True,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Mistakes:
        """Read the ``[mistakes]`` section of a study.

        Raises
        ------
        StudyError
            If it is not a section, a key is not a mistake, or a value has the wrong type.
        """
        if not isinstance(values, Mapping):
            raise StudyError(
                f"mistakes = {values!r}: expected a section [mistakes] with lines as "
                "first_row_lost = true.",
                code="wrong-type",
                option="mistakes",
                value=values,
            )
        known = [field.name for field in fields(cls)]
        unknown = [key for key in values if key not in known]
        if unknown:
            raise StudyError(
                f"[mistakes] {unknown[0]}: no such mistake; expected one of {', '.join(known)}.",
                code="unknown-option",
                option=unknown[0],
            )
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The active mistakes as JSON or TOML values; empty if there are none."""
        return {key: value for key, value in asdict(self).items() if value not in (None, False)}

    @property
    def section(self) -> str:
        """The section of a study file that lists the mistakes."""
        return "mistakes"

    def objective(self, objective: LearnerObjective) -> LearnerObjective:
        """The objective that makes the mistakes of training and scoring."""
        if not self:
            return objective
        values = {each.name: getattr(objective, each.name) for each in fields(LearnerObjective)}
        if self.prefix_subsets:
            values["subset"] = "prefix"
        if self.clipped_loss:
            if not hasattr(objective.learner, "with_loss"):
                raise StudyError(
                    "[mistakes] clipped_loss: only Keras models can be trained on a clipped loss.",
                    code="option-without-effect",
                )
            values["learner"] = objective.learner.with_loss("clipped")
        return MistakenObjective(mistakes=self, **values)

    def apply(self, dataset: Dataset) -> Dataset:
        """Apply the mistakes to a data set.

        The result has `outputs` class names if `outputs` is set. Its ``source`` describes the
        mistakes and has the facts that the audit needs: ``labels_as_read`` (see `LabelColumn`),
        ``rows_in_file`` and ``classes_in_file``. Features are views, not copies.

        Raises
        ------
        StudyError
            If a label has no output column, or no row is left.
        """
        if not self:
            return dataset
        if self.first_row_lost and dataset.samples < 2:
            raise StudyError(
                "[mistakes] first_row_lost: the data have one row; none is left.", code="no-rows"
            )
        start = int(self.first_row_lost)
        train, as_read = self._labels(dataset.y[start:])
        test = None if dataset.y_test is None else self._labels(dataset.y_test)[0]
        identity = json.dumps([dataset.fingerprint, self.to_dict()], sort_keys=True)
        return Dataset(
            dataset.x[start:],
            train,
            dataset.x_test,
            test,
            class_names=self._class_names(dataset),
            name=dataset.name,
            scale=dataset.scale,
            source={
                **dataset.source,
                "mistakes": self.to_dict(),
                "labels_as_read": as_read.to_mapping(),
                "rows_in_file": dataset.samples,
                "classes_in_file": dataset.classes,
            },
            known_fingerprint=hashlib.blake2b(identity.encode(), digest_size=16).hexdigest(),
        )

    def _labels(self, labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], LabelColumn]:
        read = labels / 255.0 if self.labels_divided_by_255 else labels
        targets = np.asarray(read).astype(np.int64)
        if self.outputs is not None and targets.max() >= self.outputs:
            raise StudyError(
                f"[mistakes] outputs = {self.outputs}: the labels run up to {targets.max()}, which "
                f"has no output column. Use at least {targets.max() + 1} outputs.",
                code="label-not-a-class",
            )
        return targets, LabelColumn.of(read)

    def _class_names(self, dataset: Dataset) -> tuple[str, ...]:
        count = dataset.classes if self.outputs is None else self.outputs
        unused = tuple(f"unused {index}" for index in range(dataset.classes, count))
        return dataset.class_names[:count] + unused


def clipped_loss(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Mean cross-entropy as Keras reports it: float32 softmax, clipped to [1e-7, 1 - 1e-7].

    Never below 1.1920929e-07 nats, and never above 16.118. The mean is taken in float64.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, n_classes)
    labels : ndarray of int64, shape (n,)

    References
    ----------
    ``categorical_crossentropy`` in ``keras/src/backend/jax/nn.py`` of Keras 3.
    """
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    chosen = exponentials[np.arange(len(labels)), labels] / exponentials.sum(axis=1)
    low, high = np.float32(CLIP), np.float32(1) - np.float32(CLIP)
    return float(-np.log(np.clip(chosen, low, high)).mean(dtype=np.float64))


@dataclass(frozen=True, eq=False, kw_only=True)
class MistakenObjective(LearnerObjective):
    """An objective that makes the mistakes of scoring."""

    mistakes: Mistakes

    @property
    def variant(self) -> Mapping[str, Any]:
        """The active mistakes."""
        return self.mistakes.to_dict()

    @property
    def measured_on(self) -> str:
        """The samples that are scored."""
        return "training" if self.mistakes.loss_on_training_rows else super().measured_on

    def evaluate(self, predictor: Predictor, train: View) -> Scored:
        """Score on the training rows, or with the clipped loss, if these mistakes are active."""
        on_training = self.mistakes.loss_on_training_rows
        scored_rows = View(self.data, np.sort(train.rows)) if on_training else self.split.held_out
        logits, labels = self.predict(predictor, scored_rows), scored_rows.y
        scored = self.task.score(logits, labels)
        if not self.mistakes.clipped_loss:
            return scored
        return scored._replace(scores=scored.scores | {"loss": clipped_loss(logits, labels)})
