from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.data.passes import InPlace
from dataworth.errors import StudyError
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.learners.keras.backend import load_keras, seeded
from dataworth.learners.keras.losses import crossentropy
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.optimizer import Adam
from dataworth.learners.keras.presets import mlp
from dataworth.learners.keras.program import Program
from dataworth.learners.keras.trainer import samples_of
from dataworth.testing.contexts import MemoryContext


def test_equals_keras_fit(learner_data: Dataset) -> None:
    """Same weights, same order, a smaller last batch: the same weights as Keras' own loop."""
    keras = load_keras()
    with seeded(0):
        network = Network(mlp, (8, 8), 10)
    program = Program(network, 1 / 255, crossentropy, Adam(1e-3))
    weights = program.fresh_weights(network)
    model = keras.models.clone_model(network.model)
    model.set_weights([np.asarray(value) for value in weights.trainable])
    model.compile(
        keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x, y = learner_data.x[:301], learner_data.y[:301]
    losses = []
    for _ in range(3):
        weights, loss = program.epoch(weights, InPlace(x), y, np.arange(301), 32)
        losses.append(loss)
    theirs = model.fit(x / np.float32(255), y, batch_size=32, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(losses, theirs.history["loss"], rtol=1e-5)
    for mine, other in zip(weights.trainable, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def changed(request: FitRequest, rows: Any = None, data: Any = None, **options: Any) -> FitRequest:
    """A request for other rows, other data or other training options."""
    train = View(
        samples_of(request) if data is None else data, request.train.rows if rows is None else rows
    )
    return replace(request, train=train, options=TrainingOptions(**options, batch_size=32))


def test_every_sample_is_seen_once_an_epoch(fit_request: FitRequest) -> None:
    """With one wrong label among 33 samples in batches of 32, the wrong one is learnt too."""
    learner: Any = resolve("mlp:32", learning_rate=0.01)
    trained = learner.fit(changed(fit_request, np.arange(33), epochs=150), MemoryContext())
    data = samples_of(fit_request)
    assert (trained.predict(data.x[:33]).argmax(axis=1) == data.y[:33]).all()


def test_memory_mapped_features_are_enough(fit_request: FitRequest, tmp_path: Path) -> None:
    data = samples_of(fit_request)
    np.save(tmp_path / "x.npy", data.x)
    mapped = Dataset(np.load(tmp_path / "x.npy", mmap_mode="r"), data.y, scale=data.scale)
    learner: Any = resolve("linear")
    one = learner.fit(changed(fit_request, data=mapped), MemoryContext()).predict(data.x)
    two = learner.fit(changed(fit_request), MemoryContext()).predict(data.x)
    assert np.array_equal(one, two)


def test_a_checkpoint_of_another_layout_is_not_used(fit_request: FitRequest) -> None:
    learner: Any = resolve("linear")
    context = MemoryContext()
    losses = learner.fit(fit_request, context).history["loss"].tolist()
    assert context.checkpoint is not None
    history, arrays = context.checkpoint
    first = {name: column[:1] for name, column in history.items()}
    narrow = {name: array[..., :1] if array.ndim else array for name, array in arrays.items()}
    for state in ({}, narrow, {**arrays, "best/0": arrays["last/0"]}):
        again = learner.fit(fit_request, MemoryContext(checkpoint=(first, state)))
        assert again.history["loss"].tolist() == losses


def test_more_outputs_than_classes_present(fit_request: FitRequest) -> None:
    data = samples_of(fit_request)
    names = [str(index) for index in range(47)]
    wide = Dataset(data.x, data.y, class_names=names, scale=data.scale)
    learner: Any = resolve("linear")
    trained = learner.fit(changed(fit_request, data=wide), MemoryContext())
    assert trained.predict(data.x[:4]).shape == (4, 47)


def test_constant_labels_fall_to_the_float32_floor(fit_request: FitRequest) -> None:
    """What the published study's scaled label column does to its loss."""
    data = samples_of(fit_request)
    names = [str(index) for index in range(10)]
    constant = Dataset(data.x, np.zeros_like(data.y), class_names=names, scale=data.scale)
    learner: Any = resolve("mlp:32", learning_rate=0.05)
    published = changed(fit_request, data=constant, epochs=60)
    history = learner.with_loss("clipped").fit(published, MemoryContext()).history
    assert history["loss"][-1] == float(np.float32(1.1920929e-07))


def test_refuses_what_cannot_be_trained(fit_request: FitRequest) -> None:
    learner: Any = resolve("linear")
    with raises("no-rows", StudyError):
        learner.fit(changed(fit_request, np.empty(0, np.int64)), MemoryContext())
    with raises("size-out-of-range", StudyError, "patience=2"):
        learner.fit(changed(fit_request, patience=2), MemoryContext())
    with raises("unknown-choice", StudyError, '"hinge".*crossentropy, clipped'):
        learner.with_loss("hinge").fit(fit_request, MemoryContext())


def test_several_labels_are_refused_before_training(fit_request: FitRequest) -> None:
    data = samples_of(fit_request)
    labels = Dataset(data.x, np.stack([data.y > 4, data.y % 2 == 0], 1), task="multilabel")
    learner: Any = resolve("linear")
    with raises("task-not-supported", StudyError, "linear.*multilabel"):
        learner.identity(labels, labels.task)


@pytest.mark.slow
def test_the_time_of_compiling_is_that_of_the_first_run(fit_request: FitRequest) -> None:
    learner: Any = resolve("mlp:8", learning_rate=0.01)
    request = changed(fit_request, np.arange(40), epochs=1)
    first, second = (learner.fit(request, MemoryContext()).facts for _ in range(2))
    assert first["compile_seconds"] > second["compile_seconds"]
