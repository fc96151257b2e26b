"""Needs: how well each model must be known for the goal to be met."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from dataworth._util.numbers import format_count_rounded, format_share
from dataworth.plan.goal import Goal
from dataworth.plan.paired import compare
from dataworth.plan.standing import Standing

_TENTH = 0.1
"""Where the target is the median itself, no spread is narrow enough: a tenth of the present one is
needed."""
_UNDECIDED = 0.7
"""The draws are not normal: where they do not decide, this share of the spread is needed least."""


def needs_of(goal: Goal, size: float, standings: Sequence[Standing]) -> dict[str, float]:
    """The spread at which each model is known well enough; models not named need nothing.

    Parameters
    ----------
    goal : Goal
        An interval or a target; `race` is for the best of several models.
    size : float
        The size of the goal.
    standings : sequence of Standing
        Those with a forecast.

    Returns
    -------
    dict
        By model: the standard deviation of the log loss at the goal's size.
    """
    likely = contenders(goal, standings)
    if goal.kind == "interval":
        return {each.model: each.spread_of(goal.width) for each in likely}
    found = {each.model: _of_target(goal, size, each) for each in likely}
    return {model: need for model, need in found.items() if need is not None}


def contenders(goal: Goal, standings: Sequence[Standing]) -> list[Standing]:
    """The models that may be the best at the goal's size; the others get nothing more."""
    if len(standings) == 1:
        return list(standings)
    least = (1 - goal.probability) / len(standings)
    if goal.kind == "best":
        chances = compare(standings, 0.0).chances
    else:
        losses = np.stack([each.losses for each in standings])
        chances = (losses <= losses.min(axis=0)).mean(axis=1)
    return [each for each, chance in zip(standings, chances, strict=True) if chance >= least]


def chance_of_target(goal: Goal, size: float, standing: Standing) -> float:
    """The probability that a model reaches the target at the goal's size."""
    assert standing.forecast is not None
    assert goal.target is not None
    return standing.forecast.probability(size, goal.target)


def _of_target(goal: Goal, size: float, standing: Standing) -> float | None:
    assert standing.forecast is not None
    assert goal.target is not None
    chance = chance_of_target(goal, size, standing)
    if max(chance, 1 - chance) >= goal.probability:
        return None
    target = math.log(standing.forecast.loss_of(goal.target))
    distance = abs(math.log(standing.bounds[1]) - target)
    need = max(distance / float(ndtri(goal.probability)), standing.spread * _TENTH)
    return min(need, standing.spread * _UNDECIDED)


def met(goal: Goal, size: float, standings: Sequence[Standing]) -> str:
    """That the goal is met, and how, in one line; parameters as for `needs_of`."""
    return f"The goal is met: {goal.describe()}; {state_in_words(goal, size, standings)}."


def state_in_words(goal: Goal, size: float, standings: Sequence[Standing]) -> str:
    """What is known of the goal, as part of a sentence; parameters as for `needs_of`."""
    likely = contenders(goal, standings)
    if goal.kind == "interval":
        widest = max(likely, key=lambda each: each.width)
        of = f" of {widest.model}" if len(standings) > 1 else ""
        return f"the interval{of} is within {format_share(widest.width)}"
    if goal.kind == "target":
        return ", ".join(_said_of_target(goal, size, each) for each in likely)
    found = compare(standings, goal.width)
    best, good = standings[found.leader].model, " or as good" if goal.width else ""
    return f"{best} is the best{good} with a probability of {found.sure:.3g}"


def _said_of_target(goal: Goal, size: float, standing: Standing) -> str:
    assert standing.forecast is not None
    assert goal.target is not None
    chance = chance_of_target(goal, size, standing)
    said = f"{standing.model} reaches it with a probability of {chance:.3g}"
    if chance < goal.probability:
        return said
    need = standing.forecast.samples_for(goal.target, assurance=goal.probability)
    assert need.assured is not None
    return f"{said}, with {format_count_rounded(need.assured)} samples"
