"""Which runs of a study come next: those of a grid, or those that a plan for its goal chooses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dataworth.curves.curve import Curve
from dataworth.errors import StudyError
from dataworth.observers.base import Observer
from dataworth.plan.adaptive import Adaptive, Plan
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice, Stop
from dataworth.plan.goal import Goal
from dataworth.plan.grid import Grid
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.meta import checked_entry
from dataworth.records.reader import curve_columns
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.study.resolved import ResolvedStudy

ENTRY = "plan"
"""The entry of a store's ``meta`` with the goal, the budget, all choices and the end of a plan."""


class NextRuns(Protocol):
    """What a study does next; the same records give the same runs.

    Attributes
    ----------
    keys, done : sequence of RunKey
        All runs that are known to be the study's, and those of them that are done.
    slots : int
        Runs that are done at the same time.
    is_immediate : bool
        Whether `next` takes no time.
    stop : Stop or None
        Why a plan has ended.
    """

    keys: Sequence[RunKey]
    done: Sequence[RunKey]
    slots: int
    is_immediate: bool
    stop: Stop | None

    def add(self, record: Record) -> None:
        """Take note of a run that has ended and is stored."""

    def next(self, running: Sequence[RunKey], free: int) -> Sequence[RunKey]:
        """The runs to start now.

        Parameters
        ----------
        running : sequence of RunKey
            The runs that were started and have not ended.
        free : int
            How many more can be done at the same time.
        """

    def announce(self, observer: Observer) -> None:
        """Notify an observer of what was chosen, and why, since the last time."""


def next_runs(
    study: ResolvedStudy, store: Store, slots: int, *, retry_failed: bool = False
) -> NextRuns:
    """What decides the next runs of a study: a plan where it has a goal, else the grid.

    Parameters
    ----------
    study : ResolvedStudy
    store : Store
        With the runs that have ended; open for writing.
    slots : int
        Runs that can be done at the same time.
    retry_failed : bool
        Whether to do the runs again that failed before.

    Raises
    ------
    StudyError
        If the goal does not fit the study.
    """
    if study.goal is None:
        return GridRuns(study, store, slots, retry_failed)
    return PlannedRuns(study, store, slots, retry_failed)


class GridRuns:
    """Every size with every seed; see `next_runs` and `NextRuns`."""

    is_immediate = True
    stop: Stop | None = None

    def __init__(self, study: ResolvedStudy, store: Store, slots: int, retry_failed: bool) -> None:
        self.keys: Sequence[RunKey] = study.runs()
        self.slots = min(slots, len(self.keys))
        ended = store.digests("finished")
        if not retry_failed:
            ended |= store.digests("failed")
        self.done: Sequence[RunKey] = [key for key in self.keys if key.digest in ended]
        waiting = [key for key in self.keys if key.digest not in ended]
        self._grid = Grid(waiting, study.objective.work, self.slots)

    def add(self, record: Record) -> None:
        """Nothing changes: all runs are done."""

    def next(self, running: Sequence[RunKey], free: int) -> Sequence[RunKey]:
        """See `NextRuns.next`."""
        return self._grid.next([], running, free)

    def announce(self, observer: Observer) -> None:
        """Nothing was chosen."""


class PlannedRuns:
    """The runs that a plan chooses; each choice is stored with its reason.

    See `next_runs` and `NextRuns`.
    """

    is_immediate = False

    def __init__(self, study: ResolvedStudy, store: Store, slots: int, retry_failed: bool) -> None:
        self.slots = slots
        self._store = store
        records = [r for r in store.records(None) if r.key.learner in study.objectives]
        if retry_failed:
            records = [record for record in records if record.failure is None]
        self.keys: Sequence[RunKey] = [record.key for record in records]
        self.done: Sequence[RunKey] = self.keys
        self._records: list[Record] = []
        for record in records:
            self.add(record)
        self._planner = planner_of(study, store)
        self._stored = _entry(study, store)
        self._choices: list[Choice] = []
        self._notices: list[str] = []
        self._announced: set[str] = set()
        self.stop: Stop | None = None

    def add(self, record: Record) -> None:
        """Take note of a run that has ended and is stored."""
        # Without what may be large and says nothing of the next runs.
        self._records.append(replace(record, history={}, arrays={}))

    def next(self, running: Sequence[RunKey], free: int) -> Sequence[RunKey]:
        """See `NextRuns.next`."""
        plan = self._planner.plan(self._records, running, free)
        chosen = plan.choices[: max(free, 0)]
        self._choices += chosen
        self.stop = plan.stop
        self._notices += plan.given_up if plan.stop is None else [*plan.given_up, *plan.notes]
        if chosen or plan.stop is not None:
            self._write(chosen, plan)
        return [choice.key for choice in chosen]

    def announce(self, observer: Observer) -> None:
        """See `NextRuns.announce`."""
        for text in self._notices:
            if text not in self._announced:
                self._announced.add(text)
                observer.on_notice(text)
        for choice in self._choices:
            observer.on_choice(choice)
        if self.stop is not None:
            observer.on_stop(self.stop)
        self._notices, self._choices = [], []

    def _write(self, chosen: Sequence[Choice], plan: Plan) -> None:
        """Store choices, in place of those of runs that were begun before and not finished."""
        new = [choice.to_dict() for choice in chosen]
        keys = {each["key"] for each in new}
        before = [each for each in self._stored["choices"] if each["key"] not in keys]
        self._stored |= {
            "choices": before + new,
            "stop": None if plan.stop is None else plan.stop.to_dict(),
            "notes": [*plan.given_up, *plan.notes],
            "intervals": {
                each.model: each.width for each in plan.standings if each.forecast is not None
            },
        }
        self._store.set_meta({ENTRY: self._stored})


