"""The picture of few_sizes.py: how often 90 % intervals hold, by horizon and by family."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HORIZONS = ("2x", "4x", "8x", "16x")
_LEVEL = 0.9
_FEWEST = 30
_DOTS = 110


def draw_coverage(columns: Mapping[str, NDArray[np.str_]], held: Floats, path: Path) -> None:
    """Draw the coverage of 90 % intervals with bars of two standard errors.

    Parameters
    ----------
    columns : mapping
        "collection", "horizon" and "family" of each forecast.
    held : ndarray
        Whether its interval held, as 0 or 1.
    path : Path
        The PNG to write.
    """
    figure = Figure(figsize=(8.4, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 3))
    for at, collection in enumerate(dict.fromkeys(columns["collection"])):
        mine = columns["collection"] == collection
        groups = [mine & (columns["horizon"] == horizon) for horizon in HORIZONS]
        _bars(
            left,
            np.arange(len(HORIZONS), dtype=np.float64) + 0.12 * (at - 1),
            groups,
            held,
            str(collection),
        )
    left.set_xticks(range(len(HORIZONS)), [f"{horizon} ahead" for horizon in HORIZONS], fontsize=8)
    far = np.isin(columns["horizon"], ("4x", "8x"))
    families = [
        family
        for family in sorted(set(columns["family"]))
        if (far & (columns["family"] == family)).sum() >= _FEWEST
    ]
    groups = [far & (columns["family"] == family) for family in families]
    _bars(right, np.arange(len(families)).astype(np.float64), groups, held, "4x and 8x ahead")
    right.set_xticks(range(len(families)), families, rotation=35, ha="right", fontsize=8)
    for axes in (left, right):
        axes.axhline(_LEVEL, color="0.4", lw=0.8, ls="--")
        axes.set_ylim(0.6, 1.0)
        axes.grid(axis="y", alpha=0.3)
        axes.legend(fontsize=7, loc="lower left", frameon=False)
    left.set_ylabel("share held by 90 % intervals")
    figure.savefig(path, dpi=_DOTS)


def _bars(axes: Axes, at: Floats, groups: list[NDArray[np.bool_]], held: Floats, name: str) -> None:
    found = [
        (x, held[group]) for x, group in zip(at, groups, strict=True) if group.sum() >= _FEWEST
    ]
    shares = np.array([part.mean() for _, part in found])
    counts = np.array([len(part) for _, part in found])
    errors = 2 * np.sqrt(shares * (1 - shares) / counts)
    axes.errorbar([x for x, _ in found], shares, errors, fmt="o", ms=4, capsize=2, lw=1, label=name)
