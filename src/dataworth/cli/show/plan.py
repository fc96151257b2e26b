"""A plan as a terminal shows it: what is known, the next runs, and what an hour would buy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.table import Table

from dataworth._util.durations import format_duration
from dataworth._util.numbers import format_count, format_share
from dataworth.cli.show.forecast import echo
from dataworth.cli.show.tables import new_table, print_table
from dataworth.forecast.forecast import Forecast
from dataworth.metrics.spoken import name_of, unit_of, values
from dataworth.plan.choice import MOST_SHOWN, Choice
from dataworth.plan.explain import Explanation, explain
from dataworth.plan.goal import Goal
from dataworth.records.store import Store
from dataworth.report.reported import reported
from dataworth.report.targets import target_in_words


def show_plan(console: Console, explanation: Explanation, command: str) -> None:
    """Print the next runs of a run directory, with the command that does them, or why not."""
    stored, plan = explanation.stored, explanation.plan
    budget = "" if stored.budget is None else f" Budget: {stored.budget.describe()}."
    echo(console, f"Goal: {stored.goal.describe()}.{budget}")
    echo(console, f"Done: {plan.spending.spent()}.")
    if explanation.state and (plan.stop is None or plan.stop.kind != "met"):
        echo(console, f"Now {explanation.state}.")
    if plan.stop is None or plan.stop.kind != "failed":
        echo(console, *plan.given_up, *plan.notes)
    if plan.stop is not None:
        echo(console, plan.stop.message)
    if plan.choices:
        print_table(console, runs_table(plan.choices, several=len(stored.models) > 1))
    if explanation.hour is not None:
        echo(console, explanation.hour_in_words())
    if plan.choices:
        echo(console, f"Do them with: {command}")


def show_hour(console: Console, directory: Path) -> None:
    """Print what one more hour of a study whose budget is spent would buy."""
    with Store(directory) as store:
        explanation = explain(store)
    if explanation.hour is not None:
        echo(console, explanation.hour_in_words())
    if explanation.hour:
        echo(
            console,
            f"Continue with: dataworth run {quote(str(directory))} --budget B, for a larger B",
        )


def runs_table(choices: Sequence[Choice], *, several: bool) -> Table:
    """A row for each run: what it costs, and the interval that is expected after it."""
    model = ["model"] if several else []
    table = new_table("why", *model, "samples", "seed", "cost", "interval after it", text=0)
    for choice in choices:
        table.add_row(
            choice.reason,
            *([choice.key.learner] if several else []),
            format_count(choice.key.size),
            str(choice.key.seed),
            "" if math.isnan(choice.seconds) else format_duration(choice.seconds),
            _width(choice.width_after),
        )
    return table


def _width(width: float) -> str:
    if width > MOST_SHOWN:
        return "very wide"
    return "" if math.isnan(width) else f"within {format_share(width)}"


def show_goal(console: Console, forecast: Forecast, goal: Goal) -> None:
    """Print what a forecast says of the goal of a study of one model."""
    if goal.target is not None:
        need = forecast.samples_for(goal.target, goal.level, goal.probability)
        echo(console, target_in_words(forecast, need))
    if goal.at is not None:
        figures = [_value_at(forecast, goal.at, goal.level)]
        spoken = reported(forecast)
        if spoken is not forecast:
            figures.append(_value_at(spoken, goal.at, goal.level))
        echo(console, f"At {format_count(goal.at)} samples: {'; '.join(figures)}.")


def _value_at(forecast: Forecast, size: int, level: float) -> str:
    metric, ahead = forecast.curve.metric, forecast.predict([size], level)
    median, low, high = values(
        metric, *(float(each[0]) for each in (ahead.median, ahead.lower, ahead.upper))
    )
    interval = f"({format_share(level)} interval {low} to {high})"
    return f"{name_of(metric)} {median}{unit_of(metric)} {interval}"
