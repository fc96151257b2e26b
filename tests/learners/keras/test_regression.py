"""Keras models of a regression in the compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.learners import resolve
from dataworth.learners.base import TrainingOptions
from dataworth.learners.keras.backend import load_keras
from dataworth.report import write_report
from dataworth.tasks.regression import Regression
from dataworth.testing.learners import LEARNER_CHECKS, LearnerCase, LearnerCheck


def diabetes(**options: Any) -> Dataset:
    x, y = load_diabetes(return_X_y=True)
    return Dataset(x * 20, y, **{"task": "regression", **options})


def ending(layer: Callable[[Any], Any]) -> Callable[..., Any]:
    """A builder of a model of one hidden layer that ends with a layer."""

    def build(shape: tuple[int, ...], outputs: int) -> Any:
        layers = load_keras().layers
        hidden = layers.Dense(24, activation="tanh")
        return load_keras().Sequential([load_keras().Input(shape), hidden, layer(layers)])

    return build


def own(shape: tuple[int, ...], outputs: int) -> Any:
    """A builder that another process can import."""
    return ending(lambda layers: layers.Dense(outputs))(shape, outputs)


MODELS: dict[str, Callable[[], Any]] = {
    "linear": lambda: resolve("linear", learning_rate=0.02),
    "mlp": lambda: resolve("mlp:32", learning_rate=0.02),
    "own": lambda: resolve(own, learning_rate=0.02),
}


@pytest.fixture(scope="module", params=[pytest.param("linear", marks=pytest.mark.slow), "own"])
def case(request: pytest.FixtureRequest) -> LearnerCase:
    options = TrainingOptions(8, batch_size=32)
    labels = np.arange(60).reshape(30, 2) % 2
    several = Dataset(np.ones((30, 10), np.float32), labels, task="multilabel")
    return LearnerCase(MODELS[request.param], diabetes(), options, size=200, other_task=several)


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(case: LearnerCase, check: LearnerCheck) -> None:
    check(case)


def test_the_linear_preset_finds_least_squares() -> None:
    options = TrainingOptions(steps=2_000, batch_size=100)
    case = LearnerCase(MODELS["linear"], diabetes(), options, size=300)
    x, y = case.request().train.x, case.request().train.y
    found = case.fitted.predict(x)[:, 0]
    least = LinearRegression().fit(x, y).predict(x)
    assert np.sqrt(np.mean((found - least) ** 2)) < 3
    mse = case.data.task.score(found, y).scores["mse"]
    assert case.fitted.facts["train_loss"] == pytest.approx(mse, rel=0.1)


@pytest.mark.slow
def test_quantiles_are_in_order_and_cover() -> None:
    data = diabetes(task=Regression(quantiles=(0.1, 0.5, 0.9)))
    case = LearnerCase(MODELS["mlp"], data, TrainingOptions(15, batch_size=32), size=300)
    low, _, high = case.predictions(case.fitted).T
    assert (low < high).mean() > 0.95
    assert set(case.score(case.fitted)) >= {"pinball", "rmse"}


def test_classes_and_values_are_other_runs() -> None:
    learner: Any = resolve("linear")
    values, classes = diabetes(), Dataset(np.ones((30, 10), np.float32), np.arange(30) % 2)
    assert learner.identity(values, values.task) == learner.identity(values, values.task)
    assert learner.fit(LearnerCase(MODELS["linear"], classes, size=20).request(), _context())
    assert learner.fit(LearnerCase(MODELS["linear"], values, size=20).request(), _context())


def _context() -> Any:
    from dataworth.testing.contexts import MemoryContext

    return MemoryContext()


ENDINGS: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda layers: layers.Dense(1, activation="softmax"),
    "sigmoid": lambda layers: layers.Dense(1, activation="sigmoid"),
    "relu": lambda layers: layers.Dense(1, activation="relu"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_model_that_cannot_give_any_number_is_refused(name: str) -> None:
    data, learner = diabetes(), resolve(ending(ENDINGS[name]))
    with raises("invalid-outputs", StudyError, name):
        learner.identity(data, data.task)  # type: ignore[call-arg]
    learner = resolve(ending(lambda layers: layers.Dense(2)))
    with raises("model-does-not-fit-data", StudyError, "need 1 output"):
        learner.identity(data, data.task)  # type: ignore[call-arg]


@pytest.mark.slow
def test_a_study_from_the_table_to_the_forecast(tmp_path: Path) -> None:
    study = dw.Study(
        diabetes(),
        ["linear", "mlp:16"],
        sizes=[40, 80, 160, 320],
        seeds=2,
        steps=150,
        batch_size=20,
        learning_rate=0.01,
    )
    curves = study.run(tmp_path)
    assert curves["linear"].metric.name == "rmse"
    assert {"mse", "mae", "r2"} <= set(curves["linear"].others)
    assert curves["linear"].values[-1] < 62
    found = dw.forecast(curves["mlp:16"]).predict([640])
    assert 30 < found.median[0] < 80
    write_report(tmp_path, tmp_path / "page.html")
    assert "Residuals" in (tmp_path / "page.html").read_text("utf-8")
