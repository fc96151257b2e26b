"""The Adam optimizer, with the arithmetic of Keras, on lists of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7

Moments = tuple[list[Any], list[Any]]


def zeros(weights: Sequence[Any]) -> Moments:
    """Return the initial first and second moments, which are zero."""
    import jax.numpy as jnp

    return [jnp.zeros_like(w) for w in weights], [jnp.zeros_like(w) for w in weights]


def update(
    weights: Sequence[Any],
    moments: Moments,
    gradients: Sequence[Any],
    step: Any,
    learning_rate: float,
) -> tuple[list[Any], Moments]:
    """Make one step of Adam (Kingma and Ba 2015, the efficient order at the end of section 2).

    Parameters
    ----------
    weights, gradients : sequence of float32 arrays
    moments : pair of lists of float32 arrays
    step : int32 scalar
        Number of steps made before this one.
    learning_rate : float

    Returns
    -------
    (weights, moments)
        After the step. ``EPSILON`` is added as in Keras: outside the square root, and without
        bias correction.
    """
    import jax.numpy as jnp

    count = (step + 1).astype(jnp.float32)
    rate = learning_rate * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    first = [m + (g - m) * (1 - BETA_1) for m, g in zip(moments[0], gradients, strict=True)]
    second = [
        v + (jnp.square(g) - v) * (1 - BETA_2) for v, g in zip(moments[1], gradients, strict=True)
    ]
    stepped = [
        w - rate * m / (jnp.sqrt(v) + EPSILON)
        for w, m, v in zip(weights, first, second, strict=True)
    ]
    return stepped, (first, second)
