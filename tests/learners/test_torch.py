"""Torch modules pass the conformance suite; and what only they do."""

from __future__ import annotations

import pickle
import random
import shutil
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn.datasets import load_diabetes

import dataworth as dw
from dataworth.data import passes
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.data.passes import Copied, InPlace, Spooled
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest, TrainingOptions
from dataworth.learners.ending import Ending
from dataworth.records.store import Store
from dataworth.testing.contexts import MemoryContext
from dataworth.testing.learners import LEARNER_CHECKS, LearnerCase, LearnerCheck

# Imported by the tests alone: each process that runs tests imports this file.
pytestmark = pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra torch")

SOON = TrainingOptions(
    batch_size=32,
    until=Ending(patience=1, interval=15, ceiling_steps=75, ceiling_epochs=1, folds=2),
)


def mlp(shape: tuple[int, ...], outputs: int, width: int = 32, dropout: float = 0.0) -> Any:
    import torch

    inputs = int(np.prod(shape))
    return torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(inputs, width),
        torch.nn.ReLU(),
        torch.nn.Dropout(dropout),
        torch.nn.Linear(width, outputs),
    )


def sgd(parameters: Any) -> Any:
    import torch

    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def halved(optimizer: Any) -> Any:
    import torch

    return torch.optim.lr_scheduler.StepLR(optimizer, 20, 0.5)


def with_dropout() -> dw.Torch:
    return dw.Torch(
        partial(mlp, dropout=0.2), optimizer=sgd, schedule=halved, device="cpu", name="dropout"
    )


def diabetes() -> Dataset:
    x, y = load_diabetes(return_X_y=True)
    return Dataset(x * 20, y, task="regression")


@pytest.fixture(scope="module", params=["classes", "dropout", "to the end", "values"])
def case(request: pytest.FixtureRequest, learner_data: Dataset) -> LearnerCase:
    if request.param == "values":
        return LearnerCase(lambda: dw.Torch(mlp, learning_rate=0.01), diabetes(), size=200)
    if request.param == "dropout":
        return LearnerCase(with_dropout, learner_data)
    options = SOON if request.param == "to the end" else TrainingOptions(3, batch_size=32)
    return LearnerCase(lambda: dw.Torch(mlp, learning_rate=0.005), learner_data, options)


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(case: LearnerCase, check: LearnerCheck) -> None:
    check(case)


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_a_resumed_training_to_the_end_gives_the_same_bits(
    learner_data: Dataset, stop: int
) -> None:
    case = LearnerCase(with_dropout, learner_data, SOON)
    context = MemoryContext(stop_after=stop)
    with pytest.raises(KeyboardInterrupt):
        case.make().fit(case.request(), context)
    resumed = case.make().fit(case.request(), MemoryContext(checkpoint=context.checkpoint))
    assert case.predictions(resumed).tobytes() == case.predictions(case.fitted).tobytes()
    assert resumed.history["loss"].tolist() == case.fitted.history["loss"].tolist()


def test_nothing_global_is_changed(fit_request: FitRequest) -> None:
    import torch

    def state() -> list[bytes]:
        numpy: Any = np.random.get_state()  # noqa: NPY002
        words = [torch.get_rng_state().numpy().tobytes(), np.asarray(numpy[1]).tobytes()]
        return [*words, repr(random.getstate()).encode(), repr(torch.get_num_threads()).encode()]

    before = state()
    with_dropout().fit(fit_request, MemoryContext())
    assert state() == before


def test_the_identity_changes_with_code_and_options(learner_data: Dataset) -> None:
    made = [
        dw.Torch(mlp),
        dw.Torch(mlp, learning_rate=0.01),
        dw.Torch(partial(mlp, width=31)),
        dw.Torch(partial(mlp, dropout=0.5)),
        dw.Torch(mlp, optimizer=sgd),
        dw.Torch(mlp, optimizer=sgd, schedule=halved),
    ]
    found = [each.identity(learner_data, learner_data.task) for each in made]
    assert all(found.count(identity) == 1 for identity in found)
    again = pickle.loads(pickle.dumps(made[-1]))
    assert again.identity(learner_data, learner_data.task) == found[-1]


def test_the_loss_is_that_of_the_samples(fit_request: FitRequest) -> None:
    """A step size of nothing: the training loss is the loss of the first weights on the subset."""
    trained = dw.Torch(mlp, learning_rate=1e-30).fit(fit_request, MemoryContext())
    scores = fit_request.task.score(trained.predict(fit_request.train.x), fit_request.train.y)
    assert trained.facts["train_loss"] == pytest.approx(scores.scores["loss"], rel=1e-5)


def test_a_regression_predicts_in_the_unit_of_its_target() -> None:
    case = LearnerCase(
        lambda: dw.Torch(mlp, learning_rate=0.01), diabetes(), TrainingOptions(15), size=300
    )
    assert case.score(case.fitted)["rmse"] < 62
    x, y = case.request().train.x, case.request().train.y
    mse = case.data.task.score(case.fitted.predict(x), y).scores["mse"]
    assert case.fitted.facts["train_loss"] == pytest.approx(mse, rel=0.1)


