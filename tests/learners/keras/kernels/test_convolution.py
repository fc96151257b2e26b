from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from dataworth.learners.keras.kernels.convolution import Geometry, convolve

SAME = ((1, 1), (1, 1))
VALID = ((0, 0), (0, 0))
CASES = {
    "direct": ((5, 8, 7, 1), (3, 3, 1, 4), Geometry((1, 1), SAME, (1, 1))),
    "winograd same": ((19, 14, 14, 8), (3, 3, 8, 16), Geometry((1, 1), SAME, (1, 1))),
    "winograd valid, odd": ((3, 9, 12, 16), (3, 3, 16, 8), Geometry((1, 1), VALID, (1, 1))),
    "winograd, one-sided": ((2, 6, 5, 8), (3, 3, 8, 8), Geometry((1, 1), ((2, 0), (0, 1)), (1, 1))),
    "patches 5x5": ((4, 9, 9, 8), (5, 5, 8, 6), Geometry((1, 1), ((2, 2), (2, 2)), (1, 1))),
    "patches 1x1": ((4, 5, 6, 40), (1, 1, 40, 3), Geometry((1, 1), VALID, (1, 1))),
    "strides": ((3, 11, 10, 8), (3, 3, 8, 5), Geometry((2, 3), SAME, (1, 1))),
    "dilation": ((3, 11, 10, 8), (3, 2, 8, 5), Geometry((1, 1), SAME, (2, 3))),
    "direct strides": ((3, 9, 9, 2), (2, 2, 2, 3), Geometry((2, 2), VALID, (1, 1))),
}


_LIKE_OTHERS = ("winograd valid, odd", "patches 1x1", "direct strides")
"""Each compiles for a second, and differs from another case in its shape alone."""


@pytest.mark.parametrize(
    "case", [pytest.param(n, marks=[pytest.mark.slow] * (n in _LIKE_OTHERS)) for n in CASES]
)
def test_value_and_gradients_equal_those_of_xla(case: str) -> None:
    image, kernel, geometry = CASES[case]
    random = np.random.default_rng(7)
    x = jnp.asarray(random.normal(size=image).astype(np.float32))
    w = jnp.asarray(random.normal(size=kernel).astype(np.float32))

    def theirs(x: jax.Array, w: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(
            x,
            w,
            geometry.strides,
            geometry.padding,
            rhs_dilation=geometry.dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    shape = jax.eval_shape(theirs, x, w).shape
    dy = jnp.asarray(random.normal(size=shape).astype(np.float32))

    # Compiled as a whole, as in training; one operation at a time takes ten times as long.
    @partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
    def both(x: jax.Array, w: jax.Array, dy: jax.Array) -> tuple[list[jax.Array], list[jax.Array]]:
        expected, back = jax.vjp(theirs, x, w)
        found, mine_back = jax.vjp(lambda x, w: convolve(x, w, geometry), x, w)
        return [found, *mine_back(dy)], [expected, *back(dy)]

    for mine, other in zip(*both(x, w, dy), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-5 * np.abs(other).max())
