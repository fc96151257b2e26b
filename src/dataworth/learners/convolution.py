"""Two-dimensional convolution for the CPU, made of matrix products over blocks of images.

XLA's own convolution and its gradients are 10 to 100 times slower there within a loop. Blocks are
small enough for a block's patches (or Winograd tiles) to stay in the processor's cache.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from dataworth.learners import winograd
from dataworth.learners.blocks import mapped, mapped_and_summed, summed

DIRECT_TERMS = 32
"""Up to so many products per output, a sum of shifted images beats a matrix product."""

WINOGRAD_CHANNELS = 8
"""From so many input and output channels on, Winograd's transforms pay."""

Pair = tuple[int, int]


class Geometry(NamedTuple):
    """Where a kernel is laid on an image."""

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
        # The loop keeps XLA from doing the sum again, slowly, within each of its consumers.
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
    # Two separate loops, so that XLA drops the first where nobody asks for it (the first layer).
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
    u = winograd.transform_kernel(w)
    return mapped(
        lambda images: _winograd_block(images, u, geometry, (height, width)),
        (x,),
        _tile_bytes(height, width, w),
    )


def _winograd_gradients(x: Array, w: Array, dy: Array, geometry: Geometry) -> tuple[Array, Array]:
    # The input gradient is itself a convolution, of dy with the kernel turned around.
    (top, bottom), (left, right) = geometry.padding
    turned = Geometry((1, 1), ((2 - top, 2 - bottom), (2 - left, 2 - right)), (1, 1))
    u = winograd.transform_kernel(w[::-1, ::-1].transpose(0, 1, 3, 2))
    height, width = dy.shape[1:3]
    rows, columns = -(-height // 2), -(-width // 2)

    def block(images: Array, slopes: Array) -> tuple[Array, Array]:
        v = winograd.transform_input(_tiled(images, geometry, rows, columns), rows, columns)
        even = _padded(slopes, (0, 2 * rows - height), (0, 2 * columns - width))
        summand = winograd.correlate(v, winograd.transform_output_back(even))
        return _winograd_block(slopes, u, turned, x.shape[1:3]), summand

    dx, du = mapped_and_summed(block, (x, dy), _tile_bytes(height, width, w))
    return dx, winograd.transform_kernel_back(du)


def _winograd_block(x: Array, u: Array, geometry: Geometry, output: tuple[int, ...]) -> Array:
    height, width = output
    rows, columns = -(-height // 2), -(-width // 2)
    v = winograd.transform_input(_tiled(x, geometry, rows, columns), rows, columns)
    y = winograd.transform_output(winograd.multiply(v, u), rows, columns)
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
    """For each tap of the kernel, the pixels that it meets: (n, height', width', in)."""
    height, width = geometry.output(x.shape[1:3], w.shape[:2])
    image = _padded(x, *geometry.padding)
    down, across = geometry.strides
    return [
        image[:, i : i + down * (height - 1) + 1 : down, j : j + across * (width - 1) + 1 : across]
        for i in range(0, w.shape[0] * geometry.dilation[0], geometry.dilation[0])
        for j in range(0, w.shape[1] * geometry.dilation[1], geometry.dilation[1])
    ]


def _patches(x: Array, w: Array, geometry: Geometry) -> Array:
    """All patches that the kernel meets: (n height' width', rows columns in)."""
    patches = jnp.concatenate(_taps(x, w, geometry), axis=-1)
    return patches.reshape(-1, patches.shape[-1])


def _patch_bytes(x: Array, w: Array, geometry: Geometry) -> int:
    height, width = geometry.output(x.shape[1:3], w.shape[:2])
    return 4 * height * width * w.shape[0] * w.shape[1] * w.shape[2]


def _tile_bytes(height: int, width: int, w: Array) -> int:
    return 16 * height * width * (w.shape[2] + w.shape[3])
