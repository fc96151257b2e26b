"""Curves of known truth for the tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth import Curve

Floats = NDArray[np.float64]
SIZES = np.array([500.0, 1000, 2000, 4000, 8000, 16_000, 32_000])


def curve_of(sizes: ArrayLike, losses: ArrayLike, **options: float) -> Curve:
    """A curve with one run of each size."""
    return Curve(np.asarray(sizes), np.asarray(losses), **options)  # type: ignore[arg-type]


def power(n: ArrayLike, e: float = 0.2, c: float = 0.4) -> Floats:
    """A power law that is 1 + e at 1000 samples."""
    return np.asarray(e + (np.asarray(n, np.float64) / 1000.0) ** -c)


def noisy(losses: Floats, spread: float, seed: int) -> Floats:
    """Log-normal noise."""
    rng = np.random.default_rng(seed)
    return np.asarray(losses * np.exp(spread * rng.normal(size=np.shape(losses))))
