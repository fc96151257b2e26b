"""Winograd's F(2x2, 3x3): 3x3 convolutions of stride 1 with 2.25 times fewer multiplications.

Each 2x2 tile of the output comes from a 4x4 tile of the input, ``A'[(G w G') * (B' d B)]A``, and
the sum over channels is one matrix product for each of the 16 places in a tile (Lavin and Gray
2016, "Fast algorithms for convolutional neural networks", equations 8 to 12). The transforms here
are written as sums of slices, in which XLA finds vector loops over the channels.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)


def transform_kernel(w: Array) -> Array:
    """``G w G'``: kernel (3, 3, in, out) to (16, in, out)."""
    return jnp.einsum("ai,bj,ijco->abco", _G, _G, w).reshape(16, *w.shape[2:])


def transform_kernel_back(u: Array) -> Array:
    """Transpose of `transform_kernel`: (16, in, out) to (3, 3, in, out)."""
    return jnp.einsum("ai,bj,abco->ijco", _G, _G, u.reshape(4, 4, *u.shape[1:]))


def transform_input(x: Array, rows: int, columns: int) -> Array:
    """``B' d B`` of all tiles: (n, 2 rows + 2, 2 columns + 2, in) to (16, n rows columns, in)."""
    places = []
    lines = [x[:, i : i + 2 * rows - 1 : 2] for i in range(4)]
    for line in _combine(lines):
        places += _combine([line[:, :, j : j + 2 * columns - 1 : 2] for j in range(4)])
    return jnp.stack(places).reshape(16, -1, x.shape[-1])


def transform_output(m: Array, rows: int, columns: int) -> Array:
    """``A' m A`` of all tiles: (16, n rows columns, out) to (n, 2 rows, 2 columns, out)."""
    tiles = m.reshape(4, 4, -1, rows, columns, m.shape[-1])
    lines = (tiles[0] + tiles[1] + tiles[2], tiles[1] - tiles[2] - tiles[3])
    pixels = [
        jnp.stack([line[0] + line[1] + line[2], line[1] - line[2] - line[3]], axis=3)
        for line in lines
    ]
    return jnp.stack(pixels, axis=2).reshape(-1, 2 * rows, 2 * columns, m.shape[-1])


def transform_output_back(dy: Array) -> Array:
    """Transpose of `transform_output`: (n, 2 rows, 2 columns, out) to (16, n rows columns, out)."""
    n, height, width, channels = dy.shape
    pixels = dy.reshape(n, height // 2, 2, width // 2, 2, channels)
    places = []
    for line in _spread(pixels[:, :, 0], pixels[:, :, 1]):
        places += _spread(line[:, :, :, 0], line[:, :, :, 1])
    return jnp.stack(places).reshape(16, -1, channels)


def multiply(v: Array, u: Array) -> Array:
    """Sum over input channels: (16, tiles, in) times (16, in, out)."""
    return lax.dot_general(v, u, (((2,), (1,)), ((0,), (0,))))


def correlate(v: Array, m: Array) -> Array:
    """Sum over tiles: (16, tiles, in) and (16, tiles, out) to (16, in, out)."""
    return lax.dot_general(v, m, (((1,), (1,)), ((0,), (0,))))


def _combine(d: list[Array]) -> list[Array]:
    return [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]]


def _spread(first: Array, second: Array) -> list[Array]:
    return [first, first + second, first - second, -second]
