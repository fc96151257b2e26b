"""Which runs of a study come next: those of a grid, or those that a plan for its goal chooses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from dataworth.observers.base import Observer
from dataworth.plan.adaptive import Plan
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice, Stop
from dataworth.plan.goal import Goal
from dataworth.plan.grid import Grid
from dataworth.plan.stored import StoredPlan, planned_records, planner, stored_plan
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.meta import checked_entry
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.study.resolved import ResolvedStudy


class NextRuns(Protocol):
    """What a study does next; the same records give the same runs.

    Attributes
    ----------
    keys, done : sequence of RunKey
        All runs that are known to be the study's, and those of them that are done.
    waiting : sequence of RunKey
        The runs to be done, as far as they are known.
    slots : int
        Runs that are done at the same time.
    is_immediate : bool
        Whether `next` takes no time.
    stop : Stop or None
        Why a plan has ended.
    """

    keys: Sequence[RunKey]
    done: Sequence[RunKey]
    waiting: Sequence[RunKey]
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
        self.waiting: Sequence[RunKey] = [key for key in self.keys if key.digest not in ended]
        self._grid = Grid(self.waiting, study.objective.work)

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
    waiting: Sequence[RunKey] = ()

    def __init__(self, study: ResolvedStudy, store: Store, slots: int, retry_failed: bool) -> None:
        records = planned_records(store, study.models)
        if retry_failed:
            records = [record for record in records if record.failure is None]
        self.slots = slots
        self.stop: Stop | None = None
        self.keys: Sequence[RunKey] = [record.key for record in records]
        self.done: Sequence[RunKey] = self.keys
        self._store = store
        self._records: list[Record] = []
        for record in records:
            self.add(record)
        self._stored = _stored(study, store, slots)
        self._planner = planner(store, self._stored, study.key_of, study.pool)
        self._choices: list[Choice] = []
        self._notices: list[str] = []
        self._announced: set[str] = set()

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
        if self.stop is None or self.stop.kind != "failed":
            # The stop itself says why all models were given up.
            self._notices += plan.given_up if self.stop is None else [*plan.given_up, *plan.notes]
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
        keys = {choice.key for choice in chosen}
        before = [choice for choice in self._stored.choices if choice.key not in keys]
        self._stored = replace(
            self._stored,
            choices=[*before, *chosen],
            stop=None if plan.stop is None else plan.stop.to_dict(),
            notes=[*plan.given_up, *plan.notes],
            intervals={
                each.model: each.width for each in plan.standings if each.forecast is not None
            },
        )
        self._stored.write(self._store)


def goal_in(
    directory: str | os.PathLike[str],
) -> tuple[Goal, Budget | None, str | None] | None:
    """The goal of the plan in a run directory, its budget and its metric; None without a plan.

    Raises
    ------
    StudyError
        If the results cannot be read.
    """
    if not (Path(directory) / RESULTS_FILE).is_file():
        return None
    with Store(Path(directory)) as store:
        found = stored_plan(store)
        where = str(store.path)
        metric = checked_entry({"metric": None, **store.meta()}, "metric", dict | None, where)
    if found is None:
        return None
    return found.goal, found.budget, None if metric is None else str(metric.get("name"))


def _stored(study: ResolvedStudy, store: Store, slots: int) -> StoredPlan:
    """The study's plan as it is stored, to be continued; that of another goal is put aside."""
    assert study.goal is not None
    sizes = set(study.sizes)
    if study.has_any_size:
        # Seeds of what was run before are as good as those of the ladder.
        sizes |= {int(n) for n in store.table([]).samples if n <= max(study.sizes)}
    new = StoredPlan(
        study.goal, study.budget, study.models, sorted(sizes), list(study.seeds), slots
    )
    there = stored_plan(store)
    if there is None:
        return new
    if there.goal != study.goal:
        aside = {name: each for name, each in there.to_dict().items() if name != "before"}
        return replace(new, before=[*there.before, aside])
    return replace(new, choices=there.choices, before=there.before)
