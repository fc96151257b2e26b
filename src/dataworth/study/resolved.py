"""Experiment: what all runs of a study share, and how one of them is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from dataworth.data.base import RowNumbers
from dataworth.data.dataset import Dataset
from dataworth.data.splits import Split
from dataworth.data.subsets import SAMPLERS, Method, subset_rows, validation_split
from dataworth.learners.base import Budget, Checkpoints, Learner, Task, Trained, Watch
from dataworth.metrics import classification as metrics
from dataworth.records.record import PROTOCOL, Record, Run, run_key
from dataworth.reproductions.emnist_paper import Mistakes, clipped_loss

_BLOCK_ROWS = 32_768


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
            "held_out": len(self.split.held_out),
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

    def runs(self) -> list[Run]:
        """Every (size, seed) asked for, sizes rising."""
        return [
            Run(size, seed, run_key(self.identity, size, seed))
            for size in self.sizes
            for seed in self.seeds
        ]

    def work(self, run: Run) -> int:
        """Samples that a run passes through training, at most."""
        if self.budget.steps is not None:
            return self.budget.steps * min(self.budget.batch_size, run.size)
        return self.budget.epochs * run.size

    def perform(
        self, run: Run, *, watch: Watch | None = None, checkpoints: Checkpoints | None = None
    ) -> Record:
        """Train one run and score it on the held-out samples."""
        pool, sampler = self.split.pool.rows, SAMPLERS[self.subset]
        rows = subset_rows(self.dataset, pool, run.size, seed=run.seed, sampler=sampler)
        task = self._task(run, rows)
        trained = self.learner.train(task, watch=watch, checkpoints=checkpoints)
        return Record(run, self._score(trained, rows), trained.history, trained.parameters)

    def _task(self, run: Run, rows: RowNumbers) -> Task:
        validation = np.empty(0, np.int64)
        if self.budget.patience is not None:
            rows, validation = validation_split(self.dataset, rows, seed=run.seed)
        return Task(
            x=self.dataset.x,
            y=self.dataset.y,
            rows=rows,
            validation_rows=validation,
            outputs=self.dataset.classes,
            seed=run.seed,
            budget=self.budget,
            scale=self.dataset.scale or 1.0,
            loss="clipped" if self.mistakes.clipped_loss else "crossentropy",
        )

    def _score(self, trained: Trained, rows: RowNumbers) -> metrics.Scores:
        if self.mistakes.loss_on_training_rows:
            seen = np.sort(rows)
            blocks = [seen[i : i + _BLOCK_ROWS] for i in range(0, len(seen), _BLOCK_ROWS)]
            logits = np.concatenate([trained.logits(self.dataset.x[b]) for b in blocks])
            labels = self.dataset.y[seen]
        else:
            logits, labels = trained.logits(self.split.held_out.x), self.split.held_out.y
        scores = metrics.score(logits, labels)
        if self.mistakes.clipped_loss:
            return replace(scores, loss=clipped_loss(logits, labels))
        return scores
