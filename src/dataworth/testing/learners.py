"""The conformance suite of learners."""

from __future__ import annotations

import contextlib
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.data.splits import split
from dataworth.data.subsets import NestedSampler
from dataworth.errors import StudyError
from dataworth.learners.base import (
    FitRequest,
    Learner,
    Predictor,
    TrainingOptions,
    metrics_of,
)
from dataworth.metrics import find
from dataworth.testing.contexts import MemoryContext


@dataclass(frozen=True, eq=False)
class LearnerCase:
    """A learner, and the data that it is checked on.

    Attributes
    ----------
    make : callable
        Makes the learner, without arguments.
    data : Dataset
        A few hundred rows or more, that the learner can learn from.
    options : TrainingOptions
    size : int
        Number of training samples.
    other_task : Dataset, optional
        Data of a task that the learner is not made for.
    make_other : callable, optional
        Makes the same learner with another parameter, without arguments.
    """

    make: Callable[[], Learner]
    data: Dataset
    options: TrainingOptions = field(default_factory=lambda: TrainingOptions(3, batch_size=32))
    size: int = 320
    other_task: Dataset | None = None
    make_other: Callable[[], Learner] | None = None

    def request(self, seed: int = 1, size: int | None = None) -> FitRequest:
        """A request for a nested subset."""
        parts = split(self.data)
        order = NestedSampler().order(self.data, parts.pool.rows, seed)
        rows = order[: self.size if size is None else size]
        return FitRequest(View(self.data, rows), self.data.task, seed, options=self.options)

    @cached_property
    def fitted(self) -> Predictor:
        """A learner fitted on `request`, which the checks share."""
        return self.make().fit(self.request(), MemoryContext())

    def predictions(self, predictor: Predictor) -> NDArray[Any]:
        """What a fitted model predicts for the held-out samples."""
        return predictor.predict(split(self.data).held_out.x)

    def score(self, predictor: Predictor) -> dict[str, float]:
        """The scores of a fitted model on the held-out samples."""
        return self.data.task.score(self.predictions(predictor), split(self.data).held_out.y).scores


LearnerCheck = Callable[[LearnerCase], None]


def check_identity_is_stable_json(case: LearnerCase) -> None:
    """Two learners made alike have the same identity, and it consists of JSON values."""
    one = case.make().identity(case.data, case.data.task)
    two = case.make().identity(case.data, case.data.task)
    assert json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert json.loads(json.dumps(one)) == dict(one)


def check_learner_survives_pickling(case: LearnerCase) -> None:
    """A learner sent to another process keeps its name and identity."""
    learner = case.make()
    again: Learner = pickle.loads(pickle.dumps(learner))
    assert again.name == learner.name
    before = learner.identity(case.data, case.data.task)
    assert dict(again.identity(case.data, case.data.task)) == dict(before)


def check_prediction_has_the_form_of_the_task(case: LearnerCase) -> None:
    """One row per sample; for classes, one column per class; finite numbers."""
    predictor = case.fitted
    prediction = case.predictions(predictor)
    assert len(prediction) == len(split(case.data).held_out)
    if case.data.task.output == "logits":
        assert prediction.shape[1] == case.data.classes
    assert not np.isnan(prediction).any()


def check_learns_more_than_chance(case: LearnerCase) -> None:
    """The first metric is better than that of the best constant prediction."""
    task, scores = case.data.task, case.score(case.fitted)
    name = metrics_of(case.make(), task)[0]
    metric = find(name)
    sign = -1 if metric is not None and metric.higher_is_better else 1
    assert sign * scores[name] < sign * task.chance(split(case.data).pool.y)[name]


def check_same_request_gives_the_same_bits(case: LearnerCase) -> None:
    """Fitting twice, with one learner and with a new one, gives the same predictions."""
    learner = case.make()
    first = case.predictions(learner.fit(case.request(), MemoryContext()))
    second = case.predictions(learner.fit(case.request(), MemoryContext()))
    assert first.tobytes() == second.tobytes() == case.predictions(case.fitted).tobytes()


def check_figures_do_not_depend_on_earlier_runs(case: LearnerCase) -> None:
    """A run after another one gives the figures of a run alone."""
    learner = case.make()
    learner.fit(case.request(seed=2), MemoryContext())
    after = case.predictions(learner.fit(case.request(), MemoryContext()))
    alone = case.predictions(case.fitted)
    assert after.tobytes() == alone.tobytes()


def check_another_subset_gives_other_figures(case: LearnerCase) -> None:
    """Another seed, and so another subset, changes the predictions."""
    one = case.predictions(case.fitted)
    two = case.predictions(case.make().fit(case.request(seed=2), MemoryContext()))
    assert not np.array_equal(one, two)


