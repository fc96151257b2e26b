"""Any optimizer of Keras in the compiled loop."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.data.passes import InPlace
from dataworth.errors import StudyError
from dataworth.learners import resolve
from dataworth.learners.keras.backend import load_keras, seeded
from dataworth.learners.keras.losses import crossentropy
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.optimizer import Adam, KerasUpdates, recipe_of
from dataworth.learners.keras.presets import mlp
from dataworth.learners.keras.program import Program
from dataworth.testing.learners import LEARNER_CHECKS, LearnerCase, LearnerCheck


def decayed() -> Any:
    """A schedule, weight decay of all but biases, and clipping."""
    optimizers = load_keras().optimizers
    schedule = optimizers.schedules.CosineDecay(0.05, 40)
    made = optimizers.AdamW(schedule, weight_decay=0.1, global_clipnorm=1.0)
    made.exclude_from_weight_decay(var_names=["bias"])
    return made


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "schedule and decay": decayed,
    "momentum": lambda: load_keras().optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "accumulated": lambda: load_keras().optimizers.SGD(0.1, gradient_accumulation_steps=3),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n != "schedule and decay")) for n in OPTIMIZERS],
)
def test_equals_keras_fit(name: str, learner_data: Dataset) -> None:
    """Same weights, same order, a smaller last batch: the same weights as Keras' own loop."""
    keras = load_keras()
    # From a few of all initial weights, rounding grows until the trainings part.
    with seeded(0):
        network = Network(mlp, (8, 8), 10)
    recipe = recipe_of(OPTIMIZERS[name](), None)
    assert recipe is not None
    updates = KerasUpdates(recipe.make(), network.model.trainable_variables)
    program = Program(network, 1 / 255, crossentropy, updates)
    weights = program.fresh_weights(network)
    model = keras.models.clone_model(network.model)
    model.set_weights([np.asarray(value) for value in weights.trainable])
    model.compile(OPTIMIZERS[name](), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = learner_data.x[:301], learner_data.y[:301]
    for _ in range(3):
        weights, _ = program.epoch(weights, InPlace(x), y, np.arange(301), 32)
    model.fit(x / np.float32(255), y, batch_size=32, epochs=3, shuffle=False, verbose=0)
    for mine, other in zip(weights.trainable, model.get_weights(), strict=True):
        # Adam's step of a gradient near zero is mostly rounding; another schedule is 0.01 off.
        np.testing.assert_allclose(mine, other, atol=1e-3)


def constrained(shape: tuple[int, ...], outputs: int) -> Any:
    """A network with constraints of its kernels and a bias."""
    keras = load_keras()
    layers, constraints = keras.layers, keras.constraints
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            layers.Dense(16, "relu", kernel_constraint=constraints.MaxNorm(0.5)),
            layers.Dense(outputs, bias_constraint=constraints.NonNeg()),
        ]
    )


@pytest.mark.parametrize("optimizer", ["adam", pytest.param("sgd", marks=pytest.mark.slow)])
def test_constraints_hold_after_each_step(optimizer: str, learner_data: Dataset) -> None:
    keras = load_keras()
    with seeded(0):
        network = Network(constrained, (8, 8), 10)
    recipe = recipe_of(optimizer, None)
    updates = (
        Adam(0.01, network.constraints)
        if recipe is None
        else KerasUpdates(recipe.make(), network.model.trainable_variables)
    )
    program = Program(network, 1 / 255, crossentropy, updates)
    weights = program.fresh_weights(network)
    model = constrained((8, 8), 10)
    model.set_weights([np.asarray(value) for value in weights.trainable])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01) if recipe is None else "sgd", loss)
    x, y = learner_data.x[:301], learner_data.y[:301]
    weights, _ = program.epoch(weights, InPlace(x), y, np.arange(301), 32)
    model.fit(x / np.float32(255), y, batch_size=32, epochs=1, shuffle=False, verbose=0)
    kernel, _, _, bias = map(np.asarray, weights.trainable)
    assert np.linalg.norm(kernel, axis=0).max() <= 0.5 + 1e-5
    assert bias.min() >= 0
    for mine, other in zip(weights.trainable, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-3)


def test_constraints_are_in_the_identity_of_a_run(learner_data: Dataset) -> None:
    learner = resolve(constrained)
    assert "constraints" in learner.identity(learner_data, learner_data.task)  # type: ignore[call-arg]
    plain = resolve("mlp:16")
    assert "constraints" not in plain.identity(learner_data, learner_data.task)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def case(learner_data: Dataset) -> LearnerCase:
    return LearnerCase(
        lambda: resolve("mlp:32", optimizer=decayed()),  # type: ignore[arg-type, return-value]
        learner_data,
        make_other=lambda: resolve("mlp:32", optimizer=OPTIMIZERS["momentum"]()),  # type: ignore[arg-type, return-value]
    )


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(case: LearnerCase, check: LearnerCheck) -> None:
    check(case)


