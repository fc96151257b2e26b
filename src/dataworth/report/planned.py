"""What the page says of a plan: how the interval narrowed, the cost, and what comes next."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dataworth._util.durations import format_duration
from dataworth._util.numbers import format_count, format_share
from dataworth.plan.choice import MOST_SHOWN, Choice
from dataworth.plan.explain import Explanation, explain
from dataworth.plan.goal import Goal
from dataworth.plan.stored import StoredPlan, planned_records, stored_plan
from dataworth.plots.narrowing import NarrowingPlotData, narrowing_svg
from dataworth.records.record import Record
from dataworth.records.store import Store

_MODEL = "Model"
_COLUMNS = (
    *("Run", _MODEL, "Samples", "Seed", "Time expected", "Taken"),
    *("Interval expected", "Found", "Reason"),
)


class PlanReport(NamedTuple):
    """A plan as the page shows it.

    Attributes
    ----------
    goal : Goal
    sentences : tuple of str
        The goal, what was spent, why the plan has ended, and what an hour would buy.
    picture : str
        A ``data:`` address of the SVG; empty while there are fewer than two intervals.
    columns : tuple of str
    rows : tuple of tuple of str
        One for each run that was chosen.
    """

    goal: Goal
    sentences: tuple[str, ...]
    picture: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plan_report(store: Store) -> PlanReport | None:
    """What a run directory's plan came to; None where there is no plan.

    Raises
    ------
    StudyError
        If an entry of the plan is missing or of another type.
    """
    stored = stored_plan(store)
    if stored is None or not stored.choices:
        return None
    records = {record.key.digest: record for record in planned_records(store, stored.models)}
    chosen = [choice for choice in stored.choices if choice.key.digest in records]
    data = _narrowing(stored, chosen, records)
    picture = ""
    if max(map(len, data.widths.values()), default=0) > 1:
        code = base64.b64encode(narrowing_svg(data).encode()).decode()
        picture = f"data:image/svg+xml;base64,{code}"
    sentences = _sentences(stored, explain(store))
    several = len(stored.models) > 1
    columns = _COLUMNS if several else tuple(name for name in _COLUMNS if name != _MODEL)
    return PlanReport(stored.goal, sentences, picture, columns, _rows(stored, chosen, records))


def _sentences(stored: StoredPlan, explanation: Explanation) -> tuple[str, ...]:
    plan = explanation.plan
    was = "is" if stored.stop is None else "was"
    budget = "" if stored.budget is None else f" The budget {was} {stored.budget.describe()}."
    found = [f"The goal {was} {stored.goal.describe()}.{budget}"]
    stop = None if stored.stop is None else stored.stop.get("message")
    if stop is None:
        found.append(f"Spent so far: {plan.spending.spent()}.")
        if explanation.state:
            found.append(f"Now {explanation.state}.")
    else:
        found.append(stop)
        if stored.stop is not None and stored.stop.get("kind") != "spent":
            found.append(f"Spent: {plan.spending.spent()}.")
    found += stored.notes
    if explanation.hour is not None:
        found.append(explanation.hour_in_words())
    return tuple(found)


def _narrowing(
    stored: StoredPlan, chosen: Sequence[Choice], records: Mapping[str, Record]
) -> NarrowingPlotData:
    """The interval of each model before each of its runs, and at the end, against the cost."""
    in_seconds = all(record.seconds > 0 for record in records.values())

    def cost_of(record: Record) -> float:
        return record.seconds if in_seconds else float(record.key.size)

    own = {choice.key.digest for choice in chosen}
    spent = sum(cost_of(record) for digest, record in records.items() if digest not in own)
    costs: dict[str, list[float]] = {name: [] for name in stored.models}
    widths: dict[str, list[float]] = {name: [] for name in stored.models}

    def add(model: str, width: float) -> None:
        if 0 < width <= MOST_SHOWN and spent > 0:
            costs.setdefault(model, []).append(spent)
            widths.setdefault(model, []).append(width)

    for choice in chosen:
        add(choice.key.learner, choice.width_now)
        spent += cost_of(records[choice.key.digest])
    for model, width in stored.intervals.items():
        add(model, width)
    return NarrowingPlotData(
        {name: np.array(each) for name, each in costs.items() if each},
        {name: np.array(each) for name, each in widths.items() if each},
        stored.goal.width if stored.goal.kind == "interval" else None,
        "seconds of all runs so far" if in_seconds else "samples of all runs so far",
    )


def _rows(
    stored: StoredPlan, chosen: Sequence[Choice], records: Mapping[str, Record]
) -> tuple[tuple[str, ...], ...]:
    several = len(stored.models) > 1
    rows = []
    for index, choice in enumerate(chosen):
        record = records[choice.key.digest]
        later = (c.width_now for c in chosen[index + 1 :] if c.key.learner == choice.key.learner)
        after = next(later, float(stored.intervals.get(choice.key.learner, math.nan)))
        failed = "failed" if record.failure is not None else ""
        rows.append(
            (
                str(index + 1),
                *([choice.key.learner] if several else []),
                format_count(choice.key.size),
                str(choice.key.seed),
                "" if math.isnan(choice.seconds) else format_duration(choice.seconds),
                "" if math.isnan(record.seconds) else format_duration(record.seconds),
                _width(choice.width_after),
                failed or _width(after),
                choice.reason,
            )
        )
    return tuple(rows)


def _width(width: float) -> str:
    if width > MOST_SHOWN:
        return "very wide"
    return format_share(width) if math.isfinite(width) else ""
