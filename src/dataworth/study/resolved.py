"""Experiment: what all runs of a study share, and how one of them is done."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from dataworth.data.dataset import Dataset
from dataworth.data.subsets import Method, Rows, Split, subset_rows, validation_split
from dataworth.learners.base import Budget, Checkpoints, Learner, Task, Trained, Watch
from dataworth.metrics import classification as metrics
from dataworth.records.record import PROTOCOL, Record, RunKey, run_key
from dataworth.reproductions.emnist_paper import Mistakes, clipped_loss
from dataworth.study.history import columns_of

_BLOCK_ROWS = 32_768
_METRICS = ("loss", "accuracy", "macro_f1", "brier", "ece")


@dataclass(frozen=True, eq=False)
class Experiment:
    """A study whose data and learner are at hand.

    Attributes
    ----------
    dataset : Dataset
        As the learner gets it (after mistakes made on purpose).
    split : Split
        The held-out samples, fixed for all runs.
    learner : Learner
    budget : Budget
    subset : {"nested", "prefix"}
    sizes, seeds : tuple of int
    mistakes : Mistakes
    """

    dataset: Dataset
    split: Split
    learner: Learner
    budget: Budget
    subset: Method
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    mistakes: Mistakes = field(default_factory=Mistakes)

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """All that determines the figures of a run besides its size and seed (JSON values)."""
        return {
            "protocol": PROTOCOL,
            "data": self.dataset.fingerprint,
            "held_out": len(self.split.y_test),
            "learner": dict(self.learner.identity(self.dataset.shape, self.dataset.classes)),
            "budget": asdict(self.budget),
            "subset": self.subset,
            "mistakes": self.mistakes.to_dict(),
        }

    @cached_property
    def model_scales(self) -> Mapping[str, float]:
        """Factors of the layers that make the features small once more, by the layer's name.

        None are known of a learner that does not tell.
        """
        tell: Callable[..., Mapping[str, float]] | None = getattr(
            self.learner, "input_scales", None
        )
        return {} if tell is None else tell(self.dataset.shape, self.dataset.classes)

    def runs(self) -> list[RunKey]:
        """Every (size, seed) asked for, sizes rising."""
        return [
            RunKey(self.learner.name, size, seed, run_key(self.identity, size, seed))
            for size in self.sizes
            for seed in self.seeds
        ]

    def work(self, run: RunKey) -> int:
        """Samples that a run passes through training, at most."""
        if self.budget.steps is not None:
            return self.budget.steps * min(self.budget.batch_size, run.size)
        return self.budget.epochs * run.size

    def perform(
        self, run: RunKey, *, watch: Watch | None = None, checkpoints: Checkpoints | None = None
    ) -> Record:
        """Train one run and score it on the held-out samples."""
        labels = self.dataset.y_train
        rows = subset_rows(labels, self.split.rows, run.size, seed=run.seed, method=self.subset)
        task = self._task(run, rows)
        trained = self.learner.train(task, watch=watch, checkpoints=checkpoints)
        scored = self._score(trained, rows)
        history = columns_of(trained.history)
        scores = {name: getattr(scored, name) for name in _METRICS}
        if history:
            scores["train_loss"] = float(history["loss"][-1])
        return Record(
            run,
            scores,
            history=history,
            facts={"parameters": float(trained.parameters)},
            arrays={"confusion": scored.confusion, "class_losses": scored.class_losses},
            seconds=float(history["seconds"].sum()) if history else math.nan,
        )

    def _task(self, run: RunKey, rows: Rows) -> Task:
        validation = np.empty(0, np.int64)
        if self.budget.patience is not None:
            rows, validation = validation_split(self.dataset.y_train, rows, seed=run.seed)
        return Task(
            x=self.dataset.x_train,
            y=self.dataset.y_train,
            rows=rows,
            validation_rows=validation,
            outputs=self.dataset.classes,
            seed=run.seed,
            budget=self.budget,
            scale=self.dataset.scale or 1.0,
            loss="clipped" if self.mistakes.clipped_loss else "crossentropy",
        )

    def _score(self, trained: Trained, rows: Rows) -> metrics.Scores:
        if self.mistakes.loss_on_training_rows:
            seen = np.sort(rows)
            blocks = [seen[i : i + _BLOCK_ROWS] for i in range(0, len(seen), _BLOCK_ROWS)]
            logits = np.concatenate([trained.logits(self.dataset.x_train[b]) for b in blocks])
            labels = self.dataset.y_train[seen]
        else:
            logits, labels = trained.logits(self.split.x_test), self.split.y_test
        scores = metrics.score(logits, labels)
        if self.mistakes.clipped_loss:
            return replace(scores, loss=clipped_loss(logits, labels))
        return scores
