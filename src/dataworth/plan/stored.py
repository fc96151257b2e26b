"""Plans as a run directory holds them, and the planner of the runs that it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dataworth.curves.curve import Curve
from dataworth.errors import StudyError
from dataworth.plan.adaptive import Adaptive, KeyOf
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice
from dataworth.plan.goal import Goal
from dataworth.records.meta import PLAN_ENTRY, checked_entry
from dataworth.records.reader import curve_columns
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store

_NUMBER = float | None
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("goal", "intervals"), dict),
    **dict.fromkeys(("budget", "stop"), dict | None),
    **dict.fromkeys(("choices", "before"), list),
    **dict.fromkeys(("sizes", "seeds"), list[int]),
    "workers": int,
    **dict.fromkeys(("models", "notes"), list[str]),
}
_TYPES_OF_CHOICE: dict[str, Any] = {
    **dict.fromkeys(("model", "key", "reason"), str),
    **dict.fromkeys(("size", "seed"), int),
    **dict.fromkeys(("seconds", "interval", "expected_interval"), _NUMBER),
}


@dataclass(frozen=True, eq=False)
class StoredPlan:
    """A plan with all its choices.

    Attributes
    ----------
    goal : Goal
    budget : Budget or None
    models : list of str
    sizes, seeds : list of int
        All that a run can have.
    workers : int
        Runs that are done at the same time.
    choices : list of Choice
        In their order.
    stop : mapping or None
        Why there are no more, as `Stop.to_dict` gives it.
    notes : list of str
        What the plan said besides, when it was made last.
    intervals : mapping of str to float
        Half the width of the interval by model, as a share of the loss, at that time.
    before : list
        The plans for other goals, as `to_dict` gives them.
    """

    goal: Goal
    budget: Budget | None
    models: list[str]
    sizes: list[int]
    seeds: list[int]
    workers: int = 1
    choices: list[Choice] = field(default_factory=list)
    stop: Mapping[str, str] | None = None
    notes: list[str] = field(default_factory=list)
    intervals: Mapping[str, float] = field(default_factory=dict)
    before: list[Any] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return vars(self) | {
            "goal": self.goal.to_dict(),
            "budget": None if self.budget is None else self.budget.to_dict(),
            "choices": [choice.to_dict() for choice in self.choices],
        }

    def write(self, store: Store) -> None:
        """Store it, in place of an earlier one."""
        store.set_meta({PLAN_ENTRY: self.to_dict()})


def stored_plan(store: Store) -> StoredPlan | None:
    """The plan that a store holds; None where it holds none.

    Raises
    ------
    StudyError
        If an entry is missing or of another type.
    """
    meta, where = store.meta(), str(store.path)
    if PLAN_ENTRY not in meta:
        return None
    entries = {
        name: checked_entry(meta, (PLAN_ENTRY, name), kind, where) for name, kind in _TYPES.items()
    }
    for name in entries["intervals"]:
        checked_entry(meta, (PLAN_ENTRY, "intervals", name), float, where)
    budget = entries["budget"]
    return StoredPlan(
        **entries
        | {
            "goal": Goal.from_dict(entries["goal"]),
            "budget": None if budget is None else Budget.from_dict(budget),
            "choices": [_choice(each, where) for each in entries["choices"]],
        }
    )


def _choice(entry: Any, where: str) -> Choice:
    values = {
        name: checked_entry({"choice": entry}, ("choice", name), kind, where)
        for name, kind in _TYPES_OF_CHOICE.items()
    }
    seconds, now, after = (
        math.nan if values[name] is None else float(values[name])
        for name in ("seconds", "interval", "expected_interval")
    )
    key = RunKey(values["model"], values["size"], values["seed"], values["key"])
    return Choice(key, seconds, now, after, values["reason"])


def planner(store: Store, plan: StoredPlan, key_of: KeyOf, whole: int | None = None) -> Adaptive:
    """The planner of a plan, which reads the curves of its models in a store.

    Parameters
    ----------
    store : Store
    plan : StoredPlan
    key_of : callable
        The key of the run of a model, a size and a seed.
    whole : int, optional
        The size of the whole pool, of which every seed has the same rows.

    Raises
    ------
    StudyError
        If the goal does not fit the models.
    """
    goal = plan.goal
    if goal.kind == "best" and len(plan.models) == 1:
        raise StudyError(
            f"goal: sure = {goal.probability:g} is for the best of several models, and there is "
            f"one, {plan.models[0]}. Give within (--within) or target (--target), or more models.",
            code="options-conflict",
            option="sure",
        )

    def curve_of(model: str, records: Sequence[Record]) -> Curve:
        columns = curve_columns(store, model)
        chosen = {(record.key.size, record.key.seed) for record in records}
        pairs = zip(columns["samples"].tolist(), columns["seeds"].tolist(), strict=True)
        kept = np.array([pair in chosen for pair in pairs])
        columns |= {name: columns[name][kept] for name in ("samples", "values", "seeds")}
        columns["others"] = {name: each[kept] for name, each in columns["others"].items()}
        return Curve(**columns)

    return Adaptive(
        goal, plan.budget, plan.models, plan.sizes, plan.seeds, key_of, curve_of, whole=whole
    )


def planned_records(store: Store, names: Sequence[str]) -> list[Record]:
    """All runs of some models that have ended."""
    return [record for record in store.records(None) if record.key.learner in names]
