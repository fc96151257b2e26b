from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.network import Network


def hidden_in_code(ending: Callable[[Any], Any], normalised: bool = False) -> Any:
    """A builder of a class whose last activation is nowhere to be seen."""
    keras = load_keras()

    class Hidden(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self, classes: int) -> None:
            super().__init__()
            self.flatten = keras.layers.Flatten()
            self.norm = keras.layers.LayerNormalization() if normalised else keras.layers.Identity()
            self.dense = keras.layers.Dense(classes)

        def call(self, x: Any) -> Any:
            return ending(self.dense(self.norm(self.flatten(x))))

    return lambda shape, classes: Hidden(classes)


def logits(network: Network) -> np.ndarray[Any, Any]:
    x = np.random.default_rng(0).random((9, *network.shape), dtype=np.float32)
    return np.asarray(network(network.trainable, network.state, x, training=False)[0])


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("ending", ["linear", "relu", "log_softmax"])
def test_logits_are_known_by_their_values(ending: str, normalised: bool, classes: int) -> None:
    build = hidden_in_code(getattr(load_keras().activations, ending), normalised)
    assert Network(build, (8, 8), classes).gives_logits


@pytest.mark.parametrize("classes", [2, 10])
def test_the_logarithm_of_probabilities_stands_for_logits(classes: int) -> None:
    network = Network(hidden_in_code(load_keras().ops.softmax), (8, 8), classes)
    assert not network.gives_logits
    np.testing.assert_allclose(np.exp(logits(network)).sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("ending", "code", "message"),
    [
        ("sigmoid", "invalid-outputs", "sigmoid"),
        ("log", "invalid-outputs", ""),
    ],
)
def test_columns_that_are_no_distribution_are_refused(ending: str, code: str, message: str) -> None:
    keras = load_keras()
    endings = {"sigmoid": keras.ops.sigmoid, "log": lambda x: keras.ops.log(0 * x - 1)}
    with raises(code, StudyError, message):
        Network(hidden_in_code(endings[ending]), (8, 8), 10)


def test_an_activation_of_a_layer_of_ones_own_is_left_alone() -> None:
    """It may be applied anywhere in the layer."""
    keras = load_keras()

    class Weighted(keras.layers.Layer):  # type: ignore[misc, name-defined]
        activation = staticmethod(keras.activations.softmax)

        def call(self, x: Any) -> Any:
            return 10 * x * self.activation(x)

    def build(shape: tuple[int, ...], classes: int) -> Any:
        return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(classes), Weighted()])

    network = Network(build, (8, 8), 10)
    assert network.gives_logits
    dense, weighted = network.model.layers[-2:]
    assert weighted.activation is keras.activations.softmax
    assert dense.units == 10
