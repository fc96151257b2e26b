from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from errors import raises
from memory_checkpoints import Memory

from dataworth.errors import StudyError
from dataworth.learners import Budget, Task, resolve
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.presets import mlp
from dataworth.learners.keras.program import Program, fresh_weights


def test_equals_keras_fit(task: Task) -> None:
    """Same weights, same order, a smaller last batch: the same weights as Keras' own loop."""
    keras = load_keras()
    network = Network(mlp, (8, 8), 10)
    weights = fresh_weights(network)
    model = keras.models.clone_model(network.model)
    model.set_weights([np.asarray(value) for value in weights.trainable])
    model.compile(
        keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x, y = task.x[:301], task.y[:301]
    program = Program(network, 1 / 255, "crossentropy", 1e-3)
    losses = []
    for _ in range(3):
        weights, loss = program.epoch(weights, x, y, np.arange(301), 32)
        losses.append(loss)
    theirs = model.fit(x / np.float32(255), y, batch_size=32, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(losses, theirs.history["loss"], rtol=1e-5)
    for mine, other in zip(weights.trainable, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_every_sample_is_seen_once_an_epoch(task: Task) -> None:
    """With one wrong label among 33 samples in batches of 32, the wrong one is learnt too."""
    lone = replace(task, rows=np.arange(33), budget=Budget(epochs=150, batch_size=32))
    trained = resolve("mlp:32", learning_rate=0.01).train(lone)
    assert (trained.logits(task.x[:33]).argmax(axis=1) == task.y[:33]).all()


def test_memory_mapped_features_are_enough(task: Task, tmp_path: object) -> None:
    path = f"{tmp_path}/x.npy"
    np.save(path, task.x)
    mapped = replace(task, x=np.load(path, mmap_mode="r"))
    learner = resolve("linear")
    assert np.array_equal(learner.train(mapped).logits(task.x), learner.train(task).logits(task.x))


def test_a_checkpoint_of_another_layout_is_none(task: Task) -> None:
    learner, memory = resolve("linear"), Memory()
    history = learner.train(task, checkpoints=memory).history
    assert memory.kept is not None
    epochs, arrays = memory.kept
    narrow = {name: array[..., :1] if array.ndim else array for name, array in arrays.items()}
    for state in ({}, narrow, {**arrays, "best/0": arrays["last/0"]}):
        again = learner.train(task, checkpoints=Memory((epochs[:1], state)))
        assert [epoch.loss for epoch in again.history] == [epoch.loss for epoch in history]


def test_more_outputs_than_classes_present(task: Task) -> None:
    trained = resolve("linear").train(replace(task, outputs=47))
    assert trained.logits(task.x[:4]).shape == (4, 47)


def test_constant_labels_fall_to_the_float32_floor(task: Task) -> None:
    """What the published study's scaled label column does to its loss."""
    published = replace(
        task, y=np.zeros_like(task.y), loss="clipped", budget=Budget(epochs=60, batch_size=32)
    )
    history = resolve("mlp:32", learning_rate=0.05).train(published).history
    assert history[-1].loss == float(np.float32(1.1920929e-07))


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"rows": np.empty(0, np.int64)}, "no-rows", ""),
        ({"budget": Budget(patience=2)}, "size-too-small", "patience=2"),
        (
            {"loss": "hinge"},
            "unknown-loss",
            '"hinge".*crossentropy, clipped',
        ),
    ],
)
def test_refuses_what_cannot_be_trained(
    task: Task, changes: dict[str, object], code: str, message: str
) -> None:
    with raises(code, StudyError, message):
        resolve("linear").train(replace(task, **changes))  # type: ignore[arg-type]
