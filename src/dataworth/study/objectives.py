"""Objectives: how one run is done, from its key to its record."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from dataworth._util.machine import available_memory
from dataworth._util.threads import threads_limited
from dataworth.data.base import RowNumbers, View
from dataworth.data.dataset import Dataset
from dataworth.data.features import bytes_of, is_elsewhere
from dataworth.data.rows import Rows
from dataworth.data.splits import Split
from dataworth.data.subsets import SAMPLERS, Count, subset_rows, validation_split
from dataworth.errors import StudyError
from dataworth.execution.base import Context
from dataworth.learners.base import (
    FitRequest,
    Learner,
    Predictor,
    TrainingOptions,
    metrics_of,
    options_of,
)
from dataworth.learners.function import RunModel
from dataworth.learners.sklearn.scoring import Scoring
from dataworth.records.record import PROTOCOL, Record, RunKey
from dataworth.records.run import Run, RunContext
from dataworth.study.protocol import Protocol
from dataworth.tasks.base import Scored, Task

TRAIN_LOSS = "train_loss"
PREDICTED_ROWS = 16_384
"""A multiple of the blocks that networks are applied to, so that predictions are the same."""
_no_rows: RowNumbers = np.empty(0, np.int64)


class StudyObjective(Interface):
    """What a study needs of an objective; it is pickled to worker processes."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that determines the figures of a run besides its size and seed (JSON values)."""

    def work(self, key: RunKey) -> int:
        """Samples that a run passes through training, at most."""

    def chance(self) -> Mapping[str, float]:
        """Values of metrics without a model, by the metric's name."""

    def __call__(self, key: RunKey, context: RunContext) -> Record:
        """Do one run."""


