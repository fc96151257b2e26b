"""Metrics of regression on held-out rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def score(prediction: Floats, y: Floats) -> dict[str, float]:
    """Score one predicted value for each row.

    Parameters
    ----------
    prediction, y : ndarray of float64, shape (n,)

    Returns
    -------
    dict
        "rmse" and "mae" in the unit of `y`, "mse" in its square, and "r2", the coefficient of
        determination: one minus "mse" divided by the variance of `y` about its mean. NaN where a
        prediction is NaN; "r2" is NaN where all of `y` are equal.
    """
    errors = prediction - y
    mse = float(np.mean(errors**2))
    variance = float(np.var(y))
    return {
        "rmse": math.sqrt(mse) if mse >= 0 else mse,
        "mse": mse,
        "mae": float(np.mean(np.abs(errors))),
        "r2": 1.0 - mse / variance if variance > 0 else math.nan,
    }


def pinball(prediction: Floats, y: Floats, quantiles: Sequence[float]) -> float:
    """Mean pinball loss of predicted quantiles, over rows and quantiles, in the unit of `y`.

    The loss of a quantile q is q times the error where the prediction is too low, and 1 - q times
    the error where it is too high (Koenker and Bassett 1978).

    Parameters
    ----------
    prediction : ndarray of float64, shape (n, n_quantiles)
    y : ndarray of float64, shape (n,)
    quantiles : sequence of float
        Each above 0 and below 1.
    """
    levels = np.asarray(quantiles, np.float64)
    errors = y[:, None] - prediction
    return float(np.maximum(levels * errors, (levels - 1.0) * errors).mean())
