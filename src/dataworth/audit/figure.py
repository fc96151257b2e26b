"""Figure: one run's reported numbers, as the audit looks at them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dataworth.curve import Curve
from dataworth.record import Record

MeasuredOn = Literal["held-out", "training"]


@dataclass(frozen=True)
class Figure:
    """The reported figures of one run.

    Attributes
    ----------
    size : int
        Number of training samples.
    seed : int
    loss : float
        The reported cross-entropy, nats per sample.
    accuracy : float, optional
        Of the same samples as `loss`.
    train_loss : float, optional
        Mean training loss of the last epoch.
    classes : int, optional
        Number of classes; chance is ``ln(classes)``.
    measured_on : {"held-out", "training"}
        Which samples `loss` was measured on.
    """

    size: int
    seed: int
    loss: float
    accuracy: float | None = None
    train_loss: float | None = None
    classes: int | None = None
    measured_on: MeasuredOn = "held-out"


def figures_of(records: Sequence[Record], meta: Mapping[str, Any]) -> list[Figure]:
    """The figures of finished runs, with what a store knows of the study (`Store.meta`)."""
    on_training = meta.get("mistakes", {}).get("loss_on_training_rows", False)
    return [
        Figure(
            size=record.run.size,
            seed=record.run.seed,
            loss=record.scores.loss,
            accuracy=record.scores.accuracy,
            train_loss=record.train_loss,
            classes=meta.get("classes"),
            measured_on="training" if on_training else "held-out",
        )
        for record in records
    ]


def figures_of_curve(curve: Curve) -> list[Figure]:
    """The figures of a loss curve, with accuracies and training losses where it has them."""
    accuracies, train_losses = curve.others.get("accuracy"), curve.others.get("train_loss")
    classes = None if curve.chance is None else round(math.exp(curve.chance))
    return [
        Figure(
            size=int(curve.samples[row]),
            seed=int(curve.seeds[row]),
            loss=float(curve.values[row]),
            accuracy=None if accuracies is None else float(accuracies[row]),
            train_loss=None if train_losses is None else float(train_losses[row]),
            classes=classes,
        )
        for row in range(len(curve))
    ]
