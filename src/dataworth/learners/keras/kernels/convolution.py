"""Two-dimensional convolution for the CPU, by matrix products over blocks of images.

Inside a loop on the CPU, XLA's convolution and its gradients are 10 to 100 times slower. Blocks are
small enough for the patches (or Winograd tiles) of a block to stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

BLOCK_BYTES = 3 << 18
"""Three quarters of a megabyte: within one core's second-level cache."""


def mapped(block: Callable[..., Array], arrays: tuple[Array, ...], image_bytes: int) -> Array:
    """Apply `block` to blocks of (n, ...) and concatenate; `image_bytes` of work per image."""
    found: Array = lax.map(lambda parts: block(*parts), _blocks(arrays, image_bytes))
    return found.reshape(-1, *found.shape[2:])[: len(arrays[0])]


def summed(block: Callable[..., Array], arrays: tuple[Array, ...], image_bytes: int) -> Array:
    """Apply `block` to blocks of (n, ...) and sum the results; zeros must contribute nothing."""
    parts = _blocks(arrays, image_bytes)
    shape = jax.eval_shape(block, *(part[0] for part in parts))
    total, _ = lax.scan(
        lambda seen, part: (seen + block(*part), None), jnp.zeros(shape.shape, shape.dtype), parts
    )
    return total


def mapped_and_summed(
    block: Callable[..., tuple[Array, Array]], arrays: tuple[Array, ...], image_bytes: int
) -> tuple[Array, Array]:
    """Do both: `block` returns one part to concatenate and one to sum."""
    parts = _blocks(arrays, image_bytes)
    shape = jax.eval_shape(block, *(part[0] for part in parts))[1]

    def step(seen: Array, part: tuple[Array, ...]) -> tuple[Array, Array]:
        joined, added = block(*part)
        return seen + added, joined

    total, found = lax.scan(step, jnp.zeros(shape.shape, shape.dtype), parts)
    return found.reshape(-1, *found.shape[2:])[: len(arrays[0])], total


def _blocks(arrays: tuple[Array, ...], image_bytes: int) -> tuple[Array, ...]:
    """Split (n, ...) into (blocks, images, ...), the last block padded with zeros."""
    n = len(arrays[0])
    images = 1
    while 2 * images <= n and 2 * images * image_bytes <= BLOCK_BYTES:
        images *= 2
    missing = -n % images
    if missing:
        arrays = tuple(jnp.pad(a, [(0, missing)] + [(0, 0)] * (a.ndim - 1)) for a in arrays)
    return tuple(a.reshape(-1, images, *a.shape[1:]) for a in arrays)


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


DIRECT_TERMS = 32
"""Up to this many products per output, a sum of shifted images is faster than a product."""

WINOGRAD_CHANNELS = 8
"""From this many input and output channels on, Winograd's algorithm is faster."""

Pair = tuple[int, int]


class Geometry(NamedTuple):
    """Strides, padding and dilation of a convolution."""

    strides: Pair
    padding: tuple[Pair, Pair]
    dilation: Pair

    def output(self, image: tuple[int, ...], kernel: tuple[int, ...]) -> Pair:
        """Height and width of the output."""
        height, width = (
            (size + sum(pad) - dilation * (taps - 1) - 1) // stride + 1
            for size, pad, dilation, taps, stride in zip(
                image, self.padding, self.dilation, kernel, self.strides, strict=True
            )
        )
        return height, width


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolve(x: Array, w: Array, geometry: Geometry) -> Array:
    """Convolve as ``jax.lax.conv_general_dilated`` does, without groups.

    Parameters
    ----------
    x : float array, shape (n, height, width, in)
    w : float array, shape (rows, columns, in, out)
    geometry : Geometry

    Returns
    -------
    float array, shape (n, height', width', out)
    """
    height, width = geometry.output(x.shape[1:3], w.shape[:2])
    if w.shape[0] * w.shape[1] * w.shape[2] <= DIRECT_TERMS:
        # The loop prevents XLA from fusing the sum into each of its consumers, where it is slow.
        image_bytes = 4 * height * width * w.shape[-1]
        return mapped(lambda images: _direct(images, w, geometry), (x,), image_bytes)
    if _suits_winograd(w, geometry):
        return _winograd(x, w, geometry)
    kernel = w.reshape(-1, w.shape[-1])

    def block(images: Array) -> Array:
        return (_patches(images, w, geometry) @ kernel).reshape(-1, height, width, w.shape[-1])

    return mapped(block, (x,), _patch_bytes(x, w, geometry))


def _forward(x: Array, w: Array, geometry: Geometry) -> tuple[Array, tuple[Array, Array]]:
    return convolve(x, w, geometry), (x, w)


def _backward(geometry: Geometry, residuals: tuple[Array, Array], dy: Array) -> tuple[Array, Array]:
    x, w = residuals
    if _suits_winograd(w, geometry):
        return _winograd_gradients(x, w, dy, geometry)
    # Two separate loops, so that XLA can drop the first if it is not used (the first layer).
    return _input_gradient(x, w, dy, geometry), _kernel_gradient(x, w, dy, geometry)


convolve.defvjp(_forward, _backward)