def test_every_setting_of_an_optimizer_is_in_the_identity(learner_data: Dataset) -> None:
    optimizers = load_keras().optimizers
    undecayed = optimizers.AdamW(0.05, weight_decay=0.1)
    undecayed.exclude_from_weight_decay(var_names=["bias"])
    given = [
        None,
        "sgd",
        optimizers.Adam(1e-3),
        optimizers.AdamW(0.05, weight_decay=0.1),
        undecayed,
        optimizers.AdamW(0.05, weight_decay=0.2),
        optimizers.AdamW(optimizers.schedules.CosineDecay(0.05, 40), weight_decay=0.2),
        optimizers.AdamW(optimizers.schedules.CosineDecay(0.05, 41), weight_decay=0.2),
        decayed(),
    ]
    learners: list[Any] = [resolve("mlp:32", optimizer=each) for each in given]
    learners.append(resolve("mlp:32", optimizer="sgd", learning_rate=0.3))
    found = [dict(each.identity(learner_data, learner_data.task)) for each in learners]
    assert all(found.count(identity) == 1 for identity in found)
    again = pickle.loads(pickle.dumps(learners[-2]))
    assert dict(again.identity(learner_data, learner_data.task)) == found[-2]


def test_adam_by_name_is_the_default(learner_data: Dataset) -> None:
    one: Any = resolve("linear")
    two: Any = resolve("linear", optimizer="adam")
    task = learner_data.task
    assert one.identity(learner_data, task) == two.identity(learner_data, task)
    assert one.identity(learner_data, task)["optimizer"] == "adam"


def averaging() -> Any:
    return load_keras().optimizers.SGD(0.1, use_ema=True)


def scaling() -> Any:
    return load_keras().optimizers.LossScaleOptimizer(load_keras().optimizers.SGD(0.1))


def of_a_function() -> Any:
    return load_keras().optimizers.SGD(lambda: 0.1)


@pytest.mark.parametrize("make", [averaging, scaling, of_a_function])
def test_what_the_loop_does_not_do_is_refused(make: Callable[[], Any]) -> None:
    with raises("unknown-choice", StudyError, type(make()).__name__):
        resolve("linear", optimizer=make())


def test_what_is_no_optimizer_is_refused() -> None:
    with raises("unknown-choice", StudyError, "'adamx'.*adamw"):
        resolve("linear", optimizer="adamx")
    with raises("wrong-type", StudyError, r"SGD\(\)"):
        resolve("linear", optimizer=load_keras().optimizers.SGD)
    with raises("options-conflict", StudyError, "learning_rate"):
        resolve("linear", optimizer=decayed(), learning_rate=0.1)
    with raises("wrong-type", StudyError, "CosineDecay"):
        dw.Study("digits", learning_rate=load_keras().optimizers.schedules.CosineDecay(0.1, 9))
    with raises("option-without-effect", StudyError, "optimizer"):
        dw.Study("digits", lambda run: {"loss": 1.0}, optimizer="sgd").resolve()


@pytest.mark.slow
def test_an_optimizer_in_a_study(tmp_path: Path) -> None:
    options: dict[str, Any] = {"sizes": [100], "seeds": 1, "steps": 20}
    adam = dw.Study("digits", "linear", **options).run(tmp_path / "adam")
    sgd = dw.Study("digits", "linear", optimizer="sgd", learning_rate=0.5, **options)
    assert sgd.run(tmp_path / "sgd").values != adam.values
    text = (tmp_path / "sgd" / "study.toml").read_text()
    assert 'optimizer = "sgd"' in text
    assert "learning_rate = 0.5" in text
    with raises("study-differs", StudyError, "optimizer"):
        dw.Study("digits", "linear", **options).run(tmp_path / "sgd")


def test_an_optimizer_that_changes_with_the_size(tmp_path: Path) -> None:
    optimizers = load_keras().optimizers

    def decaying(size: int) -> Any:
        return optimizers.SGD(optimizers.schedules.CosineDecay(0.5, size))

    options: dict[str, Any] = {"seeds": 1, "steps": 20}
    by_size = dw.Study(
        "digits", "linear", optimizer=dw.BySize(decaying), sizes=[50, 100], **options
    )
    curve = by_size.run(tmp_path / "both")
    alone = dw.Study("digits", "linear", optimizer=decaying(100), sizes=[100], **options)
    assert alone.run(tmp_path / "one").values[0] == curve.values[-1]
