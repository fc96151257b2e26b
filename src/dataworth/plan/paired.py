"""Paired comparison of models: their differences at sizes and seeds that they share.

Models that are trained on the same rows differ by less than their levels vary. The difference of
two log losses at the goal is therefore expected to be that at the largest size of both, with the
spread of both forecasts about it. On public curves, losses at a shared size rank models as well as
forecasts do (benchmarks/RESULTS.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.plan.standing import Standing

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Which model leads, and how surely.

    Attributes
    ----------
    leader : int
        The position of the model that is expected to have the lowest loss at the goal.
    chances : ndarray, shape (models,)
        The probability of each model to be the best.
    sure : float
        The probability that the leader is the best, or as good as the best.
    """

    leader: int
    chances: Floats
    sure: float


def compare(standings: Sequence[Standing], within: float) -> Comparison:
    """Compare models with forecasts.

    Parameters
    ----------
    standings : sequence of Standing
    within : float
        A model whose loss is higher by no more than this share is as good.
    """
    largest = max(max(each.counts) for each in standings)
    reference = min(standings, key=lambda each: each.measured.get(largest, math.inf))
    middles = np.array([_ahead(each, reference) for each in standings])
    draws = np.stack([each.losses - np.median(each.losses) for each in standings])
    draws += middles[:, None]
    best = draws.min(axis=0)
    leader = int(middles.argmin())
    return Comparison(
        leader,
        np.asarray((draws <= best).mean(axis=1)),
        float((draws[leader] <= best + math.log1p(within)).mean()),
    )


def shared_sizes(standings: Sequence[Standing]) -> list[int]:
    """The sizes that all models have finished runs of, rising."""
    if not standings:
        return []
    return sorted(set.intersection(*(set(each.measured) for each in standings)))


def _ahead(standing: Standing, reference: Standing) -> float:
    """The log loss at the goal less that of the reference, as expected."""
    shared = shared_sizes([standing, reference])
    if not shared:
        return float(np.median(standing.losses) - np.median(reference.losses))
    return standing.measured[shared[-1]] - reference.measured[shared[-1]]