def _input_gradient(x: Array, w: Array, dy: Array, geometry: Geometry) -> Array:
    kernel = w.reshape(-1, w.shape[-1])

    def block(slopes: Array) -> Array:
        images = jnp.zeros((len(slopes), *x.shape[1:]), x.dtype)
        unfold = jax.linear_transpose(lambda image: _patches(image, w, geometry), images)
        gradient: Array = unfold(slopes.reshape(-1, w.shape[-1]) @ kernel.T)[0]
        return gradient

    return mapped(block, (dy,), _patch_bytes(x, w, geometry))


def _kernel_gradient(x: Array, w: Array, dy: Array, geometry: Geometry) -> Array:
    def block(images: Array, slopes: Array) -> Array:
        return _patches(images, w, geometry).T @ slopes.reshape(-1, w.shape[-1])

    return summed(block, (x, dy), _patch_bytes(x, w, geometry)).reshape(w.shape)


def _direct(x: Array, w: Array, geometry: Geometry) -> Array:
    taps = _taps(x, w, geometry)
    kernel = w.reshape(-1, *w.shape[2:])
    products = [
        tap[..., channel, None] * kernel[index, channel]
        for index, tap in enumerate(taps)
        for channel in range(w.shape[2])
    ]
    return sum(products[1:], products[0])


def _winograd(x: Array, w: Array, geometry: Geometry) -> Array:
    height, width = geometry.output(x.shape[1:3], w.shape[:2])
    u = transform_kernel(w)
    return mapped(
        lambda images: _winograd_block(images, u, geometry, (height, width)),
        (x,),
        _tile_bytes(height, width, w),
    )


def _winograd_gradients(x: Array, w: Array, dy: Array, geometry: Geometry) -> tuple[Array, Array]:
    # The gradient of the input is a convolution of dy with the rotated kernel.
    (top, bottom), (left, right) = geometry.padding
    turned = Geometry((1, 1), ((2 - top, 2 - bottom), (2 - left, 2 - right)), (1, 1))
    u = transform_kernel(w[::-1, ::-1].transpose(0, 1, 3, 2))
    height, width = dy.shape[1:3]
    rows, columns = -(-height // 2), -(-width // 2)

    def block(images: Array, slopes: Array) -> tuple[Array, Array]:
        v = transform_input(_tiled(images, geometry, rows, columns), rows, columns)
        even = _padded(slopes, (0, 2 * rows - height), (0, 2 * columns - width))
        summand = correlate(v, transform_output_back(even))
        return _winograd_block(slopes, u, turned, x.shape[1:3]), summand

    dx, du = mapped_and_summed(block, (x, dy), _tile_bytes(height, width, w))
    return dx, transform_kernel_back(du)


def _winograd_block(x: Array, u: Array, geometry: Geometry, output: tuple[int, ...]) -> Array:
    height, width = output
    rows, columns = -(-height // 2), -(-width // 2)
    v = transform_input(_tiled(x, geometry, rows, columns), rows, columns)
    y = transform_output(multiply(v, u), rows, columns)
    return y[:, :height, :width]


def _suits_winograd(w: Array, geometry: Geometry) -> bool:
    inside = all(0 <= side <= 2 for pad in geometry.padding for side in pad)
    plain = geometry.strides == (1, 1) and geometry.dilation == (1, 1)
    return w.shape[:2] == (3, 3) and inside and plain and min(w.shape[2:]) >= WINOGRAD_CHANNELS


def _tiled(x: Array, geometry: Geometry, rows: int, columns: int) -> Array:
    top, left = geometry.padding[0][0], geometry.padding[1][0]
    bottom = 2 * rows + 2 - x.shape[1] - top
    right = 2 * columns + 2 - x.shape[2] - left
    return _padded(x, (top, bottom), (left, right))


def _padded(x: Array, rows: Pair, columns: Pair) -> Array:
    return lax.pad(x, jnp.zeros((), x.dtype), ((0, 0, 0), (*rows, 0), (*columns, 0), (0, 0, 0)))


def _taps(x: Array, w: Array, geometry: Geometry) -> list[Array]:
    """For each tap of the kernel, the pixels it is applied to: (n, height', width', in)."""
    height, width = geometry.output(x.shape[1:3], w.shape[:2])
    image = _padded(x, *geometry.padding)
    down, across = geometry.strides
    return [
        image[:, i : i + down * (height - 1) + 1 : down, j : j + across * (width - 1) + 1 : across]
        for i in range(0, w.shape[0] * geometry.dilation[0], geometry.dilation[0])
        for j in range(0, w.shape[1] * geometry.dilation[1], geometry.dilation[1])
    ]


def _patches(x: Array, w: Array, geometry: Geometry) -> Array:
    """All patches the kernel is applied to (im2col): (n height' width', rows columns in)."""
    patches = jnp.concatenate(_taps(x, w, geometry), axis=-1)
    return patches.reshape(-1, patches.shape[-1])


def _patch_bytes(x: Array, w: Array, geometry: Geometry) -> int:
    height, width = geometry.output(x.shape[1:3], w.shape[:2])
    return 4 * height * width * w.shape[0] * w.shape[1] * w.shape[2]


def _tile_bytes(height: int, width: int, w: Array) -> int:
    return 16 * height * width * (w.shape[2] + w.shape[3])
