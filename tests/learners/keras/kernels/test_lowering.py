from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.kernels.lowering import for_cpu


def model(**options: Any) -> Any:
    keras = load_keras()
    convolution = keras.layers.Conv2D(8, 3, activation="relu", **options)
    return keras.Sequential(
        [keras.Input((12, 12, 8)), convolution, keras.layers.MaxPooling2D(), keras.layers.Flatten()]
    )


def primitives(function: Any, *arguments: Any) -> str:
    return str(jax.make_jaxpr(jax.grad(lambda *a: function(*a).sum()))(*arguments))


@pytest.mark.parametrize(
    ("options", "covered"),
    [
        ({}, True),
        ({"padding": "same", "strides": 2}, True),
        ({"dilation_rate": 2}, True),
        ({"groups": 4}, False),
    ],
)
def test_keras_layers_are_lowered_and_give_the_same(options: dict[str, Any], covered: bool) -> None:
    network = model(**options)
    weights = [variable.value for variable in network.trainable_variables]
    x = jnp.asarray(np.random.default_rng(0).normal(size=(3, 12, 12, 8)).astype(np.float32))

    def plain(weights: Any, x: Any) -> Any:
        return network.stateless_call(weights, [], x)[0]

    lowered = for_cpu(plain)
    # Compiled as a whole, as in training; one operation at a time takes longer.
    quick = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
    found, expected = quick(lowered)(weights, x), quick(plain)(weights, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert "conv_general_dilated" in primitives(plain, weights, x)
    assert ("conv_general_dilated" not in primitives(lowered, weights, x)) == covered
    assert "select_and_scatter" not in primitives(lowered, weights, x)


def test_results_keep_their_tree_and_constants() -> None:
    table = jnp.arange(3.0)
    lowered = for_cpu(lambda tree: {"sum": tree["a"] + table, "same": tree["b"]})
    found = lowered({"a": jnp.ones(3), "b": 2.0})
    assert found["same"] == 2.0
    assert np.array_equal(found["sum"], [1, 2, 3])
