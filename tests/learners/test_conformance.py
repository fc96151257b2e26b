"""Every learner passes the conformance suite; Keras learners do more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from nearest_mean import NearestMean

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners.base import FitRequest, Learner, TrainingOptions
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.learner import KerasPredictor
from dataworth.learners.keras.trainer import samples_of
from dataworth.learners.registry import resolve
from dataworth.testing.contexts import MemoryContext
from dataworth.testing.learners import LEARNER_CHECKS, LearnerCase, LearnerCheck


def with_dropout_and_statistics(shape: tuple[int, ...], classes: int) -> Any:
    keras = load_keras()
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((*shape, 1)),
            layers.Conv2D(8, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(classes, kernel_regularizer=keras.regularizers.L2(1e-4)),
            layers.Softmax(),
        ]
    )


def own_class(shape: tuple[int, ...], classes: int) -> Any:
    keras = load_keras()

    class Own(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.flatten = keras.layers.Flatten()
            self.hidden = keras.layers.Dense(32, activation="relu")
            self.ending = keras.layers.Dense(classes)

        def call(self, x: Any) -> Any:
            return keras.ops.softmax(self.ending(self.hidden(self.flatten(x))))

    return Own()


KERAS: dict[str, Callable[[], Any]] = {
    "linear": lambda: resolve("linear", learning_rate=0.01),
    "mlp": lambda: resolve("mlp:32", learning_rate=0.005),
    "cnn": lambda: resolve("cnn", learning_rate=0.003),
    "own class": lambda: resolve(own_class, learning_rate=0.005),
    "builder": lambda: resolve(with_dropout_and_statistics, learning_rate=0.01),
}
LEARNERS: dict[str, Callable[[], Any]] = {**KERAS, "plain NumPy": NearestMean}


PARAMS = [
    # Each network takes seconds to compile. The builder's has the layers of the others, and the
    # perceptron passes the suite with an optimizer of Keras too: keras/test_optimizers.py.
    pytest.param(name, marks=[pytest.mark.slow] * (name not in ("builder", "plain NumPy")))
    for name in LEARNERS
]


@pytest.fixture(scope="module", params=PARAMS)
def case(request: pytest.FixtureRequest, learner_data: Dataset) -> LearnerCase:
    return LearnerCase(LEARNERS[request.param], learner_data)


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(case: LearnerCase, check: LearnerCheck) -> None:
    check(case)


def test_identities_tell_learners_apart(learner_data: Dataset) -> None:
    found = [make().identity(learner_data, learner_data.task) for make in LEARNERS.values()]
    assert all(found.count(identity) == 1 for identity in found)


@pytest.fixture(scope="module", params=PARAMS[: len(KERAS)])
def learner(request: pytest.FixtureRequest) -> Learner:
    made: Learner = KERAS[request.param]()
    return made


@pytest.fixture(scope="module")
def trained(learner: Learner, fit_request: FitRequest) -> Any:
    return learner.fit(fit_request, MemoryContext())


def test_history_counts_steps_and_samples(trained: KerasPredictor) -> None:
    history = {name: column.tolist() for name, column in trained.history.items()}
    assert history["steps"] == [10, 10, 10]
    assert history["samples"] == [320, 320, 320]
    assert all(seconds > 0 for seconds in history["seconds"])
    assert history["loss"][-1] < history["loss"][0]
    assert "validation_loss" not in history
    assert trained.facts["train_loss"] == history["loss"][-1]


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_resumed_run_equals_the_unbroken_one_to_the_bit(
    learner: Learner, trained: KerasPredictor, fit_request: FitRequest, stop: int
) -> None:
    context = MemoryContext(stop_after=stop)
    with pytest.raises(KeyboardInterrupt):
        learner.fit(fit_request, context)
    assert context.saves == stop
    assert context.steps[-1][:2] == (stop, 3)
    rest = MemoryContext(checkpoint=context.checkpoint)
    resumed = learner.fit(fit_request, rest)
    assert rest.saves == 3 - stop
    x = samples_of(fit_request).x[:500]
    assert resumed.predict(x).tobytes() == trained.predict(x).tobytes()
    assert resumed.history["loss"].tolist() == trained.history["loss"].tolist()


@pytest.mark.parametrize("rows", [0, 1, 512, 513])
def test_logits_do_not_depend_on_the_blocks(
    trained: KerasPredictor, learner_data: Dataset, rows: int
) -> None:
    some = trained.predict(learner_data.x[:rows])
    assert some.shape == (rows, 10)
    assert some.dtype == np.float32
    one = trained.predict(learner_data.x[:1])[:rows]
    np.testing.assert_allclose(some[:1], one, rtol=1e-4, atol=1e-4)


def test_steps_replace_epochs(learner: Learner, fit_request: FitRequest) -> None:
    options = TrainingOptions(epochs=99, steps=14, batch_size=32)
    history = learner.fit(replace(fit_request, options=options), MemoryContext()).history
    assert history["steps"].tolist() == [10, 4]
    assert history["samples"].tolist() == [320, 128]


def test_patience_restores_the_best_weights(learner: Learner, fit_request: FitRequest) -> None:
    data = samples_of(fit_request)
    stopping = replace(
        fit_request,
        train=View(data, np.arange(64)),
        validation=View(data, np.arange(1000, 1200)),
        options=TrainingOptions(epochs=40, batch_size=32, patience=1),
    )
    trained = learner.fit(stopping, MemoryContext())
    validation = trained.history["validation_loss"]
    best = int(np.argmin(validation))
    assert best == len(validation) - 1 - (len(validation) < 40)
    scored = data.task.score(trained.predict(data.x[1000:1200]), data.y[1000:1200])
    assert scored.scores["loss"] == pytest.approx(validation[best], rel=1e-5)
