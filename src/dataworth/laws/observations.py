"""Observations: what laws are fitted to, one loss per size on the log scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Observations:
    """What a forecast fits: sizes rising, losses positive, lower is better.

    Attributes
    ----------
    sizes : ndarray, shape (m,)
        Numbers of samples.
    u : ndarray, shape (m,)
        ``log(size / largest size)``: zero at the end, negative before it.
    log_loss : ndarray, shape (m,)
        Natural logarithm of the mean loss (or error) over the runs of each size.
    noise : ndarray, shape (m,)
        Variance of `log_loss` that the spread over runs, or the scatter of runs, explains; 0 where
        `noisy` is false.
    counts : ndarray, shape (m,)
        Sizes that were merged into each point.
    run_noise : float
        Variance of one run's log loss at the largest size, likewise.
    scatter : float
        Standard deviation of a point's log loss about the line through its neighbours: the noise
        that shows without repeats. Curvature counts as noise.
    repeated : bool
        Whether sizes were measured several times, with figures that differ.
    noisy : bool
        Whether the noise shows: by repeats, or by the scatter of sizes that were trained each by
        itself. Looks at a single run show none: their errors go together, and they are often the
        best so far.
    notes : tuple of str
        What was left out or changed on the way, for people.
    """

    sizes: Floats
    u: Floats
    log_loss: Floats
    noise: Floats
    counts: Floats
    run_noise: float
    scatter: float
    repeated: bool
    noisy: bool
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sizes)

    def until(self, count: int) -> Observations:
        """The smallest `count` sizes, with u counted from the largest of them."""
        first = slice(count)
        return replace(
            self,
            sizes=self.sizes[first],
            u=self.u[first] - self.u[count - 1],
            log_loss=self.log_loss[first],
            noise=self.noise[first],
            counts=self.counts[first],
        )
