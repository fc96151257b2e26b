"""Library: every law's shapes on one grid, as curves in log loss against log n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.base import Law

Floats = NDArray[np.float64]
SHARES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97)
"""Shares of the loss at the largest size that no more data take away."""
_TINY = 1e-250


@dataclass(frozen=True, eq=False)
class Library:
    """Candidate curves. Candidate j is ``log(loss(n) / loss(N))`` for one law, shape and share.

    Attributes
    ----------
    laws : tuple of Law
        The laws.
    law : ndarray of int, shape (k,)
        Which of `laws` a candidate belongs to.
    row : ndarray of int, shape (k,)
        The candidate's row in ``laws[law].shapes()``.
    share : ndarray, shape (k,)
        Irreducible loss as a share of the loss at the largest size.
    slope : ndarray, shape (k,)
        ``-d log loss / d log n`` at the largest size.
    stays : ndarray, shape (k,)
        The mean slope over the next factor of eight, as a share of `slope`.
    """

    laws: tuple[Law, ...]
    law: NDArray[np.int64]
    row: NDArray[np.int64]
    share: Floats
    slope: Floats
    stays: Floats

    def __len__(self) -> int:
        return len(self.law)

    def curves(self, u: Floats, chosen: NDArray[np.int64] | None = None) -> Floats:
        """Log loss relative to that at the largest size, shape (k, m), at ``u = log(n / N)``."""
        wanted = np.arange(len(self)) if chosen is None else chosen
        x = np.exp(np.append(u, 0.0))
        out = np.empty((len(wanted), len(u)))
        for index, law in enumerate(self.laws):
            mine = np.flatnonzero(self.law[wanted] == index)
            if not len(mine):
                continue
            rows, back = np.unique(self.row[wanted[mine]], return_inverse=True)
            basis = law.evaluate(law.shapes()[rows], x)
            falling = np.maximum(basis[:, :-1], _TINY) / np.maximum(basis[:, -1:], _TINY)
            share = self.share[wanted[mine], None]
            out[mine] = np.log((1 - share) * falling[back] + share)
        return out

    def at_chance(self, above: float) -> Floats:
        """Log weight, shape (k,), of each candidate where the loss by chance is known.

        Parameters
        ----------
        above : float
            Log of the loss by chance over the loss at the largest size. A law whose amplitude is
            the loss by chance must start there, to within 20 %.
        """
        weight = np.zeros(len(self))
        for index, law in enumerate(self.laws):
            if law.from_chance:
                mine = self.law == index
                at_end = law.evaluate(law.shapes()[self.row[mine]], np.ones(1))[:, 0]
                weight[mine] = -0.5 * ((np.log(1 / at_end) - above) / 0.2) ** 2
        return weight


@lru_cache(maxsize=8)
def library(laws: tuple[Law, ...]) -> Library:
    """The candidates of these laws; kept, since it does not depend on the curve."""
    parts: list[tuple[int, int, float]] = []
    for index, law in enumerate(laws):
        shares: Sequence[float] = SHARES if law.floor else (0.0,)
        parts += [(index, row, s) for row in range(len(law.shapes())) for s in shares]
    columns = list(zip(*parts, strict=True))
    law_of, row = np.array(columns[0]), np.array(columns[1])
    share = np.array(columns[2], np.float64)
    blank = Library(laws, law_of, row, share, share, share)
    near, far = 0.02, float(np.log(8.0))
    values = blank.curves(np.array([-near, near, far]))
    slope = (values[:, 0] - values[:, 1]) / (2 * near)
    stays = np.divide(-values[:, 2] / far, slope, out=np.ones_like(slope), where=slope > 1e-9)
    kept = np.isfinite(values).all(axis=1) & (slope < 4) & ((slope > 5e-3) | (slope == 0))
    return Library(
        laws, law_of[kept], row[kept], share[kept], slope[kept], np.clip(stays[kept], 0, 2)
    )
