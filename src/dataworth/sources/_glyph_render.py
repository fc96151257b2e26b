"""One compiled program that writes a block of glyphs: random numbers, bent strokes, ink."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32
from jax.typing import ArrayLike

from dataworth.sources._glyph_ink import DICE, INK_NORMALS, Pen, inked, pen
from dataworth.sources._glyph_skeletons import BENDS, STROKES, WAVES, skeletons

BLOCK = 1024
"""Samples per call. Sample i is always lane i % BLOCK of block i // BLOCK, whatever slice is asked
for: its floats are computed by the same instructions every time, so that its bits agree."""

# Standard deviations of the bends in half heights of the box: a stroke's shift, its stretch and
# turn (two columns), its start, its end; then the waves along the ink; then the sheet's warps.
_STROKE_SD = (0.05, 0.08, 0.08, 0.12, 0.12)
_WAVE_SD = tuple(0.09 / (wave + 1) ** 1.5 for wave in range(WAVES))
_WARP_SD = (0.10, 0.12, 0.10, 0.07, 0.07, 0.07, 0.07)
_SHAPE_SD = np.repeat(np.array(_STROKE_SD * STROKES + _WAVE_SD + _WARP_SD, np.float32), 2)
_SHAPE = len(_SHAPE_SD)
_HAND, _OWN = 0.8, 0.55
"""How much of a shape is its hand's habit, and how much is this one sample's."""

_PLACE_NORMALS = 4
_CHOICES = 4
_HANDS_KEY = (0x6A09E667, 0xBB67AE85)
_HAND_OCTAVES = 24

Array = jax.Array


class Program(Protocol):
    """Place of a block (index // 2**32, index % 2**32 // BLOCK) and seed to images and labels."""

    def __call__(self, high: ArrayLike, low: ArrayLike, seed: ArrayLike) -> tuple[Array, Array]:
        """Images uint8 (BLOCK, 784) and labels int32 (BLOCK,)."""


@cache
def program() -> Program:
    """The compiled block renderer, shared by all threads."""
    font = skeletons()

    def written(high: Array, low: Array, seed: Array) -> tuple[Pen, Array]:
        lanes = low * BLOCK + jnp.arange(BLOCK, dtype=jnp.uint32)
        counts = (_CHOICES, _SHAPE, _PLACE_NORMALS, INK_NORMALS, DICE)
        words = _words(seed, lanes, jnp.full(BLOCK, high), sum(counts))
        choice, own, place, look, dice = jnp.split(words, np.cumsum(counts)[:-1], axis=1)
        label = ((choice[:, 0] >> 16) * font.slots.shape[0]) >> 16
        glyph = jnp.asarray(font.slots)[label, choice[:, 1] >> 26]
        hand = _hand(choice[:, 2], choice[:, 3])
        habit = _words(jnp.array(_HANDS_KEY, jnp.uint32), hand, glyph.astype(jnp.uint32), _SHAPE)
        place = _normal(place)
        haste = jnp.exp(0.45 * place[:, :1])
        shape = jnp.asarray(_SHAPE_SD) * (_HAND * _normal(habit) + _OWN * haste * _normal(own))
        points, bends = jnp.asarray(font.points)[glyph], jnp.asarray(font.bends)[glyph]
        path = _placed(_bent(points, bends, shape.reshape(BLOCK, -1, 2)), place)
        pen_up, small = jnp.asarray(font.pen_up)[glyph], jnp.asarray(font.small)[glyph]
        return pen(path, pen_up, small, _normal(look), dice), label.astype(jnp.int32)

    # Two programs: in one, the compiler works the whole path out again for every pixel.
    write, ink = jax.jit(written), jax.jit(inked)

    def block(high: ArrayLike, low: ArrayLike, seed: ArrayLike) -> tuple[Array, Array]:
        pens, labels = write(high, low, seed)
        return ink(pens), labels

    return block


def _words(key: Array, low: Array, high: Array, count: int) -> Array:
    """`count` random 32-bit words for each (low, high): Threefry-2x32 with the place as counter.

    Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.
    """
    pairs = (count + 1) // 2
    shape = (len(low), pairs)
    place = (high[:, None] << 7) | jnp.arange(pairs, dtype=jnp.uint32)
    counter = jnp.stack([jnp.broadcast_to(low[:, None], shape), place])
    first, second = threefry_2x32(key, counter).reshape(2, *shape)
    return jnp.concatenate([first, second], axis=1)[:, :count]


def _normal(words: Array) -> Array:
    uniform = (words >> 8).astype(jnp.float32) * 2.0**-23 + (2.0**-24 - 1.0)
    return jnp.sqrt(2.0) * jax.lax.erf_inv(uniform)


def _hand(coin: Array, place: Array) -> Array:
    """Whose hand: the chance of hand r falls as r**-1.5, in whole numbers so that it is exact.

    Something seen too rarely is always left to learn, and its share falls as a power of the number
    of samples: Hutter (2021), Learning curve theory, arXiv:2102.04074.
    """
    octave = jnp.minimum(2 * jax.lax.clz(coin) + (place & 1), _HAND_OCTAVES)
    start: Array = jnp.uint32(1) << octave
    return start + ((place >> 1) & (start - 1))


def _bent(points: Array, bends: Array, shape: Array) -> Array:
    """Strokes bent one by one, then the whole sheet by a cubic polynomial of the place."""
    path = points + jnp.einsum("npk,nkc->npc", bends, shape[:, :BENDS])
    x, y = path[..., 0], path[..., 1]
    terms = jnp.stack([x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y], axis=-1)
    return path + jnp.einsum("npk,nkc->npc", terms, shape[:, BENDS:])


def _placed(path: Array, place: Array) -> Array:
    """Stretched, slanted, turned; then centred with the longest side 1, as EMNIST's boxes are."""
    stretch, slant, turn = (
        jnp.exp(0.17 * place[:, 1, None]),
        0.15 + 0.28 * place[:, 2, None],
        0.13 * place[:, 3, None],
    )
    y = path[..., 1]
    x = path[..., 0] * stretch - slant * y
    cos, sin = jnp.cos(turn), jnp.sin(turn)
    turned = jnp.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)
    low, high = turned.min(axis=1, keepdims=True), turned.max(axis=1, keepdims=True)
    return (turned - (low + high) / 2) / (high - low).max(axis=2, keepdims=True)