@dataclass(frozen=True, eq=False)
class LearnerObjective:
    """Fits a learner on a subset of a data set, and scores it on the held-out samples.

    Attributes
    ----------
    data : Dataset
    split : Split
        The held-out samples, the same for all runs.
    subset : {"nested", "prefix"}
        Which sampler orders the pool; a subset of n samples is the first n.
    task : Task
    learner : Learner
    options : TrainingOptions
    count : {"rows", "groups"}
        What a size counts.
    at_least : int
        Rows of each class in every subset.
    scoring : Scoring, optional
        Scorers besides the metrics of the task.
    protocol : Protocol
        Seeds, validation rows, and settings that change with the size.
    at_size : mapping of int to LearnerObjective
        How a run of each size is done, where settings change with it.
    """

    data: Dataset
    split: Split
    subset: str
    task: Task
    learner: Learner
    options: TrainingOptions
    count: Count = "rows"
    at_least: int = 0
    scoring: Scoring | None = None
    protocol: Protocol = field(default_factory=Protocol)
    at_size: Mapping[int, LearnerObjective] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The learner's name."""
        return self.learner.name

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """All that determines the figures of a run besides its size and seed (JSON values)."""
        task, taken = dict(self.task.identity()), options_of(self.learner)
        options = {
            name: each
            for name, each in self.options.identity().items()
            if name in taken or name == "until"
        }
        found = {
            "protocol": PROTOCOL,
            "data": self.data.fingerprint,
            "held_out": len(self.split.held_out),
            **self.split.identity,
            "learner": dict(self.learner.identity(self.data, self.task)),
            "subset": self.subset,
            **_of_subsets(self),
            # Run directories of before there were other tasks hold these entries alone.
            "mistakes": self.variant,
            # A booster that stops early has no epochs and no batches.
            **({"budget" if "epochs" in options else "options": options} if options else {}),
            **({} if self.scoring is None else {"scoring": self.scoring.identity()}),
            **({"validation": "groups"} if self._validates_on_groups else {}),
            **self.protocol.identity(),
        } | ({} if self.task.kind == "classification" else {"task": task})
        return self.protocol.without_settings(found, self.learner.name)

    def identity_at(self, size: int) -> Mapping[str, Any]:
        """The identity of the runs of a size: it differs where settings change with the size."""
        return self.at_size[size].identity if self.at_size else self.identity

    @property
    def _validates_on_groups(self) -> bool:
        own = self.protocol.validation is not None
        return not own and self.options.patience is not None and self.data.groups is not None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of a run; the first is the curve's."""
        scored = () if self.scoring is None else tuple(self.scoring.scorers)
        return tuple(dict.fromkeys([*scored, *metrics_of(self.learner, self.task)]))

    @property
    def variant(self) -> Mapping[str, Any]:
        """What a reproduction changed on purpose (JSON values); empty without one."""
        return {}

    @property
    def measured_on(self) -> str:
        """Which samples the scores are of: "held-out" or "training"."""
        return "held-out"

    @property
    def input_scales(self) -> Mapping[str, float]:
        """Factors of the model's layers that scale the features down; empty if unknown."""
        find: Callable[..., Mapping[str, float]] | None = getattr(
            self.learner, "input_scales", None
        )
        return {} if find is None else find(self.data, self.task)

    @property
    def is_standardized(self) -> bool:
        """Whether the learner standardises the features on each subset."""
        find: Callable[[Dataset], bool] | None = getattr(self.learner, "standardizes", None)
        return find is not None and find(self.data)

    def check_memory(self, size: int) -> None:
        """Refuse a size of which a learner cannot get all samples at once, as it needs them.

        Of data that are in memory nothing is said, nor of sizes in groups.

        Raises
        ------
        StudyError
            If the samples of a run, with the held-out ones, take more than the available memory.
        """
        x = self.data.x
        memory = available_memory()
        reads_in_pieces = getattr(self.learner, "needs_arrays", False)
        if reads_in_pieces or not is_elsewhere(x) or memory is None or self.count != "rows":
            return
        # A copy of the rows, and one of float32 where they are scaled.
        row_bytes = bytes_of(x, 1) + (0 if self.data.scale == 1.0 else 4 * math.prod(x.shape[1:]))
        held_out = len(self.split.held_out)
        needed = (size + held_out) * row_bytes
        if needed <= memory:
            return
        most = memory // row_bytes - held_out
        smaller = f"sizes below {most:,} (--sizes)" if most > 1 else "fewer held-out samples"
        raise StudyError(
            f"size {size:,}: {self.name} gets all samples of a run at once, {needed / 1e9:.1f} GB "
            f"with the held-out ones, and {memory / 1e9:.1f} GB of memory are available. Use "
            f"{smaller}, or a Keras model, a preset or dw.Torch, which read samples in pieces. It "
            "is not fitted in pieces (partial_fit), as that is another training.",
            code="out-of-memory",
            needed=needed,
            available=memory,
        )

    def work(self, key: RunKey) -> int:
        """Samples that a run passes through training, at most."""
        if self.at_size:
            return self.at_size[key.size].work(key)
        batch = min(self.options.batch_size, key.size)
        if self.options.until is not None:
            # The search for the number of steps, and as many on the whole subset.
            return 2 * self.options.until.ceiling(key.size, batch) * batch
        if self.options.steps is not None:
            return self.options.steps * batch
        return self.options.epochs * key.size

    def chance(self) -> Mapping[str, float]:
        """The task's metrics of the best constant prediction for the pool."""
        chance = self.task.chance(self.split.pool.y)
        return {name: value for name, value in chance.items() if name in self.metrics}

    def evaluate(self, predictor: Predictor, train: View) -> Scored:
        """Score a fitted model on the held-out samples."""
        held_out = self.split.held_out
        return self.task.score(self.predict(predictor, held_out), held_out.y)

    def predict(self, predictor: Predictor, view: View) -> NDArray[Any]:
        """Predict all rows of a view.

        A learner of arrays predicts them in pieces, so that their features, which may be mapped
        from a file, are not in memory at once.
        """
        if not getattr(self.learner, "needs_arrays", False):
            return predictor.predict(view.x)
        predictions: NDArray[Any] | None = None
        for start in range(0, len(view), PREDICTED_ROWS):
            rows = view.rows[start : start + PREDICTED_ROWS]
            found = predictor.predict(View(view.data, rows).x)
            if predictions is None:
                predictions = np.empty((len(view), *found.shape[1:]), found.dtype)
            predictions[start : start + len(rows)] = found
        assert predictions is not None, "a study of a learner holds out rows"
        return predictions

    def __call__(self, key: RunKey, context: RunContext) -> Record:
        """Fit and score one run."""
        if self.at_size:
            return self.at_size[key.size](key, context)
        if self.split.folds:
            return replace(self, split=self.split.of(key.seed))(key, context)
        started = time.perf_counter()
        rows, validation = rows_of_run(self, key), None
        if self.protocol.validation is not None:
            validation = View(self.data, self.protocol.validation)
        elif self.options.patience is not None and self.options.until is None:
            seed = self.protocol.seed_of_subset(key)
            rows, validation_rows = validation_split(self.data, rows, seed=seed)
            validation = View(self.data, validation_rows)
        train = View(self.data, rows)
        seed = self.protocol.seed_of_model(key)
        request = FitRequest(train, self.task, seed, validation, self.options)
        with threads_limited():
            predictor = self.learner.fit(request, context)
            scored = self.evaluate(predictor, train)
        facts = dict(predictor.facts)
        possible = metrics_of(self.learner, self.task)
        scores = {name: scored.scores[name] for name in scored.scores if name in possible}
        if self.scoring is not None:
            with threads_limited():
                scores |= self.scoring(self.learner, predictor, self.task, self.split.held_out)
        arrays = dict(scored.arrays)
        if "class_losses" in arrays and "loss" not in possible:
            arrays["class_losses"] = np.full_like(arrays["class_losses"], np.nan)
        if TRAIN_LOSS in facts:
            scores[TRAIN_LOSS] = facts.pop(TRAIN_LOSS)
        seconds = predictor.history.get("seconds")
        took = time.perf_counter() - started
        return Record(
            key,
            scores,
            history=predictor.history,
            facts=facts,
            arrays=arrays,
            # A resumed run counts the seconds of all its parts.
            seconds=took if seconds is None else float(sum(seconds.tolist())),
        )


