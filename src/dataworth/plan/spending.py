"""Spending: what was spent of a budget, and what further runs would cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataworth._util.durations import format_duration
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice
from dataworth.plan.cost import Costs
from dataworth.records.record import Record, RunKey

_CAREFUL, _CAREFUL_OF_TIME = 0.5, 1.0
"""So many standard deviations of the cost are left free; the second where time is limited, so that
few runs are started that end after it."""
_LEAST = 1e-9
Runs = Sequence[tuple[str, int]]
"""Models with sizes."""


@dataclass(frozen=True)
class _Sum:
    """What some runs cost: worker seconds, the longest of them, samples, and their number."""

    seconds: float
    longest: float
    samples: float
    runs: float


class Spending:
    """What was spent of a budget, and the price of further runs.

    Runs that are under way count with what they are expected to cost; failed ones count too.

    Parameters
    ----------
    budget : Budget or None
    costs : Costs
    records : sequence of Record
    running : sequence of RunKey
    slots : int
        Runs that are done at the same time.
    """

    def __init__(
        self,
        budget: Budget | None,
        costs: Costs,
        records: Sequence[Record],
        running: Sequence[RunKey],
        slots: int,
    ) -> None:
        self._budget, self._costs, self._slots = budget, costs, slots
        of_time = budget is not None and (budget.seconds is not None or budget.money is not None)
        self._careful = _CAREFUL_OF_TIME if of_time else _CAREFUL
        done = [(r.key.learner, r.key.size) for r in records]
        busy = [(key.learner, key.size) for key in running]
        known = sum(r.seconds for r in records if math.isfinite(r.seconds))
        under_way = self._sum(busy)
        self.seconds = known + (under_way.seconds if costs.known else 0.0)
        self.samples = float(sum(size for _, size in [*done, *busy]))
        self.runs = len(done) + len(busy)

    @property
    def is_limited(self) -> bool:
        """Whether there is a budget."""
        return self._budget is not None

    def price(self, runs: Runs) -> float:
        """What runs cost: as a share of what is left of the budget, or in seconds without one.

        In samples where the time of no run is known. More than 1 is more than is left.
        """
        cost, budget = self._sum(runs), self._budget
        if budget is None:
            return cost.seconds if self._costs.known else cost.samples
        shares = [_LEAST * cost.samples / max(self.samples, 1.0)]
        if budget.seconds is not None and self._costs.known:
            left = budget.seconds - self.seconds / self._slots
            shares += [_share(cost.seconds / self._slots, left), _share(cost.longest, left)]
        if budget.money is not None and self._costs.known:
            shares.append(_share(cost.seconds, budget.worker_seconds - self.seconds))
        if budget.samples is not None:
            shares.append(_share(cost.samples, budget.samples - self.samples))
        if budget.runs is not None:
            shares.append(_share(cost.runs, budget.runs - self.runs))
        return max(shares)

    def affordable(self, choices: Sequence[Choice]) -> list[Choice]:
        """The first of some runs, as many as the budget has room for."""
        if self._budget is None:
            return list(choices)
        kept: list[Choice] = []
        for choice in choices:
            runs = [(each.key.learner, each.key.size) for each in [*kept, choice]]
            if self.price(runs) > 1:
                break
            kept.append(choice)
        return kept

    def seconds_of(self, key: RunKey) -> float:
        """The time that a run is expected to take; NaN where nothing is known."""
        if not self._costs.known:
            return math.nan
        return self._costs.of(key.learner, key.size).seconds

    def share_of_budget(self, model: str, size: int) -> float:
        """What a run costs as a share of the whole budget; 0 without one."""
        budget, cost = self._budget, self._sum([(model, size)])
        if budget is None:
            return 0.0
        shares = [0.0 if budget.samples is None else cost.samples / budget.samples]
        if self._costs.known:
            shares.append(cost.seconds / (budget.seconds or math.inf) / self._slots)
            shares.append(cost.seconds / budget.worker_seconds)
        return max(shares)

    def describe(self) -> str:
        """What was spent, of what, in words."""
        spent = self.spent()
        return spent if self._budget is None else f"{spent}, of {self._budget.describe()}"

    def spent(self) -> str:
        """What was spent, in words."""
        runs = "1 run" if self.runs == 1 else f"{self.runs:,} runs"
        return f"{runs}, {self.samples:,.0f} samples, {format_duration(self.seconds)} of work"

    def to_dict(self) -> Mapping[str, float]:
        """What was spent."""
        return {"runs": self.runs, "samples": self.samples, "seconds": self.seconds}

    def _sum(self, runs: Runs) -> _Sum:
        costs = [self._costs.of(model, size) for model, size in runs]
        seconds = [cost.seconds * math.exp(min(self._careful * cost.error, 50.0)) for cost in costs]
        samples = float(sum(size for _, size in runs))
        return _Sum(sum(seconds), max(seconds, default=0.0), samples, len(runs))


def _share(cost: float, left: float) -> float:
    if cost <= 0:
        return 0.0
    return cost / left if left > 0 else math.inf
