"""Keras models that train until the validation loss stops falling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dataworth as dw
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.learners.ending import Ending
from dataworth.records.store import Store
from dataworth.testing.contexts import MemoryContext

SHORT = Ending(patience=1, interval=20, ceiling_steps=80, ceiling_epochs=1, folds=2)


@pytest.fixture(scope="module")
def short(fit_request: FitRequest) -> FitRequest:
    return replace(fit_request, options=TrainingOptions(batch_size=32, until=SHORT))


@pytest.fixture(scope="module")
def learner() -> Any:
    return resolve("linear", learning_rate=0.01)


@pytest.fixture(scope="module")
def unbroken(learner: Any, short: FitRequest) -> Any:
    return learner.fit(short, MemoryContext())


def test_the_history_has_the_search_and_the_training_on_all_rows(unbroken: Any) -> None:
    history = unbroken.history
    # Still falling: four rounds of 20 steps in each of two folds, then as many on all rows.
    assert history["refit"].tolist() == [0] * 4 + [1] * 4
    assert history["steps"].tolist() == [40] * 4 + [20] * 4
    assert np.isfinite(history["validation_loss"]).tolist() == [True] * 4 + [False] * 4
    assert unbroken.facts["best_steps"] == 80
    assert unbroken.facts["stopped_at_ceiling"] == 1


@pytest.mark.parametrize("stop", [1, 4, 5, 7])
def test_a_resumed_run_gives_the_same_bits(
    learner: Any, short: FitRequest, unbroken: Any, stop: int
) -> None:
    context = MemoryContext(stop_after=stop)
    with pytest.raises(KeyboardInterrupt):
        learner.fit(short, context)
    rest = MemoryContext(checkpoint=context.checkpoint)
    resumed = learner.fit(short, rest)
    assert rest.saves == 8 - stop
    x = short.train.x
    assert resumed.predict(x).tobytes() == unbroken.predict(x).tobytes()
    for name in ("loss", "validation_loss", "steps"):
        np.testing.assert_array_equal(resumed.history[name], unbroken.history[name])


@pytest.mark.parametrize(
    "samples", [1, *(pytest.param(each, marks=pytest.mark.slow) for each in (2, 3))]
)
def test_tiny_subsets_are_trained(learner: Any, short: FitRequest, samples: int) -> None:
    tiny = replace(short, train=View(short.train.data, np.arange(samples)))
    trained = learner.fit(tiny, MemoryContext())
    assert trained.predict(short.train.x).shape == (320, 10)


def test_it_ends_where_the_validation_loss_is_lowest(short: FitRequest) -> None:
    learner: Any = resolve("mlp:64", learning_rate=0.02)
    until = Ending(least=60, interval=20)
    request = replace(short, options=TrainingOptions(batch_size=32, until=until))
    trained = learner.fit(request, MemoryContext())
    validation = trained.history["validation_loss"][trained.history["refit"] == 0]
    assert trained.facts["stopped_at_ceiling"] == 0
    assert trained.facts["best_steps"] == (np.argmin(validation) + 1) * 20
    assert len(validation) > np.argmin(validation) + 1


def test_an_epoch_or_a_step_asked_for_is_as_before(digits: Dataset) -> None:
    """The identities of run directories of before runs were trained to the end."""

    def budget(**options: Any) -> Any:
        study = dw.Study(digits, "linear", sizes=[50], **options)
        return study.resolve().objectives["linear"].identity["budget"]

    before = {"epochs": 10, "steps": None, "batch_size": 128, "patience": None}
    assert budget(epochs=10) == before
    assert budget(steps=600, batch_size=32) == before | {"steps": 600, "batch_size": 32}
    assert budget(epochs=200, patience=5) == before | {"epochs": 200, "patience": 5}
    assert budget()["until"]["patience"] == 5
    assert budget(patience=9)["until"]["patience"] == 9


@pytest.mark.slow
def test_digits_are_trained_to_the_end_by_default(digits: Dataset, tmp_path: Path) -> None:
    curve = dw.Study(digits, "mlp", sizes=[160], seeds=1).run(tmp_path)
    assert curve.summary()[0].mean < 0.35
    with Store(tmp_path) as store:
        (record,) = store.records()
    assert record.facts["stopped_at_ceiling"] == 0
    assert [finding.code for finding in dw.audit(tmp_path)] == []


def test_runs_of_a_few_steps_are_found(digits: Dataset, tmp_path: Path) -> None:
    dw.Study(digits, "linear", sizes=[160, 640], seeds=1, epochs=10).run(tmp_path)
    (finding,) = [each for each in dw.audit(tmp_path) if each.code == "not-trained-to-the-end"]
    assert finding.evidence["sizes"] == [160, 640]
    assert "2 of 2 runs were not trained to the end" in finding.message
    assert "longer training" in finding.advice