@dataclass(frozen=True, eq=False)
class FunctionObjective:
    """Calls a function with a `Run`; the function trains, scores and returns its figures.

    Attributes
    ----------
    data : Rows or Dataset
    split : Split
    subset : {"nested", "prefix"}
    model : RunModel
    count, at_least, protocol, at_size
        See `LearnerObjective`.
    """

    data: Rows | Dataset
    split: Split
    subset: str
    model: RunModel
    count: Count = "rows"
    at_least: int = 0
    protocol: Protocol = field(default_factory=Protocol)
    at_size: Mapping[int, FunctionObjective] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.model.name

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """All that determines the figures of a run besides its size and seed (JSON values)."""
        found = {
            "protocol": PROTOCOL,
            "data": self.data.fingerprint,
            "held_out": len(self.split.held_out),
            **self.split.identity,
            "learner": dict(self.model.identity()),
            "subset": self.subset,
            **_of_subsets(self),
            **self.protocol.identity(),
        }
        return self.protocol.without_settings(found, self.model.name)

    def identity_at(self, size: int) -> Mapping[str, Any]:
        """See `LearnerObjective.identity_at`."""
        return self.at_size[size].identity if self.at_size else self.identity

    def work(self, key: RunKey) -> int:
        """The run's number of samples: nothing else is known of a function."""
        return key.size

    def chance(self) -> Mapping[str, float]:
        """Nothing is known of the metrics that a function returns."""
        return {}

    def __call__(self, key: RunKey, context: RunContext) -> Record:
        """Call the function and check the figures that it returns."""
        if self.at_size:
            return self.at_size[key.size](key, context)
        started = time.perf_counter()
        scores = self.model(self.run_of(key, context))
        history = context.history() if isinstance(context, Context) else {}
        seconds = time.perf_counter() - started
        return Record(key, scores, history=history, seconds=seconds)

    def run_of(self, key: RunKey, context: RunContext) -> Run:
        """What the function is called with."""
        return Run(
            model=key.learner,
            size=key.size,
            seed=self.protocol.seed_of_model(key),
            key=key.digest,
            rows=rows_of_run(self, key),
            held_out=self.split.of(key.seed).held_out.rows,
            folder=context.folder,
            validation=_no_rows if self.protocol.validation is None else self.protocol.validation,
            _report=context.report,
        )


@dataclass(frozen=True, eq=False)
class ModelObjectives:
    """Does each run with the objective of its model.

    Attributes
    ----------
    by_model : mapping of str to LearnerObjective or FunctionObjective
        By the model's name, which is ``RunKey.learner``.
    """

    by_model: Mapping[str, LearnerObjective | FunctionObjective]

    def work(self, key: RunKey) -> int:
        """Samples that a run passes through training, at most."""
        return self.by_model[key.learner].work(key)

    def __call__(self, key: RunKey, context: RunContext) -> Record:
        """Do one run."""
        return self.by_model[key.learner](key, context)


def rows_of_run(objective: LearnerObjective | FunctionObjective, key: RunKey) -> RowNumbers:
    """The rows that a run trains on, shape (size,)."""
    return subset_rows(
        objective.data,
        objective.split.of(key.seed).pool.rows,
        key.size,
        seed=objective.protocol.seed_of_subset(key),
        sampler=SAMPLERS[objective.subset],
        count=objective.count,
        at_least=objective.at_least,
    )


def _of_subsets(objective: LearnerObjective | FunctionObjective) -> dict[str, Any]:
    """What determines subsets besides the sampler; nothing where sizes are plain rows."""
    count = {} if objective.count == "rows" else {"count": objective.count}
    return count | ({"at_least": objective.at_least} if objective.at_least else {})
