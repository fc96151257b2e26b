"""Ink on the 28x28 sheet: the pen along a path, pressure, gaps, stray marks, ragged soft edges."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

SIDE = 28
INK_NORMALS = 15
"""Normal numbers per sample that `inked` uses."""
DICE = 5
"""Random words per sample that `inked` uses."""

_PIXELS = SIDE * SIDE

Array = jax.Array


def inked(path: Array, pen_up: Array, small: Array, look: Array, dice: Array) -> Array:
    """Draw paths as images by the distance of every pixel to the nearest piece of its path.

    Parameters
    ----------
    path : Array, shape (n, points, 2)
        Centred on 0, longest side 1.
    pen_up : Array of bool, shape (n, points - 1)
        Pieces that are not drawn.
    small : Array, shape (n,)
        1 where the character was written small and so is magnified with its ink, else 0.
    look : Array, shape (n, INK_NORMALS)
        Standard normal numbers.
    dice : Array of uint32, shape (n, DICE)
        Random words.

    Returns
    -------
    Array of uint8, shape (n, SIDE, SIDE)
    """
    half = jnp.clip(1.35 * jnp.exp(0.27 * look[:, 0] + 0.12 * small), 0.7, 3.2)
    size = 23.4 - jnp.abs(0.9 * look[:, 1]) - 2.0 * half
    centre = (SIDE - 1) / 2 + 0.35 * look[:, None, 2:4]
    path = path * size[:, None, None] + centre
    start, end = path[:, :-1], path[:, 1:]
    end = jnp.where((pen_up | _gaps(dice, pen_up.shape[1]))[..., None], start, end)
    start, end = _with_stray(start, end, look[:, 11:15], dice)
    along = np.linspace(-1.0, 1.0, start.shape[1], dtype=np.float32)
    pressure = jnp.exp(0.12 * look[:, 4, None] * along + 0.15 * look[:, 5, None] * (along**2 - 0.5))
    distance = jnp.sqrt(_nearest(start, end, 1.0 / (pressure * pressure)))
    soft = 1.05 * jnp.exp(0.2 * look[:, 6, None])
    rough = 0.10 * jnp.exp(0.5 * look[:, 7, None]) * _grain(dice[:, 4])
    level = jnp.clip((half[:, None] - distance + rough) / (2.0 * soft) + 0.5, 0.0, 1.0)
    ink = level * level * (3.0 - 2.0 * level) * (1.0 + 0.1 * look[:, 8, None])
    return jnp.round(255.0 * jnp.clip(ink, 0.0, 1.0)).astype(jnp.uint8).reshape(-1, SIDE, SIDE)


def _uniform(words: Array) -> Array:
    return (words >> 8).astype(jnp.float32) * 2.0**-24


def _gaps(dice: Array, pieces: int) -> Array:
    """In one sample of 12 the pen skips a short piece of the way."""
    skips = dice[:, 0] < 2**32 // 12
    where = _uniform(dice[:, 1]) * pieces
    width = 0.6 + 2.4 * _uniform(dice[:, 2])
    middles = np.arange(pieces, dtype=np.float32) + np.float32(0.5)
    return skips[:, None] & (jnp.abs(middles - where[:, None]) < width[:, None])


def _with_stray(start: Array, end: Array, look: Array, dice: Array) -> tuple[Array, Array]:
    """A stray mark in one sample of 16, a speck or a neighbour's end; else a piece of no length."""
    stray = (dice[:, 3] < 2**32 // 16)[:, None]
    place = SIDE / 2 + 9.0 * jnp.tanh(look[:, 0:2])
    first = jnp.where(stray, place, start[:, 0])
    last = jnp.where(stray, place + 2.5 * look[:, 2:4], start[:, 0])
    return (
        jnp.concatenate([start, first[:, None]], axis=1),
        jnp.concatenate([end, last[:, None]], axis=1),
    )


def _nearest(start: Array, end: Array, weight: Array) -> Array:
    """Smallest weighted squared distance of every pixel to the pieces, shape (n, pixels)."""
    column = jnp.asarray(np.arange(_PIXELS, dtype=np.float32) % SIDE)
    row = jnp.asarray((np.arange(_PIXELS) // SIDE).astype(np.float32))
    way = end - start
    inverse = 1.0 / jnp.maximum((way * way).sum(axis=2), 1e-6)
    nearest = jnp.full((len(start), _PIXELS), 1e6, jnp.float32)
    # Unrolled, so that it compiles to one pass over the pixels with all pieces in vector registers.
    for piece in range(start.shape[1]):
        dx, dy = way[:, piece, 0, None], way[:, piece, 1, None]
        x, y = column - start[:, piece, 0, None], row - start[:, piece, 1, None]
        at = jnp.clip((x * dx + y * dy) * inverse[:, piece, None], 0.0, 1.0)
        x, y = x - at * dx, y - at * dy
        nearest = jnp.minimum(nearest, (x * x + y * y) * weight[:, piece, None])
    return nearest


def _grain(word: Array) -> Array:
    """A number from -1 to 1 per sample and pixel: the lowbias32 integer hash (Wellons 2018)."""
    h = word[:, None] + np.arange(_PIXELS, dtype=np.uint32) * np.uint32(0x9E3779B9)
    h = (h ^ (h >> 16)) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> 15)) * np.uint32(0x846CA68B)
    h = h ^ (h >> 16)
    return (h >> 8).astype(jnp.float32) * 2.0**-23 - 1.0
