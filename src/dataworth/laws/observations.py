"""The data that laws are fitted to: one log loss per size, with its variance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Observations:
    """Measured losses, prepared for fits: sizes rise, losses are positive, lower is better.

    Attributes
    ----------
    sizes : ndarray, shape (m,)
        Numbers of samples.
    u : ndarray, shape (m,)
        ``log(size / largest size)``: 0 for the largest size, negative for the others.
    log_loss : ndarray, shape (m,)
        Natural logarithm of the mean loss (or error) over the runs of each size.
    noise : ndarray, shape (m,)
        Variance of `log_loss`, estimated from the spread over runs, from `scatter`, or from both
        where few sizes were repeated; 0 if `noisy` is false.
    counts : ndarray, shape (m,)
        Sizes that were merged into each point.
    run_noise : float
        Variance of the log loss of one run at the largest size, estimated in the same way.
    scatter : float
        Difference-based estimate of the noise without repeated runs: standard deviation of a log
        loss about the line through its neighbours. Curvature counts as noise.
    repeated : bool
        Whether at least half of the sizes were measured several times, with different results.
    noisy : bool
        Whether the noise can be estimated: from repeated runs, or from the scatter of sizes that
        were trained separately. It cannot for checkpoints of a single run, whose errors are
        correlated and which are often running minima.
    notes : tuple of str
        Messages about values that were left out or changed.
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
        """Keep the smallest `count` sizes, with u relative to the largest of them."""
        first = slice(count)
        return replace(
            self,
            sizes=self.sizes[first],
            u=self.u[first] - self.u[count - 1],
            log_loss=self.log_loss[first],
            noise=self.noise[first],
            counts=self.counts[first],
        )
