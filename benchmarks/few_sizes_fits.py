"""What a user would write in twenty lines: five closed-form fits, and their median.

All work on many curves at once. Losses and sizes are relative to those at the largest size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from few_sizes_cases import Case

Floats = NDArray[np.float64]
METHODS = ("last value", "power", "power + floor", "MMF", "dataeval's form")
_EXPONENTS = np.geomspace(0.02, 3, 60)
_LENGTHS = np.geomspace(0.002, 4, 14)


def simple_fits(case: Case) -> dict[str, Floats]:
    """Log losses at the judged sizes by each method, and the median of them."""
    x = case.sizes / case.sizes[-1]
    means = case.runs.mean(axis=1)
    y, ahead = means / means[-1], case.horizons
    weight = x / x.sum()
    found = {"last value": np.zeros(len(ahead))}
    found["power"] = _line(x, np.log(y), weight, ahead)
    shapes = _EXPONENTS[:, None]
    found["power + floor"] = _best(x**-shapes, ahead**-shapes, y, weight / y**2)
    c, k = (grid.ravel()[:, None] for grid in np.meshgrid(_EXPONENTS[::3], _LENGTHS))
    found["MMF"] = _best(1 / (1 + (x / k) ** c), 1 / (1 + (ahead / k) ** c), y, weight / y**2)
    # Least squares of the metric itself, without weights, as dataeval's Sufficiency.
    found["dataeval's form"] = _best(x**-shapes, ahead**-shapes, y, np.ones_like(y))
    logs = {name: losses + np.log(means[-1]) for name, losses in found.items()}
    return logs | {"median of five": np.median(list(logs.values()), axis=0)}


def all_fits(cases: Sequence[Case]) -> list[dict[str, Floats]]:
    """The fits of all cases."""
    return [simple_fits(case) for case in cases]


def _line(x: Floats, logs: Floats, weight: Floats, ahead: Floats) -> Floats:
    u = np.log(x)
    mean_u, mean_y = weight @ u, weight @ logs
    slope = float((weight * (u - mean_u)) @ (logs - mean_y) / (weight @ (u - mean_u) ** 2))
    return np.asarray(mean_y + min(slope, 0.0) * (np.log(ahead) - mean_u))


def _best(basis: Floats, ahead: Floats, y: Floats, weight: Floats) -> Floats:
    """Weighted least squares of ``e + b * basis``, both not negative, over all shapes."""
    root = np.sqrt(weight)
    bb, bf, ff = ((basis * root) ** 2).sum(1), (basis * weight).sum(1), weight.sum()
    by, fy = basis @ (weight * y), weight @ y
    det = np.maximum(bb * ff - bf**2, 1e-12 * bb * ff)
    e, b = (bb * fy - bf * by) / det, (ff * by - bf * fy) / det
    b = np.where(e < 0, by / bb, b)
    e = np.where(b < 0, fy / ff, np.maximum(e, 0))
    b = np.maximum(b, 0)
    error = (weight * (e[:, None] + b[:, None] * basis - y) ** 2).sum(1)
    first = int(np.argmin(error))
    return np.asarray(np.log(np.maximum(e[first] + b[first] * ahead[first], 1e-12)))
