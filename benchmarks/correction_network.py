"""The networks of learn_correction.py: trained with JAX, written as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.correction import LOG_STRETCH, POWER, SHIFT, network_inputs
from dataworth.forecast.features import NAMES

Floats = NDArray[np.float64]
GRID = (np.arange(100) + 0.5) / 100
"""Levels of the quantiles of the uncorrected draws."""
# Evenly spaced, with more towards the ends: intervals hang on them.
_CHOSEN = [0, 2, 4, 5, 7, 9, 12, 14, 17, *range(19, 80, 5), 50, 82, 85, 87, 90, 92, 94, 95, 97, 99]
CHOSEN = np.array(sorted(set(_CHOSEN)))
HIDDEN = ((24,), (24,))
"""Widths of the hidden layers of each network."""
_STEPS, _BATCH, _RATE = 1000, 2048, 4e-3
_DECAY = 3e-5
"""Quadratic penalty of all weights."""
_NOISE = 0.5
"""Standard deviation of noise that is added to the standardised features while learning: without
it, or with wider networks, they fit the data sets that they learn from and no others."""
_UNTOLD = 0.5
"""Share of the examples from which the family is hidden."""


@dataclass(frozen=True, eq=False)
class Examples:
    """What is learned from, one row per forecast.

    Attributes
    ----------
    inputs : ndarray, shape (n, f)
        Standardised features.
    told : ndarray, shape (n, g)
        1 for the learner's family, 0 for the others.
    middle, spread, truth, weight : ndarray, shape (n,)
        Of the uncorrected draws; the truth relative to the last measured value, like them.
    quantiles : ndarray, shape (n, len(CHOSEN))
    """

    inputs: Floats
    told: Floats
    middle: Floats
    spread: Floats
    quantiles: Floats
    truth: Floats
    weight: Floats

    def rows(self, which: NDArray[Any]) -> Examples:
        """Some of them."""
        return Examples(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def corrected(out: Any, middle: Any, spread: Any, quantiles: Any) -> Any:
    """Corrected quantiles, from the networks' output; as `Adjustment.apply`."""
    z = (quantiles - middle[:, None]) / spread[:, None]
    shift = _bounded(out[:, 0], SHIFT)
    below, above = (jnp.exp(_bounded(out[:, i], LOG_STRETCH))[:, None] for i in (1, 2))
    power = 1 + _bounded(out[:, 3], POWER)
    size = jnp.maximum(jnp.abs(z), 1e-6) ** power[:, None]
    moved = shift[:, None] + size * jnp.where(z < 0, -below, above)
    return middle[:, None] + spread[:, None] * moved


def trained(
    examples: Examples, share: Floats, hidden: tuple[int, ...], seed: int
) -> tuple[tuple[Floats, Floats], ...]:
    """Train one network by Adam on the weighted pinball loss; examples are drawn by `share`."""
    rng = np.random.default_rng(seed)
    drawn = np.cumsum(share) / share.sum()
    features = examples.inputs.shape[1]
    width = network_inputs(examples.inputs[:1], examples.told[:1], NAMES).shape[1]
    sizes = [width, *hidden, 4]
    layers = []
    for at, (before, after) in enumerate(pairwise(sizes)):
        small = 0.1 if at == len(sizes) - 2 else 1.0
        layers.append([small * rng.normal(size=(before, after)) / np.sqrt(before), np.zeros(after)])
    layers[0][0][features:] = 0.0
    state: Any = (jax.tree.map(jnp.asarray, layers),)
    state += (jax.tree.map(jnp.zeros_like, state[0]),) * 2
    for step in range(_STEPS):
        batch = examples.rows(np.searchsorted(drawn, rng.random(_BATCH)))
        told = batch.told * (rng.random((_BATCH, 1)) > _UNTOLD)
        inputs = network_inputs(batch.inputs, told, NAMES)
        inputs[:, :features] += _NOISE * rng.standard_normal((_BATCH, features))
        rest = (batch.middle, batch.spread, batch.quantiles, batch.truth, batch.weight)
        state = _step(state, float(step), inputs, *rest)
    return tuple((np.array(w, np.float64), np.array(b, np.float64)) for w, b in state[0])


@jax.jit
def _step(state: Any, step: Any, *rest: Any) -> Any:
    layers, first, second = state
    slope = jax.grad(_loss)(layers, *rest)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
    second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g**2, second, slope)
    rate = _RATE * jnp.minimum(1, step / 100) * (1 + jnp.cos(jnp.pi * step / _STEPS)) / 2
    short, long = 1 - 0.9 ** (step + 1), 1 - 0.99 ** (step + 1)
    layers = jax.tree.map(
        lambda w, m, v: w - rate * (m / short) / (jnp.sqrt(v / long) + 1e-8), layers, first, second
    )
    return layers, first, second


def _loss(
    layers: Any,
    inputs: Any,
    middle: Any,
    spread: Any,
    quantiles: Any,
    truth: Any,
    weight: Any,
) -> Any:
    out = inputs
    for weights, biases in layers[:-1]:
        out = jnp.tanh(out @ weights + biases)
    out = out @ layers[-1][0] + layers[-1][1]
    off = truth[:, None] - corrected(out, middle, spread, quantiles)
    level = jnp.asarray(GRID[CHOSEN])
    pinball = jnp.maximum(level * off, (level - 1) * off).mean(axis=1)
    penalty = _DECAY * sum((weights**2).sum() for weights, _ in layers)
    return 2 * (weight * pinball).mean() + penalty


def _bounded(values: Any, most: float) -> Any:
    return most * jnp.tanh(values / most)
