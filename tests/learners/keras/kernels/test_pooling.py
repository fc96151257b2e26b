from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from dataworth.learners.keras.kernels.pooling import max_pool


@pytest.mark.parametrize(("shape", "window"), [((3, 8, 6, 5), (2, 2)), ((2, 11, 7, 4), (3, 2))])
def test_value_and_gradient_equal_those_of_xla(
    shape: tuple[int, ...], window: tuple[int, int]
) -> None:
    x = jnp.asarray(np.random.default_rng(3).normal(size=shape).astype(np.float32))
    size = (1, *window, 1)

    def theirs(x: jax.Array) -> jax.Array:
        pooled: jax.Array = lax.reduce_window(x, -jnp.inf, lax.max, size, size, "VALID")
        return pooled

    expected, back = jax.vjp(theirs, x)
    found, mine_back = jax.vjp(lambda x: max_pool(x, window), x)
    assert np.array_equal(found, expected)
    assert np.array_equal(mine_back(2 * expected)[0], back(2 * expected)[0])


def test_gradient_goes_to_the_first_of_equal_maxima() -> None:
    gradient = jax.grad(lambda x: max_pool(x, (2, 2)).sum())(jnp.ones((1, 4, 2, 1)))
    assert np.array_equal(gradient[0, :, :, 0], [[1, 0], [0, 0], [1, 0], [0, 0]])
