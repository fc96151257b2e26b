"""The figures of runs as the audit reads them, and runs grouped by size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve
from dataworth.findings import Finding, Findings
from dataworth.records.meta import checked_entry
from dataworth.records.reader import chance_of, meta_of
from dataworth.records.record import Record
from dataworth.records.store import Store

_MOST_SEEDS = 20
"""Of each size; reading the histories of thousands of runs takes seconds."""
SEVERITIES = ("error", "warning", "info")


def worst_first(findings: Sequence[Finding]) -> Findings:
    """Errors, then warnings, then what is only worth knowing; otherwise in the order given."""
    return Findings(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


_LEAST_EPOCHS = 4
MeasuredOn = Literal["held-out", "training"]


@dataclass(frozen=True)
class ReportedRun:
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
    chance : float, optional
        The loss of the best constant prediction: the entropy of the class shares.
    measured_on : {"held-out", "training"}
        Which samples `loss` was measured on.
    fall : float, optional
        The share of the training loss that the second half of a training of fixed length took.
    at_ceiling : bool
        Whether the validation loss was still falling when the training ended.
    is_trained_to_the_end : bool
        Whether the validation loss decided when the training ended.
    """

    size: int
    seed: int
    loss: float
    accuracy: float | None = None
    train_loss: float | None = None
    chance: float | None = None
    measured_on: MeasuredOn = "held-out"
    fall: float | None = None
    at_ceiling: bool = False
    is_trained_to_the_end: bool = False


def reported_runs(
    store: Store, model: str | None = None, *, of_training: bool = False
) -> list[ReportedRun]:
    """The figures of all finished runs of a run directory, or of those of one model.

    Empty where the runs have no loss, which every check needs; `of_training`, also where none has a
    training loss or shows how its training ended.

    Raises
    ------
    StudyError
        If the store cannot be read.
    """
    table, meta, where = store.table(learner=model), meta_of(store, model), str(store.path)
    metrics = checked_entry({"metrics": ["loss"], **meta}, "metrics", list, where)
    if "loss" not in table.values or "loss" not in metrics:
        return []
    endings = _endings(store, model)
    if of_training and "train_loss" not in table.values and not any(endings.values()):
        return []
    # Before format 1, only the mistakes of a reproduction recorded it.
    mistakes = checked_entry({"mistakes": {}, **meta}, "mistakes", dict, where)
    on_training = meta.get("measured_on") == "training" or mistakes.get("loss_on_training_rows")
    measured_on: MeasuredOn = "training" if on_training else "held-out"
    chance = chance_of(store, meta, "loss")
    nothing: list[float | None] = [None] * len(table)
    columns = {
        name: _known(table.values[name]) if name in table.values else nothing
        for name in ("accuracy", "train_loss")
    }
    return [
        ReportedRun(
            size=size,
            seed=seed,
            loss=loss,
            accuracy=accuracy,
            train_loss=train_loss,
            chance=chance,
            measured_on=measured_on,
            **endings.get((learner, size, seed), {}),
        )
        for learner, size, seed, loss, accuracy, train_loss in zip(
            table.learners.tolist(),
            table.samples.tolist(),
            table.seeds.tolist(),
            table.values["loss"].tolist(),
            columns["accuracy"],
            columns["train_loss"],
            strict=True,
        )
    ]


def _known(values: NDArray[np.float64]) -> list[float | None]:
    """Figures of runs; None where a run has no such figure, which tables give as NaN."""
    return [None if math.isnan(value) else value for value in values.tolist()]


def _endings(store: Store, model: str | None) -> dict[tuple[str, int, int], dict[str, Any]]:
    """How the training of each run ended; of some seeds alone where there are many."""
    return {
        (record.key.learner, record.key.size, record.key.seed): _ending(record)
        for record in store.records(learner=model, most_seeds=_MOST_SEEDS)
    }


def _ending(record: Record) -> dict[str, Any]:
    """How a training ended, as the fields of `ReportedRun`."""
    if "stopped_at_ceiling" in record.facts:
        at_ceiling = record.facts["stopped_at_ceiling"] > 0
        return {"at_ceiling": at_ceiling, "is_trained_to_the_end": True}
    losses = np.asarray(record.history.get("loss", ()), np.float64)
    validation = np.asarray(record.history.get("validation_loss", ()), np.float64)
    if np.isfinite(validation).any():
        at_ceiling = int(np.nanargmin(validation)) == len(validation) - 1
        return {"at_ceiling": at_ceiling, "is_trained_to_the_end": True}
    if len(losses) < _LEAST_EPOCHS or not (np.isfinite(losses).all() and (losses > 0).all()):
        return {}
    # Single epochs of small subsets scatter.
    window, half = max(1, len(losses) // 10), len(losses) // 2
    middle, end = losses[half - window : half].mean(), losses[-window:].mean()
    return {"fall": float(1 - end / middle)}


def reported_runs_of_curve(curve: Curve) -> list[ReportedRun]:
    """The figures of a loss curve, with accuracies and training losses where it has them."""
    nothing: list[float | None] = [None] * len(curve)
    accuracies, train_losses = (
        _known(curve.others[name]) if name in curve.others else nothing
        for name in ("accuracy", "train_loss")
    )
    return [
        ReportedRun(
            size=int(curve.samples[row]),
            seed=int(curve.seeds[row]),
            loss=float(curve.values[row]),
            accuracy=accuracies[row],
            train_loss=train_losses[row],
            chance=curve.chance,
        )
        for row in range(len(curve))
    ]


@dataclass(frozen=True, eq=False)
class Group:
    """The losses of all runs of one size, positive and finite."""

    size: int
    seeds: tuple[int, ...]
    losses: NDArray[np.float64]

    @property
    def logs(self) -> NDArray[np.float64]:
        """Log losses: their spread over seeds is about the same at every size."""
        return np.log(self.losses)


def groups_of(figures: Sequence[ReportedRun]) -> list[Group]:
    """The runs by size, sizes rising; without losses that have no logarithm."""
    usable = [f for f in figures if math.isfinite(f.loss) and f.loss > 0]
    by_size: dict[int, list[ReportedRun]] = {}
    for figure in sorted(usable, key=lambda f: (f.size, f.seed)):
        by_size.setdefault(figure.size, []).append(figure)
    return [
        Group(size, tuple(f.seed for f in runs), np.array([f.loss for f in runs], np.float64))
        for size, runs in by_size.items()
    ]