def check_small_subsets_may_lack_classes(case: LearnerCase) -> None:
    """A subset without a sample of some classes is fitted; all classes get a prediction."""
    if case.data.task.strata(case.data.y) is None:
        return
    request = case.request(size=max(2, case.data.classes // 2))
    predictor = case.make().fit(request, MemoryContext())
    prediction = case.predictions(predictor)
    assert prediction.shape[1] == case.data.classes
    assert np.isfinite(prediction).all()
    assert np.isfinite(list(case.score(predictor).values())).all()


def check_a_single_class_is_fitted(case: LearnerCase) -> None:
    """A subset of one class is fitted, and every class gets a prediction."""
    if case.data.task.strata(case.data.y) is None:
        return
    request = case.request()
    rows = request.train.rows[request.train.y == request.train.y[0]]
    predictor = case.make().fit(replace(request, train=View(case.data, rows)), MemoryContext())
    assert np.isfinite(list(case.score(predictor).values())).all()


def check_metrics_are_known_before_training(case: LearnerCase) -> None:
    """What the learner says that it can have is among the figures of its predictions."""
    promised = metrics_of(case.make(), case.data.task)
    assert promised
    assert set(promised) <= set(case.score(case.fitted))


def check_refuses_another_task_before_training(case: LearnerCase) -> None:
    """A learner that is not made for a task says so when its identity is read."""
    if case.other_task is None:
        return
    learner, refused = case.make(), False
    try:
        learner.identity(case.other_task, case.other_task.task)
    except StudyError as error:
        refused = error.code == "task-not-supported"
    assert refused


def check_changed_learner_is_another(case: LearnerCase) -> None:
    """A learner with another parameter has another identity."""
    if case.make_other is None:
        return
    one = case.make().identity(case.data, case.data.task)
    other = case.make_other().identity(case.data, case.data.task)
    assert dict(one) != dict(other)


def check_history_is_columns_of_equal_length(case: LearnerCase) -> None:
    """The history may be empty; its columns have one length, and hold numbers."""
    history = case.fitted.history
    assert len({len(column) for column in history.values()}) <= 1
    for column in history.values():
        assert np.asarray(column).dtype.kind == "f"


def check_facts_are_numbers(case: LearnerCase) -> None:
    """What is known of a fitted model is numbers by name."""
    for name, value in case.fitted.facts.items():
        assert isinstance(name, str)
        assert float(value) == value


def check_resumed_run_equals_the_unbroken_one(case: LearnerCase) -> None:
    """A run that is stopped after a checkpoint and resumed gives the same bits.

    A learner that saves no checkpoints starts again from the beginning, to the same end.
    """
    unbroken = case.predictions(case.fitted)
    context = MemoryContext(stop_after=1)
    with contextlib.suppress(KeyboardInterrupt):
        case.make().fit(case.request(), context)
    resumed = MemoryContext(checkpoint=context.checkpoint)
    again = case.predictions(case.make().fit(case.request(), resumed))
    assert again.tobytes() == unbroken.tobytes()


def check_training_rows_alone_are_used(case: LearnerCase) -> None:
    """Targets of rows outside the subset do not change the fitted model."""
    request = case.request()
    y = case.data.y.copy()
    others = np.setdiff1d(np.arange(len(y)), request.train.rows)
    y[others] = y[others][::-1]
    changed = Dataset(
        case.data.x,
        y,
        task=case.data.task,
        scale=case.data.scale,
        name=case.data.name,
    )
    other = replace(request, train=View(changed, request.train.rows))
    one = case.predictions(case.fitted)
    two = case.predictions(case.make().fit(other, MemoryContext()))
    assert one.tobytes() == two.tobytes()


LEARNER_CHECKS: tuple[LearnerCheck, ...] = (
    check_identity_is_stable_json,
    check_learner_survives_pickling,
    check_prediction_has_the_form_of_the_task,
    check_learns_more_than_chance,
    check_same_request_gives_the_same_bits,
    check_figures_do_not_depend_on_earlier_runs,
    check_another_subset_gives_other_figures,
    check_small_subsets_may_lack_classes,
    check_a_single_class_is_fitted,
    check_metrics_are_known_before_training,
    check_refuses_another_task_before_training,
    check_changed_learner_is_another,
    check_history_is_columns_of_equal_length,
    check_facts_are_numbers,
    check_resumed_run_equals_the_unbroken_one,
    check_training_rows_alone_are_used,
)
