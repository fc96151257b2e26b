"""Standardisation of real-valued features: zero mean and unit variance on a run's subset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data import features

_BLOCK_ROWS = 4_096
_CONSTANT = 1e-6
"""A standard deviation below this share of the largest absolute value is rounding."""


@dataclass(frozen=True, eq=False)
class Standardization:
    """Means and standard deviations of features.

    A table has those of each column; images (two axes and more) have those of each channel, so
    that their pixels stay comparable. A feature that is constant on the subset is only centred.

    Attributes
    ----------
    mean, factor : ndarray of float32
        Subtracted from the features, and multiplied by; they broadcast against a sample.
    """

    mean: NDArray[np.float32]
    factor: NDArray[np.float32]

    @classmethod
    def of(cls, x: NDArray[Any], rows: NDArray[np.int64]) -> Standardization:
        """The standardisation of the rows of a run's subset, shape (n, ...), n at least 1."""
        rows = np.sort(rows)
        axes = _axes(x.ndim)
        total = largest = None
        for block in _blocks(x, rows):
            sums, most = block.sum(axis=axes), np.abs(block).max(axis=axes)
            total = sums if total is None else total + sums
            largest = most if largest is None else np.maximum(largest, most)
        assert total is not None
        assert largest is not None
        count = len(rows) * int(np.prod([x.shape[axis] for axis in axes[1:]]))
        mean = total / count
        squares = np.zeros_like(mean)
        for block in _blocks(x, rows):
            squares += np.square(block - mean).sum(axis=axes)
        deviation = np.sqrt(squares / count)
        constant = deviation <= _CONSTANT * largest
        factor = np.where(constant, 1.0, 1.0 / np.where(constant, 1.0, deviation))
        return cls(mean.astype(np.float32), factor.astype(np.float32))

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Features of any samples, standardised: float32, of the shape of `x`."""
        standardized: NDArray[np.float32] = (x - self.mean) * self.factor
        return standardized.astype(np.float32, copy=False)


def _axes(ndim: int) -> tuple[int, ...]:
    """The axes that a mean is taken over: all but the last of a table or of channels."""
    return (0, 1, 2) if ndim == 3 else tuple(range(ndim - 1))


def _blocks(x: NDArray[Any], rows: NDArray[np.int64]) -> Any:
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield features.take(x, rows[start : start + _BLOCK_ROWS]).astype(np.float64)
