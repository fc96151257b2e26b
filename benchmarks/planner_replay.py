"""The runs of a plan and of fixed designs on curves that are known, and what is forecast from them.

Every forecast, also those inside a plan, is made with a prior and a correction that were learned
without the curve's data set; see few_sizes.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dataworth as dw
from dataworth.curves.curve import Curve
from dataworth.forecast.forecast import Forecast
from dataworth.forecast.prior import Prior
from dataworth.plan.adaptive import Adaptive, size_ladder
from dataworth.plan.budget import Budget
from dataworth.plan.goal import Goal
from dataworth.records.record import Record, RunKey
from few_sizes_worker import prior_of
from planner_cases import FIXED, SEEDS, ReplayCase, within_budget

Floats = NDArray[np.float64]
LEVELS = np.arange(1, 40) / 40
BUDGETS = (0.35, 0.7, 1.4)
"""What may be trained, in samples of the goal's size."""
WITHIN = 0.10
PLAN, GRID = "the plan", "5 x 3, factor 3"
_NARROW = 1e-4
"""No budget meets this goal: all of it is spent."""
_MOST_RUNS = 300
_RATE = 1e4
"""Samples that a run trains on in a second."""


@dataclass(frozen=True)
class Answer:
    """What is known of the log loss at the goal after some runs.

    Attributes
    ----------
    quantiles : list of float
        At `LEVELS`.
    cost : float
        Samples trained, in units of the goal's size.
    runs : int
    stop : str
        Why a plan ended.
    """

    quantiles: list[float]
    cost: float
    runs: int
    stop: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % interval of the log loss."""
        return self.quantiles[1], self.quantiles[-2]

    @property
    def width(self) -> float:
        """Half the width of the 90 % interval as a share of the median loss."""
        low, high = self.interval
        return (math.exp(high) - math.exp(low)) / 2 / math.exp(self.quantiles[19])


@dataclass(frozen=True, eq=False)
class Replay:
    """The models of a study whose runs are looked up.

    Attributes
    ----------
    cases : mapping of str to ReplayCase
        By model; all of one data set.
    prior : Prior
    """

    cases: Mapping[str, ReplayCase]
    prior: Prior
    _made: dict[bytes, Forecast] = field(default_factory=dict, init=False)

    @staticmethod
    def of(case: ReplayCase, priors: Mapping[str, Prior]) -> Replay:
        """A study of one model."""
        return Replay({case.long.learner: case}, prior_for(case, priors))

    def record(self, key: RunKey) -> Record:
        """A run."""
        case = self.cases[key.learner]
        loss = case.loss(key.size, key.seed)
        return Record(key, {"loss": loss}, seconds=key.size / _RATE)

    def curve(self, model: str, records: Sequence[Record]) -> Curve:
        """The curve of some runs."""
        case = self.cases[model]
        return Curve(
            [record.key.size for record in records],
            [record.scores["loss"] for record in records],
            [record.key.seed for record in records],
            metric="error" if case.long.metric == "error" else "loss",
        )

    def forecast(self, curve: Curve) -> Forecast:
        """The forecast of a curve; designs share their first runs."""
        columns = (curve.samples, curve.values, curve.seeds)
        key = b"".join(np.asarray(column, np.float64).tobytes() for column in columns)
        if key not in self._made:
            self._made[key] = dw.forecast(curve, prior=self.prior)
        return self._made[key]

    def forget(self) -> None:
        """Make all forecasts again from now on."""
        self._made.clear()

    def planner(self, goal: Goal, budget: float | None) -> Adaptive:
        """The planner of these models; `budget` in samples."""
        sizes = sorted(set.intersection(*(set(ladder(case)) for case in self.cases.values())))
        limit = None if budget is None else Budget(samples=budget)
        models, seeds = list(self.cases), range(SEEDS)
        return Adaptive(goal, limit, models, sizes, seeds, key_of, self.curve, self.forecast)

    def play(self, planner: Adaptive) -> list[Record]:
        """Do what the plan asks for, one run after the other."""
        records: list[Record] = []
        while keys := planner.next(records, [], 1):
            records += [self.record(key) for key in keys]
            if len(records) > _MOST_RUNS:
                raise RuntimeError(f"{_MOST_RUNS} runs, and no end")
        return records

    def answer(self, model: str, records: Sequence[Record], stop: str = "") -> Answer:
        """What some runs of a model say of the goal."""
        ordered = sorted(records, key=lambda r: (r.key.size, r.key.seed))
        goal = self.cases[model].goal
        losses = self.forecast(self.curve(model, ordered)).log_losses([goal])[:, 0]
        quantiles = np.quantile(np.maximum(losses, math.log(1e-300)), LEVELS)
        cost = sum(record.key.size for record in records) / goal
        return Answer(quantiles.tolist(), cost, len(records), stop)


def key_of(model: str, size: int, seed: int) -> RunKey:
    """The key of a run."""
    return RunKey(model, size, seed, f"{model} {size} {seed}")


def ladder(case: ReplayCase) -> list[int]:
    """The known sizes that are nearest to those that a study would have."""
    wanted = size_ladder(int(case.sizes[0]), int(case.sizes[-1]))
    return sorted({case.at(size) for size in wanted})


def prior_for(case: ReplayCase, priors: Mapping[str, Prior]) -> Prior:
    """The one that was learned without the case's data set."""
    return priors[f"{case.long.half}-{case.long.fold}"]


def read_priors(texts: Mapping[str, Any]) -> dict[str, Prior]:
    """Priors from what `few_sizes.priors_of` gives."""
    return {name: prior_of(each) for name, each in texts.items()}


def by_plan(replay: Replay) -> dict[str, Answer]:
    """The plan of a study of one model with every budget, and until the interval is narrow."""
    ((model, case),) = replay.cases.items()
    found = {}
    asked: dict[str, tuple[Goal, float | None]] = {
        f"{budget:g} {PLAN}": (Goal(at=case.goal, within=_NARROW), budget * case.goal)
        for budget in BUDGETS
    }
    asked["until"] = Goal(at=case.goal, within=WITHIN), None
    for name, (goal, budget) in asked.items():
        planner = replay.planner(goal, budget)
        records = replay.play(planner)
        assert planner.last is not None
        assert planner.last.stop is not None
        found[name] = replay.answer(model, records, planner.last.stop.kind)
    return found


def by_fixed_designs(replay: Replay) -> dict[str, Answer]:
    """All fixed designs with every budget, and 5 sizes with 3 seeds at every largest size.

    Designs that the curve has no room for are left out.
    """
    ((model, case),) = replay.cases.items()
    found: dict[str, Answer] = {}
    for budget in BUDGETS:
        for name in FIXED:
            design = within_budget(case, name, budget * case.goal)
            if design is not None:
                found[f"{budget:g} {name}"] = replay.answer(model, _records(replay, design))
    for top in ladder(case):
        design = within_budget(case, GRID, 1e18, top)
        if design is not None:
            found[f"until {top}"] = replay.answer(model, _records(replay, design))
    return found


def _records(replay: Replay, design: Sequence[tuple[int, int]]) -> list[Record]:
    (model,) = replay.cases
    return [replay.record(key_of(model, size, seed)) for size, seed in design]
