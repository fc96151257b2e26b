"""Explains the next runs of a run directory, without its data and models, and runs nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataworth._util.numbers import format_count, format_share
from dataworth.errors import StudyError
from dataworth.plan.adaptive import Adaptive, Plan, size_ladder
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice
from dataworth.plan.goal import Goal
from dataworth.plan.needs import state_in_words
from dataworth.plan.stored import StoredPlan, planned_records, planner, stored_plan
from dataworth.records.meta import checked_entry
from dataworth.records.reader import counts_groups, meta_of, models
from dataworth.records.record import RunKey
from dataworth.records.store import Store

_HOUR = 3_600.0
SEEDS_OF_PLAN = 100
"""More than any plan has use for."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a plan would do next.

    Attributes
    ----------
    stored : StoredPlan
        Goal, budget, and what the runs can be.
    plan : Plan
        The next runs, or why there are none. The digests of their keys are not those of runs.
    state : str
        How far the goal is, in words; empty without a forecast.
    hour : sequence of Choice or None
        The runs of one more hour, whatever the budget; None where that says nothing more.
    """

    stored: StoredPlan
    plan: Plan
    state: str
    hour: Sequence[Choice] | None

    def hour_in_words(self) -> str:
        """What one more hour would buy, in a sentence."""
        if not self.hour:
            return "One more hour has no room for a run that would help."
        runs = "1 run" if len(self.hour) == 1 else f"{len(self.hour)} runs"
        most = format_count(max(choice.key.size for choice in self.hour))
        after = self.hour[-1].width_after
        narrowed = ""
        if self.stored.goal.kind == "interval" and math.isfinite(after):
            narrowed = f": the interval is then expected to be within {format_share(after)}"
        return f"One more hour would buy {runs}, on up to {most} samples{narrowed}."

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        budget, stop = self.stored.budget, self.plan.stop
        return {
            "goal": self.stored.goal.to_dict(),
            "budget": None if budget is None else budget.to_dict(),
            "spent": dict(self.plan.spending.to_dict()),
            "state": self.state,
            "next": [_run(choice) for choice in self.plan.choices],
            "stop": None if stop is None else stop.to_dict(),
            "notes": [*self.plan.given_up, *self.plan.notes],
            "hour": None if self.hour is None else [_run(choice) for choice in self.hour],
        }


def explain(store: Store, goal: Goal | None = None, budget: Budget | None = None) -> Explanation:
    """Explain the next runs of a run directory.

    Parameters
    ----------
    store : Store
    goal : Goal, optional
        In place of that of the plan that the directory holds.
    budget : Budget, optional
        In place of that plan's; with a goal and without a budget, the runs are not limited.

    Raises
    ------
    StudyError
        If there is neither a plan nor a goal, or the goal does not fit the models.
    """
    stored = _plan_for(store, goal, budget)
    records = planned_records(store, stored.models)

    def planner_of(each: StoredPlan) -> Adaptive:
        return planner(store, each, _key, _whole(store) or None)

    made = planner_of(stored)
    plan = made.plan(records, free=stored.workers)
    usable = [each for each in plan.standings if each.forecast is not None]
    state = state_in_words(stored.goal, made.size, usable) if usable else ""
    hour: Sequence[Choice] | None = None
    is_open = plan.stop is None or plan.stop.kind == "spent"
    if is_open and usable and plan.costs.known:
        spent = plan.spending.seconds / stored.workers
        longer = replace(stored, budget=Budget(seconds=spent + _HOUR))
        hour = planner_of(longer).plan(records, free=stored.workers).choices
    return Explanation(stored, plan, state, hour)


def _plan_for(store: Store, goal: Goal | None, budget: Budget | None) -> StoredPlan:
    found = stored_plan(store)
    if found is not None:
        limit = budget if budget is not None or goal is not None else found.budget
        return replace(found, goal=goal or found.goal, budget=limit)
    if goal is None:
        raise StudyError(
            f"{store.directory}: the study has no plan. Give a goal: --at N or --target V.",
            code="option-missing",
            option="at",
        )
    names = list(models(store.meta(), str(store.path)))
    sizes = sorted({record.key.size for record in planned_records(store, names)})
    most = max([1, _whole(store), *sizes[-1:]])
    ladder = size_ladder(sizes[0] if sizes else most, most)
    return StoredPlan(goal, budget, names, sorted({*ladder, *sizes}), list(range(SEEDS_OF_PLAN)))


def _whole(store: Store) -> int:
    """The largest size: of rows, or 0 where sizes are of groups or the store does not say."""
    meta, where = store.meta(), str(store.path)
    first = next(iter(models(meta, where)), None)
    if counts_groups(meta_of(store, first), where):
        return 0
    whole: int = checked_entry({"samples": 0, **meta}, "samples", int, where)
    return whole


def _key(model: str, size: int, seed: int) -> RunKey:
    return RunKey(model, size, seed, f"{model}, {size}, {seed}")


def _run(choice: Choice) -> dict[str, Any]:
    return {name: value for name, value in choice.to_dict().items() if name != "key"}
