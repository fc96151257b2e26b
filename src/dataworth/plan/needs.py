"""Needs: how well each model must be known for the goal to be met."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from dataworth._util.numbers import format_count_rounded, format_share
from dataworth.plan.goal import Goal
from dataworth.plan.standing import Standing

_TENTH = 0.1
"""Where models tie, or the target is the median itself, no spread is narrow enough: a tenth of
the present one is needed."""
_UNDECIDED = 0.7
"""The draws are not normal: where they do not decide, this share of the spread is needed least."""


def needs_of(goal: Goal, size: float, standings: Sequence[Standing]) -> dict[str, float]:
    """The spread at which each model is known well enough; models not named need nothing.

    Parameters
    ----------
    goal : Goal
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
    if goal.kind == "target":
        found = {each.model: _of_target(goal, size, each) for each in likely}
        return {model: need for model, need in found.items() if need is not None}
    return _of_best(goal, standings, likely)


def contenders(goal: Goal, standings: Sequence[Standing]) -> list[Standing]:
    """The models that may be the best at the goal's size; the others get nothing more."""
    if len(standings) == 1:
        return list(standings)
    least = (1 - goal.probability) / len(standings)
    chances = chances_of_best(standings, 0.0)
    return [each for each, chance in zip(standings, chances, strict=True) if chance >= least]


def chances_of_best(standings: Sequence[Standing], within: float) -> NDArray[np.float64]:
    """The probability of each model to be the best, or within a share of it; shape (models,)."""
    losses = np.stack([each.losses for each in standings])
    best = losses.min(axis=0)
    return np.asarray((losses <= best + math.log1p(within)).mean(axis=1))


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


def _of_best(
    goal: Goal, standings: Sequence[Standing], likely: Sequence[Standing]
) -> dict[str, float]:
    if len(likely) < 2 or max(chances_of_best(standings, goal.width)) >= goal.probability:
        return {}
    sure = float(ndtri(goal.probability)) * math.sqrt(2)
    medians = {each.model: math.log(each.bounds[1]) for each in likely}
    first, second = sorted(medians.values())[:2]
    needs = {}
    for each in likely:
        gap = max(medians[each.model] - first, second - first, math.log1p(goal.width))
        needs[each.model] = max(gap / sure, each.spread * _TENTH)
    return needs


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
    chances = chances_of_best(standings, goal.width)
    best = int(chances.argmax())
    return f"{standings[best].model} is the best with a probability of {chances[best]:.3g}"


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
