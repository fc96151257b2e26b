"""Ink on the 28x28 sheet: a pen along a path, its pressure, gaps, stray marks, soft edges."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

SIDE = 28
INK_NORMALS = 15
"""Normal numbers per sample that `pen` uses."""
DICE = 5
"""Random words per sample that `pen` uses."""

_PIXELS = SIDE * SIDE

Array = jax.Array


class Pen(NamedTuple):
    """What the pen does, for n samples of p pieces of path, in pixels."""

    start: Array
    """Where each piece starts, x and y, shape (n, p, 2)."""
    way: Array
    """From there to its end, shape (n, p, 2); nothing where the pen is up."""
    lightness: Array
    """One over the squared pressure, shape (n, p)."""
    half: Array
    """Half the width of a line, shape (n, 1), as all that follow."""
    sharpness: Array
    roughness: Array
    blackness: Array
    grain: Array
    """A random word."""


def pen(path: Array, pen_up: Array, small: Array, look: Array, dice: Array) -> Pen:
    """Choose a pen and follow paths with it.

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
    """
    half = jnp.clip(1.35 * jnp.exp(0.27 * look[:, 0] + 0.18 * small), 0.7, 3.2)
    size = 23.4 - jnp.abs(0.9 * look[:, 1]) - 2.0 * half
    centre = (SIDE - 1) / 2 + 0.35 * look[:, None, 2:4]
    path = path * size[:, None, None] + centre
    start, end = path[:, :-1], path[:, 1:]
    end = jnp.where((pen_up | _gaps(dice, pen_up.shape[1]))[..., None], start, end)
    start, end = _with_stray(start, end, look[:, 11:15], dice)
    along = np.linspace(-1.0, 1.0, start.shape[1], dtype=np.float32)
    lighter = 0.24 * look[:, 4, None] * along + 0.3 * look[:, 5, None] * (along**2 - 0.5)
    return Pen(
        start,
        end - start,
        jnp.exp(lighter),
        half[:, None],
        sharpness=0.5 * jnp.exp(0.16 * look[:, 6, None]),
        roughness=0.10 * jnp.exp(0.5 * look[:, 7, None]),
        blackness=1.04 + 0.06 * look[:, 8, None],
        grain=dice[:, 4, None],
    )


def inked(pen: Pen) -> Array:
    """Flat images, uint8 (n, SIDE * SIDE), by every pixel's distance to the nearest piece of path.

    Flat, because the compiler would else loop over rows of 28, which do not fill its vectors.
    """
    depth = pen.half - jnp.sqrt(_nearest(pen)) + pen.roughness * _grain(pen.grain)
    level = jnp.clip(depth * pen.sharpness + 0.5, 0.0, 1.0)
    ink = jnp.minimum(level * level * (3.0 - 2.0 * level) * pen.blackness, 1.0)
    return (255.0 * ink + 0.5).astype(jnp.uint8)


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


def _nearest(pen: Pen) -> Array:
    """Smallest weighted squared distance of every pixel to the pieces, shape (n, pixels)."""
    column = jnp.asarray(np.arange(_PIXELS, dtype=np.float32) % SIDE)
    row = jnp.asarray((np.arange(_PIXELS) // SIDE).astype(np.float32))
    inverse = 1.0 / jnp.maximum((pen.way * pen.way).sum(axis=2), 1e-6)
    nearest = jnp.full((len(pen.start), _PIXELS), 1e6, jnp.float32)
    # Unrolled, so that it compiles to one pass over the pixels, eight or sixteen at a time.
    for piece in range(pen.start.shape[1]):
        dx, dy = pen.way[:, piece, 0, None], pen.way[:, piece, 1, None]
        x, y = column - pen.start[:, piece, 0, None], row - pen.start[:, piece, 1, None]
        at = jnp.clip((x * dx + y * dy) * inverse[:, piece, None], 0.0, 1.0)
        x, y = x - at * dx, y - at * dy
        nearest = jnp.minimum(nearest, (x * x + y * y) * pen.lightness[:, piece, None])
    return nearest


def _grain(word: Array) -> Array:
    """A number from -1 to 1 per sample (n, 1) and pixel: the integer hash lowbias32 (Wellons)."""
    h = word + np.arange(_PIXELS, dtype=np.uint32) * np.uint32(0x9E3779B9)
    h = (h ^ (h >> 16)) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> 15)) * np.uint32(0x846CA68B)
    h = h ^ (h >> 16)
    return (h >> 8).astype(jnp.float32) * 2.0**-23 - 1.0
