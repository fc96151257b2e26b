"""What every learner must do, whatever it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from memory_checkpoints import Memory
from numpy.typing import NDArray

from dataworth.learners import Budget, Epoch, Learner, Task, Trained, resolve
from dataworth.learners.keras.backend import load_keras
from dataworth.metrics import classification as metrics


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


LEARNERS: dict[str, Callable[[], Learner]] = {
    "linear": lambda: resolve("linear", learning_rate=0.01),
    "mlp": lambda: resolve("mlp:32", learning_rate=0.005),
    "cnn": lambda: resolve("cnn", learning_rate=0.003),
    "own class": lambda: resolve(own_class, learning_rate=0.005),
    "builder": lambda: resolve(with_dropout_and_statistics, learning_rate=0.01),
}


@pytest.fixture(scope="module", params=LEARNERS)
def learner(request: pytest.FixtureRequest) -> Learner:
    return LEARNERS[request.param]()


@pytest.fixture(scope="module")
def trained(learner: Learner, task: Task) -> Trained:
    return learner.train(task)


def logits(trained: Trained, held_out: Task) -> NDArray[np.float32]:
    return trained.logits(held_out.x[held_out.rows])


def test_learns_far_above_chance(trained: Trained, held_out: Task) -> None:
    scores = metrics.score(logits(trained, held_out), held_out.y[held_out.rows])
    assert scores.accuracy > 0.6
    assert scores.loss < np.log(10)
    assert trained.history[-1].loss < trained.history[0].loss


def test_history_counts_steps_and_samples(trained: Trained) -> None:
    assert [epoch.number for epoch in trained.history] == [1, 2, 3]
    assert {(epoch.steps, epoch.samples) for epoch in trained.history} == {(10, 320)}
    assert all(epoch.seconds > 0 for epoch in trained.history)


def test_same_task_gives_the_same_bits(
    learner: Learner, trained: Trained, task: Task, held_out: Task
) -> None:
    again = learner.train(task)
    assert logits(again, held_out).tobytes() == logits(trained, held_out).tobytes()
    assert [e.loss for e in again.history] == [e.loss for e in trained.history]


def test_another_seed_gives_other_figures(
    learner: Learner, trained: Trained, task: Task, held_out: Task
) -> None:
    other = learner.train(replace(task, seed=2))
    assert not np.array_equal(logits(other, held_out), logits(trained, held_out))


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_resumed_run_equals_the_unbroken_one_to_the_bit(
    learner: Learner, trained: Trained, task: Task, held_out: Task, stop: int
) -> None:
    memory = Memory()

    def stopping(epoch: Epoch, epochs: int) -> None:
        assert epochs == 3
        if epoch.number == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learner.train(task, watch=stopping, checkpoints=memory)
    assert memory.saves == stop
    resumed = learner.train(task, checkpoints=memory)
    assert memory.saves == 3
    assert logits(resumed, held_out).tobytes() == logits(trained, held_out).tobytes()
    assert [e.loss for e in resumed.history] == [e.loss for e in trained.history]


@pytest.mark.parametrize("rows", [0, 1, 512, 513])
def test_logits_do_not_depend_on_the_blocks(trained: Trained, task: Task, rows: int) -> None:
    some = trained.logits(task.x[:rows])
    assert some.shape == (rows, 10)
    assert some.dtype == np.float32
    np.testing.assert_allclose(some[:1], trained.logits(task.x[:1])[:rows], rtol=1e-4, atol=1e-4)


def test_steps_replace_epochs(learner: Learner, task: Task) -> None:
    steps = replace(task, budget=Budget(epochs=99, steps=14, batch_size=32))
    history = learner.train(steps).history
    assert [(epoch.steps, epoch.samples) for epoch in history] == [(10, 320), (4, 128)]


def test_patience_keeps_the_best_weights(learner: Learner, task: Task) -> None:
    rows = np.arange(1000, 1200)
    budget = Budget(epochs=40, batch_size=32, patience=1)
    stopping = replace(task, rows=np.arange(64), validation_rows=rows, budget=budget)
    trained = learner.train(stopping)
    validation = [epoch.validation_loss for epoch in trained.history]
    best = int(np.argmin(np.array(validation, np.float64)))
    assert best == len(validation) - 1 - (len(validation) < 40)
    kept = metrics.score(trained.logits(task.x[rows]), task.y[rows]).loss
    assert kept == pytest.approx(validation[best], rel=1e-5)


def test_identity_is_stable_and_tells_learners_apart(learner: Learner) -> None:
    mine = learner.identity((8, 8), 10)
    assert mine == learner.identity((8, 8), 10)
    others = [make().identity((8, 8), 10) for make in LEARNERS.values()]
    assert others.count(mine) == 1