def planner_of(study: ResolvedStudy, store: Store) -> Adaptive:
    """The planner of a study that has a goal.

    Parameters
    ----------
    study : ResolvedStudy
    store : Store
        With the runs that have ended: their curves are read there.

    Raises
    ------
    StudyError
        If the goal does not fit the study.
    """
    assert study.goal is not None
    if study.goal.kind == "best" and len(study.models) == 1:
        raise StudyError(
            f"goal: sure = {study.goal.probability:g} asks for the best of several models, and "
            f"there is one, {study.models[0]}. Give within= (--within) or target= (--target), or "
            "more models.",
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

    sizes = set(study.sizes)
    if study.has_any_size:
        # Seeds of what was run before are as good as those of the ladder.
        sizes |= {int(n) for n in store.table([]).samples if n <= max(study.sizes)}
    return Adaptive(
        study.goal,
        study.budget,
        study.models,
        sorted(sizes),
        study.seeds,
        study.key_of,
        curve_of,
        whole=study.pool,
    )


def stored_plan(directory: str | os.PathLike[str]) -> tuple[Goal, Budget | None] | None:
    """The goal and the budget of the plan in a run directory; None where there is no plan.

    Raises
    ------
    StudyError
        If the results cannot be read.
    """
    if not (Path(directory) / RESULTS_FILE).is_file():
        return None
    with Store(Path(directory)) as store:
        entry = plan_entry(store.meta(), str(store.path))
    if entry is None:
        return None
    budget = entry["budget"]
    return Goal.from_dict(entry["goal"]), None if budget is None else Budget.from_dict(budget)


def plan_entry(meta: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    """The plan that a store holds, with entries of the right types; None where there is none.

    Parameters
    ----------
    meta : mapping
        As `Store.meta` gives it.
    where : str
        What a message calls the file.

    Returns
    -------
    dict or None
        ``goal`` and ``budget`` as `Goal.to_dict` gives them; ``choices``, each as
        `Choice.to_dict` gives it, in their order; ``stop`` as `Stop.to_dict` gives it, or None;
        ``notes``; ``intervals``, half the width by model when the plan was made last; and
        ``before``, the plans for other goals.

    Raises
    ------
    StudyError
        If an entry is missing or of another type.
    """
    if ENTRY not in meta:
        return None
    types: dict[str, Any] = {
        **dict.fromkeys(("goal", "intervals"), dict),
        **dict.fromkeys(("budget", "stop"), dict | None),
        **dict.fromkeys(("choices", "before"), list),
        "notes": list[str],
    }
    return {name: checked_entry(meta, (ENTRY, name), kind, where) for name, kind in types.items()}


def _entry(study: ResolvedStudy, store: Store) -> dict[str, Any]:
    """The plan of the study as it is stored, to be continued; that of another goal is put aside."""
    assert study.goal is not None
    goal = study.goal.to_dict()
    new: dict[str, Any] = {
        "goal": goal,
        "budget": None if study.budget is None else study.budget.to_dict(),
        "choices": [],
        "stop": None,
        "notes": [],
        "intervals": {},
        "before": [],
    }
    there = plan_entry(store.meta(), str(store.path))
    if there is None:
        return new
    before = there.pop("before")
    if there["goal"] == goal:
        return there | {"budget": new["budget"], "before": before}
    return new | {"before": [*before, there]}
