"""Public curves as studies that can be run again: any size with any seed, at the cost of its size.

The collections are those of few_sizes_cases.py. A case is a curve with a goal size; the truth there
is the mean over all its runs. The runs of a size are put in random order once, and a seed is a
place in that order: real runs for LCDB 1.0, runs drawn from the published spread for LCDB 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from few_sizes_cases import LongCurve

Floats = NDArray[np.float64]
SEEDS = 10
_NEXT = 1.4
"""The goal is this much larger than the largest size that may be measured."""
_SMALLEST, _LEAST_GOAL, _LEAST_SIZES = 16, 1_400, 10


@dataclass(frozen=True, eq=False)
class ReplayCase:
    """A curve whose runs can be looked up.

    Attributes
    ----------
    long : LongCurve
    goal : int
        The size that is asked for.
    truth : float
        The mean loss there.
    sizes : ndarray of int64, shape (m,)
        Sizes that may be measured, all below the goal.
    runs : ndarray, shape (m, SEEDS)
        The losses of their runs.
    """

    long: LongCurve
    goal: int
    truth: float
    sizes: NDArray[np.int64]
    runs: Floats

    def loss(self, size: int, seed: int) -> float:
        """The loss of one run."""
        return float(self.runs[int(np.searchsorted(self.sizes, size)), seed])

    def at(self, size: float) -> int:
        """The nearest size that may be measured."""
        return int(self.sizes[int(np.argmin(np.abs(np.log(self.sizes / size))))])


def replay_cases(curves: Sequence[LongCurve], count: int, seed: int) -> Iterator[ReplayCase]:
    """At most `count` cases, of curves in random order."""
    rng = np.random.default_rng(seed)
    made = 0
    for index in rng.permutation(len(curves)):
        long = curves[index]
        possible = [
            i
            for i, size in enumerate(long.sizes)
            if size >= _LEAST_GOAL and long.means[i] > 0 and long.at(size) is not None
        ]
        if not possible:
            continue
        case = replay_case(long, possible[int(rng.integers(len(possible)))], rng, _NEXT)
        if case is None:
            continue
        yield case
        made += 1
        if made == count:
            return


def replay_case(
    long: LongCurve, goal: int, rng: np.random.Generator, ahead: float
) -> ReplayCase | None:
    """A curve with the goal at one of its sizes, measured up to `1 / ahead` of that.

    None where there are too few sizes or a run of no loss.
    """
    chosen = [
        i
        for i, size in enumerate(long.sizes)
        if _SMALLEST <= size <= long.sizes[goal] / ahead and long.means[i] > 0
    ]
    runs = np.array([long.drawn(i, SEEDS, rng) for i in chosen])
    if len(chosen) < _LEAST_SIZES or (runs <= 0).any():
        return None
    return ReplayCase(
        long,
        int(long.sizes[goal]),
        float(long.means[goal]),
        long.sizes[chosen].astype(np.int64),
        runs,
    )


Design = list[tuple[int, int]]
"""Sizes with seeds."""


def _ladder(case: ReplayCase, top: float, factor: float, count: int) -> list[int]:
    sizes = {case.at(top / factor**i) for i in range(count)}
    return sorted(sizes)


def fixed_design(case: ReplayCase, name: str, top: float) -> Design:
    """The runs of a fixed design up to a largest size."""
    match name:
        case "5 x 3, factor 3":
            return [(n, s) for n in _ladder(case, top, 2.83, 5) for s in range(3)]
        case "5 x 3, factor 2":
            return [(n, s) for n in _ladder(case, top, 2.0, 5) for s in range(3)]
        case "4 x 1":
            return [(n, 0) for n in _ladder(case, top, 2.83, 4)]
        case "5 x 1":
            return [(n, 0) for n in _ladder(case, top, 2.0, 5)]
        case "5 x 1, factor 3":
            return [(n, 0) for n in _ladder(case, top, 2.83, 5)]
        case "dense x 1":
            return [(n, 0) for n in _ladder(case, top, 1.41, 9)]
        case "seeds falling":
            sizes = _ladder(case, top, 2.0, 5)
            return [(n, s) for n, k in zip(sizes, (8, 4, 2, 1, 1), strict=False) for s in range(k)]
        case "largest heavy":
            sizes = _ladder(case, top, 2.83, 4)
            return [(n, s) for n in sizes for s in range(3 if n == sizes[-1] else 1)]
    raise ValueError(name)


FIXED = (
    *("5 x 3, factor 3", "5 x 3, factor 2", "4 x 1", "5 x 1", "5 x 1, factor 3"),
    *("dense x 1", "seeds falling", "largest heavy"),
)


def within_budget(
    case: ReplayCase, name: str, budget: float, largest: float = np.inf
) -> Design | None:
    """A fixed design with the largest sizes that cost at most `budget` samples."""
    for top in case.sizes[case.sizes <= largest][::-1]:
        design = fixed_design(case, name, float(top))
        if sum(size for size, _ in design) <= budget and len({n for n, _ in design}) >= 3:
            return design
    return None
