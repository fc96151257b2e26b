"""A batch divided among cores: the same figures every time, and random numbers of each core's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from dataworth.data.base import View
from dataworth.data.passes import InPlace
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.learners.keras import data_parallel
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.losses import crossentropy
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.optimizer import Adam
from dataworth.learners.keras.program import Program
from dataworth.learners.keras.trainer import samples_of
from dataworth.testing.contexts import MemoryContext


@pytest.fixture(autouse=True)
def _several_cores() -> None:
    load_keras()
    if data_parallel.mesh(2) is None:
        pytest.skip("one core: nothing is divided")


def with_half_dropped(shape: tuple[int, ...], classes: int) -> Any:
    """Build a network whose 1,024 hidden units are positive, and dropped half of the time."""
    layers = load_keras().layers
    return load_keras().Sequential(
        [
            load_keras().Input((*shape, 1)),
            layers.Conv2D(16, 3, padding="same", kernel_initializer="ones"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(classes),
        ]
    )


def with_statistics(shape: tuple[int, ...], classes: int) -> Any:
    network = with_half_dropped(shape, classes)
    return load_keras().Sequential([*network.layers, load_keras().layers.BatchNormalization()])


def with_frozen_weights(shape: tuple[int, ...], classes: int) -> Any:
    network = with_half_dropped(shape, classes)
    network.layers[0].trainable = False
    return network


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "seeds"),
    [(with_half_dropped, True), (with_statistics, False), (with_frozen_weights, False)],
)
def test_only_seeds_are_told_from_other_state(build: Any, seeds: bool) -> None:
    network = Network(build, (8, 8), 10)
    assert network.state
    assert network.has_only_seeds == seeds


def test_every_core_and_step_has_its_own_seeds() -> None:
    def steps(seeds: Any, x: Any, y: Any, step: Any) -> Any:
        return seeds, jax.lax.all_gather(
            data_parallel.own_seeds(seeds, step)[0], data_parallel.AXIS
        )

    over = data_parallel.mesh(2)
    batch = np.zeros((1, len(over.devices)))
    program = jax.jit(data_parallel.divided(steps, over))
    seeds = [np.array([7, 0], np.uint32)]
    found = np.concatenate([program(seeds, batch, batch, step)[1] for step in (0, 1)])
    assert len(np.unique(found, axis=0)) == 2 * len(over.devices)


def test_cores_drop_other_units() -> None:
    """Of two samples on two cores: a weight moves unless its unit is dropped for both."""
    network = Network(with_half_dropped, (8, 8), 10)
    program = Program(network, 1.0, crossentropy, Adam(1e-3))
    before = program.fresh_weights(network)
    kernel = np.array(before.trainable[-2])
    x = np.ones((2, 8, 8), np.uint8)
    after, _ = program.epoch(before, InPlace(x), np.array([0, 1]), np.arange(2), 2)
    still = (np.asarray(after.trainable[-2]) == kernel).all(axis=1).mean()
    assert still == pytest.approx(0.25, abs=0.06)


@pytest.mark.slow
def test_resumes_to_the_bit_where_the_last_batch_is_not_divided(fit_request: FitRequest) -> None:
    learner: Any = resolve(with_half_dropped)
    data = samples_of(fit_request)
    odd = replace(
        fit_request,
        train=View(data, np.arange(45)),
        options=TrainingOptions(epochs=3, batch_size=32),
    )
    unbroken, context = learner.fit(odd, MemoryContext()), MemoryContext(stop_after=1)
    with pytest.raises(KeyboardInterrupt):
        learner.fit(odd, context)
    resumed = learner.fit(odd, MemoryContext(checkpoint=context.checkpoint))
    assert resumed.history["loss"].tolist() == unbroken.history["loss"].tolist()
    assert resumed.predict(data.x).tobytes() == unbroken.predict(data.x).tobytes()
