"""Options that say what a plan of runs is for, and what the runs may cost."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dataworth.cli.options import Percent, in_unit_of, number, share
from dataworth.errors import StudyError

if TYPE_CHECKING:
    from dataworth.plan.budget import Budget
    from dataworth.plan.goal import Goal


def add_goal_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a goal and of a budget."""
    group = parser.add_argument_group(
        "goal and budget",
        "With a goal, a plan chooses the runs, and no sizes and seeds are needed; those that are "
        "given limit it.",
    )
    group.add_argument(
        "--at",
        type=number,
        metavar="N",
        help="the goal: the interval at N training samples; of several models, the best one there",
    )
    group.add_argument(
        "--within",
        type=share,
        metavar="P",
        help="half the width of the interval, as a share of the loss or error, such as 2%% "
        "(default: 5%%)",
    )
    group.add_argument(
        "--target",
        type=share,
        metavar="V",
        help="the goal: whether the metric reaches V, and with how many samples",
    )
    group.add_argument(
        "--sure",
        type=share,
        metavar="P",
        help="probability that the answer to --target, or which model is the best, is right "
        "(default: 90%%)",
    )
    group.add_argument(
        "--level", type=share, metavar="P", help="probability of the interval (default: 90%%)"
    )
    group.add_argument(
        "--budget",
        metavar="B",
        help="what all runs may cost, such as 2h, 30m, '500 runs', '1M samples' or '20 money' "
        "(default: no limit)",
    )
    group.add_argument(
        "--price-per-hour",
        type=number,
        metavar="X",
        help="price of an hour of one worker, for a budget of money",
    )


def goal_of(options: argparse.Namespace, models: int, metric: str | None) -> Goal | None:
    """The goal that was given; None without one.

    Parameters
    ----------
    options : argparse.Namespace
    models : int
        Number of models of the study: of several, the best is looked for.
    metric : str or None
        The curve's, where it is known.

    Raises
    ------
    StudyError
        If an option is out of range, or does not belong to the others.
    """
    values = {
        name: value
        for name in ("at", "within", "level", "target", "sure")
        if (value := getattr(options, name)) is not None
    }
    if not values:
        return None

    from dataworth.plan.goal import SURE, Goal

    if "target" in values:
        values["target"] = _in_unit(values["target"], metric)
    elif models > 1 and not {"within", "sure"} & set(values):
        values["sure"] = SURE
    return Goal(**values)


def budget_of(options: argparse.Namespace) -> Budget | None:
    """The budget that was given; None without one.

    Raises
    ------
    StudyError
        If it cannot be read, or a price has no effect.
    """
    if options.budget is None and options.price_per_hour is None:
        return None

    from dataworth.plan.budget import Budget

    if options.budget is None:
        raise StudyError(
            "--price-per-hour has an effect on a budget of money alone, such as "
            '--budget "20 money".',
            code="option-without-effect",
            option="price_per_hour",
        )
    return Budget.parse(options.budget, options.price_per_hour)


def given_options(options: argparse.Namespace) -> list[str]:
    """The options of a goal and of a budget that were given, as words of a command."""
    names = ("at", "within", "target", "sure", "level", "budget", "price_per_hour")
    pairs = [(name, value) for name in names if (value := getattr(options, name)) is not None]
    return [
        word for name, value in pairs for word in (f"--{name.replace('_', '-')}", _written(value))
    ]


def _written(value: float | str) -> str:
    if isinstance(value, Percent):
        return f"{100 * value:.12g}%"
    return value if isinstance(value, str) else f"{value:.12g}"


def _in_unit(target: float, name: str | None) -> float:
    if name is None:
        # A target of 0.95 is most often one of the accuracy, where the curve is of the loss.
        raise StudyError(
            f"--target {_written(target)}: say which metric is meant, as --metric accuracy or "
            "--metric loss.",
            code="option-missing",
            option="metric",
        )

    from dataworth.metrics import find

    metric = find(name)
    if not isinstance(target, Percent):
        if metric is not None and metric.upper == 1 and target >= 1:
            hint = f" {target:g} per cent is --target {target:g}%." if 1 < target < 100 else ""
            raise StudyError(
                f"--target {_written(target)}: {name} lies {metric.range}; give a value below 1."
                f"{hint}",
                code="value-out-of-range",
                option="target",
            )
        return target
    if metric is None:
        raise StudyError(
            f"--target {_written(target)}: {name} is not known to be a share; give a value of the "
            "metric.",
            code="value-out-of-range",
            option="target",
        )
    return in_unit_of(metric, target)
