"""Group: all runs of one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.audit.figure import Figure


@dataclass(frozen=True, eq=False)
class Group:
    """The losses of all runs of one size, positive and finite."""

    size: int
    seeds: tuple[int, ...]
    losses: NDArray[np.float64]

    @property
    def logs(self) -> NDArray[np.float64]:
        """Log losses: their spread over seeds is about the same at every size."""
        return np.log(self.losses)


def groups_of(figures: Sequence[Figure]) -> list[Group]:
    """The runs by size, sizes rising; without losses that have no logarithm."""
    usable = [f for f in figures if math.isfinite(f.loss) and f.loss > 0]
    by_size: dict[int, list[Figure]] = {}
    for figure in sorted(usable, key=lambda f: (f.size, f.seed)):
        by_size.setdefault(figure.size, []).append(figure)
    return [
        Group(size, tuple(f.seed for f in runs), np.array([f.loss for f in runs], np.float64))
        for size, runs in by_size.items()
    ]
