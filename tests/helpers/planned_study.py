"""Studies for planners: runs whose losses follow a known law, at a known cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from dataworth.curves.curve import Curve
from dataworth.plan.adaptive import Adaptive, size_ladder
from dataworth.plan.budget import Budget
from dataworth.plan.goal import Goal
from dataworth.records.record import Failure, Record, RunKey

Law = Callable[[int], float]


def power_law(floor: float = 0.05, scale: float = 2.0, exponent: float = 0.4) -> Law:
    """The mean loss at a size."""
    return lambda size: floor + scale * size**-exponent


def key_of(model: str, size: int, seed: int) -> RunKey:
    """The key of a run."""
    return RunKey(model, size, seed, f"{model}-{size}-{seed}")


def curve_of(model: str, records: Sequence[Record]) -> Curve:
    """The curve of some runs."""
    return Curve(
        [record.key.size for record in records],
        [record.scores["error"] for record in records],
        [record.key.seed for record in records],
        metric="error",
        model=model,
    )


def planner_of(
    goal: Goal,
    budget: Budget | None = None,
    models: Sequence[str] = ("a",),
    most: int = 100_000,
    least: int = 64,
) -> Adaptive:
    """A planner of runs up to `most` samples."""
    sizes = size_ladder(least, most)
    return Adaptive(goal, budget, models, sizes, range(25), key_of, curve_of)


def done(key: RunKey, law: Law, noise: float = 0.02, rate: float = 1e4) -> Record:
    """A finished run: a loss with noise, and seconds in proportion to the samples."""
    random = np.random.default_rng([key.size, key.seed, len(key.learner), ord(key.learner[0])])
    loss = law(key.size) * math.exp(noise * random.standard_normal())
    return Record(key, {"error": loss}, seconds=key.size / rate)


def failed(key: RunKey, message: str = "no such leaf") -> Record:
    """A failed run."""
    return Record(key, {}, failure=Failure("error", message), seconds=0.1)


def play(
    planner: Adaptive,
    laws: dict[str, Law],
    noise: float = 0.02,
    most: int = 80,
    fails: Callable[[RunKey], bool] = lambda _: False,
) -> list[Record]:
    """Do what the planner asks for, one run after the other, until it asks for nothing."""
    records: list[Record] = []
    while len(records) < most:
        keys = planner.next(records, [], 1)
        if not keys:
            return records
        (key,) = keys
        assert key not in [record.key for record in records]
        records.append(failed(key) if fails(key) else done(key, laws[key.learner], noise))
    raise AssertionError(f"{most} runs, and no end")
