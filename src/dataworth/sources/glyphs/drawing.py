"""The compiled program that draws a block of glyphs: random numbers, strokes, ink."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32
from jax.typing import ArrayLike

from dataworth.sources.glyphs.skeletons import BENDS, STROKES, WAVES, skeletons

SIDE = 28
INK_NORMALS = 15
"""Normal numbers per sample that `pen` uses."""
DICE = 5
"""Random words per sample that `pen` uses."""

_PIXELS = SIDE * SIDE

Array = jax.Array


class Pen(NamedTuple):
    """The pen's path for n samples of p straight segments, in pixels."""

    start: Array
    """Start of each segment, x and y, shape (n, p, 2)."""
    way: Array
    """Vector from its start to its end, shape (n, p, 2); zero where the pen is up."""
    lightness: Array
    """One over the squared pressure, shape (n, p)."""
    half: Array
    """Half the width of a line, shape (n, 1), like all further fields."""
    sharpness: Array
    roughness: Array
    blackness: Array
    grain: Array
    """A random word."""


def pen(path: Array, pen_up: Array, small: Array, look: Array, dice: Array) -> Pen:
    """Draw the parameters of a pen and apply it to paths.

    Parameters
    ----------
    path : Array, shape (n, points, 2)
        Centred on 0, longest side 1.
    pen_up : Array of bool, shape (n, points - 1)
        Segments that are not drawn.
    small : Array, shape (n,)
        1 for a character that was written small, so that its ink is magnified too, else 0.
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
    """Render flat images, uint8 (n, SIDE * SIDE), from the distance of each pixel to the path.

    They are flat because XLA would otherwise loop over rows of 28, which do not fill its vectors.
    """
    depth = pen.half - jnp.sqrt(_nearest(pen)) + pen.roughness * _grain(pen.grain)
    level = jnp.clip(depth * pen.sharpness + 0.5, 0.0, 1.0)
    ink = jnp.minimum(level * level * (3.0 - 2.0 * level) * pen.blackness, 1.0)
    return (255.0 * ink + 0.5).astype(jnp.uint8)


def _uniform(words: Array) -> Array:
    return (words >> 8).astype(jnp.float32) * 2.0**-24


def _gaps(dice: Array, pieces: int) -> Array:
    """Add a short gap to the line of one sample in 12."""
    skips = dice[:, 0] < 2**32 // 12
    where = _uniform(dice[:, 1]) * pieces
    width = 0.6 + 2.4 * _uniform(dice[:, 2])
    middles = np.arange(pieces, dtype=np.float32) + np.float32(0.5)
    return skips[:, None] & (jnp.abs(middles - where[:, None]) < width[:, None])


def _with_stray(start: Array, end: Array, look: Array, dice: Array) -> tuple[Array, Array]:
    """An extra mark in one sample of 16, a speck or a short line; else a segment of length 0."""
    stray = (dice[:, 3] < 2**32 // 16)[:, None]
    place = SIDE / 2 + 9.0 * jnp.tanh(look[:, 0:2])
    first = jnp.where(stray, place, start[:, 0])
    last = jnp.where(stray, place + 2.5 * look[:, 2:4], start[:, 0])
    return (
        jnp.concatenate([start, first[:, None]], axis=1),
        jnp.concatenate([end, last[:, None]], axis=1),
    )


def _nearest(pen: Pen) -> Array:
    """Smallest weighted squared distance of every pixel to the segments, shape (n, pixels)."""
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


BLOCK = 1024
"""Samples per call. One program draws all samples, so that the bits of a sample are the same in
whichever place of a call it is drawn."""

# Standard deviations of the deformations in half heights of the box: a stroke's shift, its stretch
# and rotation (two columns), its start, its end; then waves along the ink; then the cubic warp.
_STROKE_SD = (0.05, 0.08, 0.08, 0.12, 0.12)
_WAVE_SD = tuple(0.09 / (wave + 1) ** 1.5 for wave in range(WAVES))
_WARP_SD = (0.10, 0.12, 0.10, 0.07, 0.07, 0.07, 0.07)
_SHAPE_SD = np.repeat(np.array(_STROKE_SD * STROKES + _WAVE_SD + _WARP_SD, np.float32), 2)
_SHAPE = len(_SHAPE_SD)
_HAND, _OWN = 0.8, 0.55
"""Shares of the deformation that are fixed per hand, and drawn per sample."""

_PLACE_NORMALS = 4
_CHOICES = 4
_HANDS_KEY = (0x6A09E667, 0xBB67AE85)
_HAND_OCTAVES = 24


class Program(NamedTuple):
    """The two compiled steps that draw BLOCK samples.

    Attributes
    ----------
    write : callable
        From the indices, the upper and the lower 32 bits of each, and the seed, to pens and
        labels, int32 (BLOCK,).
    ink : callable
        From pens to images, uint8 (BLOCK, 784).
    """

    write: Callable[[ArrayLike, ArrayLike, ArrayLike], tuple[Pen, Array]]
    ink: Callable[[Pen], Array]


@cache
def program() -> Program:
    """The compiled steps, shared by all threads."""
    font = skeletons()

    def written(high: Array, low: Array, seed: Array) -> tuple[Pen, Array]:
        counts = (_CHOICES, _SHAPE, _PLACE_NORMALS, INK_NORMALS, DICE)
        words = _words(seed, low, high, sum(counts))
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

    # Two programs: in a single one, XLA would recompute the whole path for every pixel.
    return Program(jax.jit(written), jax.jit(inked))


def _words(key: Array, low: Array, high: Array, count: int) -> Array:
    """`count` random 32-bit words for each (low, high): Threefry-2x32 with the position as counter.

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
    """Draw the hand r with a probability proportional to r**-1.5, in exact integer arithmetic.

    The share of samples by hands seen too rarely then falls as a power of the number of samples:
    Hutter (2021), Learning curve theory, arXiv:2102.04074.
    """
    octave = jnp.minimum(2 * jax.lax.clz(coin) + (place & 1), _HAND_OCTAVES)
    start: Array = jnp.uint32(1) << octave
    return start + ((place >> 1) & (start - 1))


def _bent(points: Array, bends: Array, shape: Array) -> Array:
    """Deform each stroke, then the whole plane by a cubic polynomial of the position."""
    path = points + jnp.einsum("npk,nkc->npc", bends, shape[:, :BENDS])
    x, y = path[..., 0], path[..., 1]
    terms = jnp.stack([x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y], axis=-1)
    return path + jnp.einsum("npk,nkc->npc", terms, shape[:, BENDS:])


def _placed(path: Array, place: Array) -> Array:
    """Stretch, slant and rotate; then centre, with the longest side 1, as in EMNIST."""
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
