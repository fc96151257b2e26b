"""Blocks: work on a batch in parts that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

BLOCK_BYTES = 3 << 18
"""Three quarters of a megabyte: within one core's second-level cache."""


def mapped(block: Callable[..., Array], arrays: tuple[Array, ...], image_bytes: int) -> Array:
    """Apply `block` to blocks of (n, ...) and join the results; `image_bytes` of work each."""
    found: Array = lax.map(lambda parts: block(*parts), _blocks(arrays, image_bytes))
    return found.reshape(-1, *found.shape[2:])[: len(arrays[0])]


def summed(block: Callable[..., Array], arrays: tuple[Array, ...], image_bytes: int) -> Array:
    """Apply `block` to blocks of (n, ...) and add the results up; zeros must add nothing."""
    parts = _blocks(arrays, image_bytes)
    shape = jax.eval_shape(block, *(part[0] for part in parts))
    total, _ = lax.scan(
        lambda seen, part: (seen + block(*part), None), jnp.zeros(shape.shape, shape.dtype), parts
    )
    return total


def mapped_and_summed(
    block: Callable[..., tuple[Array, Array]], arrays: tuple[Array, ...], image_bytes: int
) -> tuple[Array, Array]:
    """Do both at once: `block` returns a part to join and a part to add up."""
    parts = _blocks(arrays, image_bytes)
    shape = jax.eval_shape(block, *(part[0] for part in parts))[1]

    def step(seen: Array, part: tuple[Array, ...]) -> tuple[Array, Array]:
        joined, added = block(*part)
        return seen + added, joined

    total, found = lax.scan(step, jnp.zeros(shape.shape, shape.dtype), parts)
    return found.reshape(-1, *found.shape[2:])[: len(arrays[0])], total


def _blocks(arrays: tuple[Array, ...], image_bytes: int) -> tuple[Array, ...]:
    """Cut (n, ...) into (blocks, images, ...), the last block filled up with zeros."""
    n = len(arrays[0])
    images = 1
    while 2 * images <= n and 2 * images * image_bytes <= BLOCK_BYTES:
        images *= 2
    missing = -n % images
    if missing:
        arrays = tuple(jnp.pad(a, [(0, missing)] + [(0, 0)] * (a.ndim - 1)) for a in arrays)
    return tuple(a.reshape(-1, images, *a.shape[1:]) for a in arrays)
