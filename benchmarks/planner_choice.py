"""The choice of the best of six models at the largest size: the plan, halving, and lccv.

Six learners of one data set, drawn at random, whose runs at all sizes are known. Each way says
which it chooses and what it trained; the regret is the mean loss of its choice, less that of the
best of the six. The rules of the race were chosen on data sets of one half of all; the other half
judges them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from dataworth.forecast.prior import Prior
from dataworth.plan.goal import Goal
from dataworth.plan.paired import compare
from few_sizes_cases import LongCurve
from planner_cases import ReplayCase, replay_case
from planner_replay import Replay, ladder, prior_for

MODELS = 6
SHARE = 0.2
"""Of the cost of training all models on everything: the budget of the plan."""
AS_GOOD = 0.003
"""A model whose error is higher than the best's by 0.3 points is as good."""
_LEAST = 1_400
_RUNGS, _ANCHORS = 4, 5
_SURE = 0.9


@dataclass(frozen=True)
class Choice:
    """What was chosen, and what that took.

    Attributes
    ----------
    regret : float
        Mean loss of the model that was chosen, less that of the best.
    cost : float
        Samples trained, as a share of training every model on everything once.
    sure : float
        The stated probability that the model is the best; NaN where none is stated.
    """

    regret: float
    cost: float
    sure: float = math.nan


@dataclass(frozen=True, eq=False)
class Contest:
    """Six models of one data set.

    Attributes
    ----------
    cases : mapping of str to ReplayCase
        By learner; the goal is the largest size, which may be measured.
    size : int
        The largest size of all.
    """

    cases: Mapping[str, ReplayCase]
    size: int

    @property
    def is_judged(self) -> bool:
        """Whether the data set is of the half that no rule was chosen on, by a hash of its name."""
        (any_case, *_) = self.cases.values()
        return hashlib.sha256(any_case.long.dataset.encode()).digest()[2] % 2 == 1

    def choice(self, model: str, trained: float, sure: float = math.nan) -> Choice:
        """The choice of a model after some samples were trained."""
        truths = {name: case.truth for name, case in self.cases.items()}
        regret = truths[model] - min(truths.values())
        return Choice(regret, trained / self.size / len(self.cases), sure)


def contests(curves: Sequence[LongCurve], count: int | None, seed: int) -> Iterator[Contest]:
    """One contest of each data set that has enough learners, at most `count` if that is given."""
    rng = np.random.default_rng(seed)
    by_dataset: dict[str, list[LongCurve]] = defaultdict(list)
    for curve in curves:
        by_dataset[curve.dataset].append(curve)
    names = sorted(by_dataset)
    made = 0
    for index in rng.permutation(len(names)):
        found = by_dataset[names[index]]
        sizes = [set(curve.sizes[curve.means > 0].tolist()) for curve in found]
        # The largest size that most learners were trained at.
        most = sorted({n for each in sizes for n in each}, reverse=True)
        size = next((n for n in most if sum(n in each for each in sizes) >= 2 * MODELS), 0)
        if size < _LEAST:
            continue
        able = [c for c, each in zip(found, sizes, strict=True) if size in each]
        drawn = [able[i] for i in rng.permutation(len(able))]
        cases: dict[str, ReplayCase] = {}
        for curve in drawn:
            case = replay_case(curve, int(np.flatnonzero(curve.sizes == size)[0]), rng, 1.0)
            if case is not None and len(cases) < MODELS:
                cases[curve.learner] = case
        if len(cases) == MODELS:
            yield Contest(cases, int(size))
            made += 1
        if made == count:
            return


def by_everything(contest: Contest, _: Mapping[str, Prior]) -> Choice:
    """One run of every model on everything; the best of them."""
    losses = {name: case.loss(contest.size, 0) for name, case in contest.cases.items()}
    return contest.choice(min(losses, key=lambda n: losses[n]), len(losses) * contest.size)


def by_halving(contest: Contest, _: Mapping[str, Prior]) -> Choice:
    """Successive halving (Jamieson and Talwalkar 2016), as a bracket of Hyperband does it.

    All models on an eighth of the samples, the better half on a quarter, and so on until one is
    left.
    """
    left, trained = list(contest.cases), 0.0
    for rung in range(_RUNGS):
        losses = {}
        for name in left:
            size = contest.cases[name].at(contest.size / 2 ** (_RUNGS - rung))
            losses[name] = contest.cases[name].loss(size, 0)
            trained += size
        left = sorted(left, key=lambda n: losses[n])[: math.ceil(len(left) / 2)]
        if len(left) == 1:
            break
    return contest.choice(left[0], trained)


def by_plan(contest: Contest, priors: Mapping[str, Prior]) -> Choice:
    """The plan for the best model, with a fifth of the cost of training all on everything."""
    (any_case, *_) = contest.cases.values()
    replay = Replay(contest.cases, prior_for(any_case, priors))
    goal = Goal(at=contest.size, sure=_SURE)
    planner = replay.planner(goal, SHARE * MODELS * contest.size)
    records = replay.play(planner)
    trained = float(sum(record.key.size for record in records))
    assert planner.last is not None
    known = [each for each in planner.last.standings if each.forecast is not None]
    found = compare(known, 0.0)
    return contest.choice(known[found.leader].model, trained, found.sure)


def by_lccv(evaluations: int) -> Callable[[Contest, Mapping[str, Prior]], Choice]:
    """Learning-curve cross-validation (Mohr and van Rijn 2022), the package lccv.

    Models one after the other in the order of their draw; at most so many runs of one size.
    """

    from lccv import lccv

    # It warns of every curve that falls.
    logging.getLogger("lccv").setLevel(logging.ERROR)

    def choose(contest: Contest, _: Mapping[str, Prior]) -> Choice:
        best, chosen, trained = -np.inf, "", 0.0
        for name, case in contest.cases.items():
            runs = _Runs(case)
            sizes = [n for n in ladder(case)[::2] if n < contest.size]
            with contextlib.redirect_stdout(io.StringIO()):
                score, *_rest = lccv(
                    name,
                    None,
                    None,
                    r=best,
                    target_anchor=contest.size,
                    schedule=[*sizes[-_ANCHORS:], contest.size],
                    evaluator=runs,
                    base_scoring=("accuracy", runs),
                    min_evals_for_stability=min(evaluations, 3),
                    max_evaluations=evaluations,
                )
            trained += runs.trained
            if score > best:
                best, chosen = score, name
        return contest.choice(chosen, trained)

    return choose


class _Runs:
    """Looks runs up for lccv, and counts the samples trained."""

    def __init__(self, case: ReplayCase) -> None:
        self._case, self._done = case, Counter[int]()
        self.trained = 0

    def __call__(self, anchor: int, **_: Any) -> dict[str, float]:
        """The accuracy of the next run of a size."""
        size = self._case.at(anchor)
        score = 1 - self._case.loss(size, self._done[size] % self._case.runs.shape[1])
        self._done[size] += 1
        self.trained += size
        scores = {f"score_{part}_accuracy": score for part in ("train", "test")}
        times = {f"scoretime_{part}_accuracy": 0.0 for part in ("train", "test")}
        return {"fittime": 0.0, **scores, **times}


Way = Callable[[Contest, Mapping[str, Prior]], Choice]


def ways() -> dict[str, Way]:
    """All ways by name; lccv where it is installed."""
    found: dict[str, Way] = {
        "all on everything": by_everything,
        "halving": by_halving,
        "the plan": by_plan,
    }
    if find_spec("lccv") is not None:
        found |= {"lccv, 1 run a size": by_lccv(1), "lccv, its defaults": by_lccv(10)}
    return found