def test_quantiles_are_in_order_and_cover() -> None:
    from dataworth.tasks.regression import Regression

    x, y = load_diabetes(return_X_y=True)
    data = Dataset(x * 20, y, task=Regression(quantiles=(0.1, 0.5, 0.9)))
    case = LearnerCase(
        lambda: dw.Torch(mlp, learning_rate=0.01), data, TrainingOptions(15), size=300
    )
    low, _, high = case.predictions(case.fitted).T
    held_out = y[-len(low) :]
    assert (low < high).mean() > 0.95
    assert 0.5 < ((case.predictions(case.fitted)[:, 2] > held_out).mean()) <= 1


@pytest.mark.parametrize("options", [TrainingOptions(3, batch_size=32), SOON])
@pytest.mark.parametrize("way", [Copied, Spooled, InPlace])
def test_samples_beyond_the_memory_give_the_same_bits(
    learner_data: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: TrainingOptions,
    way: type,
) -> None:
    held = replace_features(learner_data, np.asarray(learner_data.x))
    np.save(tmp_path / "x.npy", held.x)
    mapped = replace_features(learner_data, np.load(tmp_path / "x.npy", mmap_mode="r"))
    memory = held.x.nbytes - 1 if way is Copied else 1_000
    rows = np.arange(70) if way is Copied else np.arange(len(held))
    if way is InPlace:
        usage = shutil.disk_usage(tmp_path)._replace(free=0)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found = []
    for data, available in ((held, None), (mapped, memory)):
        monkeypatch.setattr(passes, "available_memory", lambda free=available: free)
        assert type(passes.open_samples(data.x, rows, lambda: tmp_path)) is (
            InPlace if available is None else way
        )
        request = FitRequest(View(data, rows), data.task, 3, options=options)
        trained = with_dropout().fit(request, MemoryContext(tmp_path))
        found.append((trained.predict(held.x).tobytes(), trained.history["loss"].tolist()))
    assert found[0] == found[1]


def replace_features(data: Dataset, x: Any) -> Dataset:
    return Dataset(x, data.y, class_names=data.class_names)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_study_of_a_torch_module(workers: int, tmp_path: Path) -> None:
    study = dw.Study("digits", dw.Torch(mlp, epochs=4, batch_size=32), sizes=[100, 400], seeds=2)
    curve = study.run(tmp_path / "run", workers=workers)
    assert curve.summary()[1].mean < curve.summary()[0].mean
    with Store(tmp_path / "run") as store:
        record = store.records()[0]
        assert store.meta()["identity"]["budget"]["epochs"] == 4
    assert record.history["steps"].tolist() == [4, 4, 4, 4]
    assert record.facts["parameters"] == 64 * 32 + 32 + 32 * 10 + 10


def test_options_are_given_once(learner_data: Dataset) -> None:
    with raises("options-conflict", StudyError, "epochs"):
        dw.Study(learner_data, dw.Torch(mlp, epochs=3), epochs=4).resolve()
    with raises("option-without-effect", StudyError, "learning_rate"):
        dw.Study(learner_data, dw.Torch(mlp), learning_rate=0.1).resolve()
    with raises("options-conflict", StudyError, "optimizer"):
        dw.Torch(mlp, optimizer=sgd, learning_rate=0.1)


def test_what_does_not_fit_is_refused_before_any_run(learner_data: Dataset) -> None:
    def identity(build: Any, data: Dataset = learner_data, **options: Any) -> None:
        dw.Torch(build, **options).identity(data, data.task)

    with raises("not-a-model", StudyError, "returned a int"):
        identity(lambda shape, outputs: 3)
    with raises("model-does-not-fit-data", StudyError, r"\(2, 11\), not \(2, 10\)"):
        identity(lambda shape, outputs: mlp(shape, outputs + 1))
    with raises("model-does-not-fit-data", StudyError, "shapes cannot be multiplied"):
        identity(lambda shape, outputs: mlp((3,), outputs))
    with raises("unknown-choice", StudyError, "device = 'abacus'"):
        identity(mlp, device="abacus")
    with raises("wrong-type", StudyError, "build = 3"):
        dw.Torch(3)  # type: ignore[arg-type]
    with raises("model-not-rebuildable", StudyError, r"dw\.Torch\(build\)"):
        dw.Study(learner_data, mlp((8, 8), 10)).resolve()


def test_a_checkpoint_of_another_module_is_not_used(fit_request: FitRequest) -> None:
    learner = dw.Torch(mlp)
    losses = learner.fit(fit_request, MemoryContext()).history["loss"].tolist()
    wide = MemoryContext()
    dw.Torch(partial(mlp, width=7)).fit(fit_request, wide)
    assert wide.checkpoint is not None
    damaged = (wide.checkpoint[0], {"last/torch": np.zeros(9, np.uint8)})
    for checkpoint in (wide.checkpoint, damaged):
        again = learner.fit(replace(fit_request), MemoryContext(checkpoint=checkpoint)).history[
            "loss"
        ]
        assert again.tolist() == losses
