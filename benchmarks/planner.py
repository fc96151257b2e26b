"""The adaptive plan against fixed designs of equal cost, on curves whose runs are known.

    python benchmarks/planner.py [--lcdb ARCHIVE] [--lcdb11 FILE] [--count N] [--quick]

Curves of LCDB 1.0 (real seeds) and LCDB 1.1 (seeds drawn from the published spread); the goal is
the loss at a size that is 1.4 times the largest one that may be measured. What is trained counts in
samples. No data set is judged by numbers that were learned on it; see few_sizes.py. Five tables:

1. the forecast at the goal with 0.35, 0.7 and 1.4 times the goal's size, by design;
2. its CRPS by collection, over that of 5 sizes x 3 seeds;
3. what is trained until the 90 % interval is within 10 %;
4. the choice of the best of six models of all data sets (planner_choice.py; lccv where it is
   installed), apart for those that judge the rules of the race and the others;
5. the time of one plan.

The honest width of a design is the median width of its 90 % intervals times the factor with which
they would hold the truth in 90 % of the cases.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.prior import Prior
from dataworth.plan.goal import Goal
from few_sizes import HERE, priors_of
from few_sizes_cases import LongCurve, all_curves
from markdown_table import table
from planner_cases import FIXED, SEEDS, ReplayCase, replay_cases
from planner_choice import AS_GOOD, Choice, Contest, contests, ways
from planner_replay import (
    BUDGETS,
    GRID,
    LEVELS,
    PLAN,
    WITHIN,
    Answer,
    Replay,
    by_fixed_designs,
    by_plan,
    key_of,
    ladder,
    prior_for,
    read_priors,
)

Floats = NDArray[np.float64]
_FACTORS = np.arange(0.5, 3.01, 0.05)
_PLANS, _RECORDS, _MODELS = 5, 200, 3
Found = dict[str, Answer]


class Judged:
    """The answers of one way to some cases, against the truth."""

    def __init__(self, answers: Sequence[Answer], truths: Floats) -> None:
        quantiles = np.array([each.quantiles for each in answers])
        off = truths[:, None] - quantiles
        self.crps = 2 * np.maximum(LEVELS * off, (LEVELS - 1) * off).mean(axis=1)
        middle, low, high = quantiles[:, 19], quantiles[:, 1], quantiles[:, -2]
        self.error = np.abs(truths - middle)
        self.held = (low <= truths) & (truths <= high)
        side = np.where(truths > middle, high - middle, middle - low)
        self.factor = float(np.quantile(self.error / np.maximum(side, 1e-9), 0.9))
        self.honest = self.factor * float(np.median(high - low))
        self.cost = float(np.mean([each.cost for each in answers]))
        self.runs = float(np.mean([each.runs for each in answers]))


def by_budget(cases: Sequence[ReplayCase], found: Sequence[Found]) -> str:
    """Tables 1 and 2."""
    rows, collections = [], []
    names = np.array([_collection(case) for case in cases])
    for budget in BUDGETS:
        wanted = {name: f"{budget:g} {name}" for name in (PLAN, *FIXED)}
        able = [i for i, each in enumerate(found) if all(w in each for w in wanted.values())]
        truths = np.log([cases[i].truth for i in able])
        judged = {
            name: Judged([found[i][key] for i in able], truths) for name, key in wanted.items()
        }
        base = judged[GRID].crps
        for name, each in judged.items():
            ratio = each.crps.mean() / base.mean()
            rows.append(
                [
                    f"{budget:g}",
                    name,
                    len(able),
                    f"{each.crps.mean():.4f}",
                    f"{ratio:.3f}",
                    f"{np.exp(np.log(each.crps / base).mean()):.3f}",
                    f"{np.median(each.error):.4f}",
                    f"{each.honest:.3f}",
                    f"{each.held.mean():.3f}",
                    f"{each.cost:.2f}",
                    f"{each.runs:.1f}",
                ]
            )
            cells = []
            for collection in dict.fromkeys(names):
                mine = names[able] == collection
                cells.append(f"{each.crps[mine].mean() / base[mine].mean():.3f}")
            collections.append([f"{budget:g}", name, *cells])
    head = ["budget", "design", "number", "CRPS", "/ 5 x 3", "its geometric mean"]
    head += ["median error", "honest width", "90 % holds", "trained", "runs"]
    return "\n".join(
        [
            "## With a budget\n",
            table(rows, head),
            "## CRPS over that of 5 x 3, by collection\n",
            table(collections, ["budget", "design", *dict.fromkeys(names)]),
        ]
    )


def until_narrow(cases: Sequence[ReplayCase], found: Sequence[Found]) -> str:
    """Table 3."""
    truths = np.log([case.truth for case in cases])
    plan = [each["until"] for each in found]
    met = np.array([each.stop == "met" for each in plan])
    judged = Judged([each for each, m in zip(plan, met, strict=True) if m], truths[met])
    share, held, factor = met.mean(), judged.held.mean(), judged.factor
    trained = np.median([each.cost for each, m in zip(plan, met, strict=True) if m])
    first = [PLAN, f"{share:.3f}", f"{held:.3f}", f"{factor:.2f}", f"{trained:.3f}"]
    rows = [[*first, *[""] * 6]]
    for name, least in ((GRID, 0.0), (f"{GRID}, from an eighth of the goal", 1 / 8)):
        factor, stops = _honest_grid(cases, found, truths, least)
        reached = [(i, stop) for i, stop in enumerate(stops) if stop is not None]
        held = np.mean([_Scaled(stop, factor).held(truths[i]) for i, stop in reached])
        both = [(plan[i].cost, stop.cost) for i, stop in reached if met[i]]
        ratios = [ours / theirs for ours, theirs in both]
        rows.append(
            [
                *(name, f"{len(reached) / len(cases):.3f}", f"{held:.3f}", f"{factor:.2f}"),
                f"{np.median([stop.cost for _, stop in reached]):.3f}",
                *(str(len(both)), f"{np.median(ratios):.3f}"),
                f"{np.exp(np.mean(np.log(ratios))):.3f}",
                *(str(len(reached) - len(both)), str(int(met.sum()) - len(both))),
                f"{np.median([*ratios, *[math.inf] * (len(reached) - len(both))]):.3f}",
            ]
        )
    head = ["by", "get there", "90 % holds then", "honest factor", "trained (median)"]
    head += ["both get there", "plan / 5 x 3 (median)", "its geometric mean", "5 x 3 alone"]
    head += ["the plan alone", "median, infinite for 5 x 3 alone"]
    said = (
        "The intervals of 5 x 3 are those at its honest factor. Over all curves, whatever ended "
        f"the plan, 90 % holds {np.mean(Judged(plan, truths).held):.3f}.\n"
    )
    title = f"## Until the interval is within {WITHIN:.0%}\n"
    return "\n".join([title, table(rows, head), said])


@dataclass(frozen=True)
class _Scaled:
    """An answer whose interval is made wider or narrower by a factor."""

    answer: Answer
    factor: float

    def width(self) -> float:
        low, high = self._bounds()
        return (math.exp(high) - math.exp(low)) / 2 / math.exp(self.answer.quantiles[19])

    def held(self, truth: float) -> bool:
        low, high = self._bounds()
        return low <= truth <= high

    def _bounds(self) -> tuple[float, float]:
        (low, high), middle = self.answer.interval, self.answer.quantiles[19]
        return middle - self.factor * (middle - low), middle + self.factor * (high - middle)


def _honest_grid(
    cases: Sequence[ReplayCase], found: Sequence[Found], truths: Floats, least: float
) -> tuple[float, list[Answer | None]]:
    """The least factor of its intervals with which 5 x 3 holds 90 % when it stops; its stops.

    Its largest size rises from a share of the goal's size on until the interval is narrow.
    """
    grids = []
    for case, each in zip(cases, found, strict=True):
        tops = sorted(int(key.split()[1]) for key in each if key.startswith("until "))
        # Known sizes lie within some per cent of those of a ladder.
        grids.append([each[f"until {top}"] for top in tops if top >= 0.95 * least * case.goal])
    for factor in _FACTORS:
        stops = [
            next((a for a in grid if _Scaled(a, factor).width() <= WITHIN), None) for grid in grids
        ]
        held = [
            _Scaled(stop, factor).held(truth)
            for stop, truth in zip(stops, truths, strict=True)
            if stop is not None
        ]
        if not held or np.mean(held) >= 0.9:
            break
    return float(factor), stops


def of_six(all_contests: Sequence[Contest], chosen: Sequence[Mapping[str, Choice]]) -> str:
    """Table 4."""
    rows = []
    for judged in (True, False):
        mine = [c for each, c in zip(all_contests, chosen, strict=True) if each.is_judged == judged]
        for name in ways() if mine else ():
            regrets = 100 * np.array([each[name].regret for each in mine])
            costs = np.array([each[name].cost for each in mine])
            error = regrets.std(ddof=1) / math.sqrt(len(mine)) if len(mine) > 1 else math.nan
            rows.append(
                [
                    f"{len(mine)} {'judged' if judged else 'of the other half'}",
                    name,
                    f"{costs.mean():.3f}",
                    f"{regrets.mean():.2f}",
                    f"{error:.2f}",
                    f"{(regrets <= 100 * AS_GOOD).mean():.3f}",
                ]
            )
    head = ["data sets", "by", "cost / all on everything", "regret, points"]
    head += ["its standard error", "within 0.3 points"]
    return "## The best of six models\n\n" + table(rows, head)


def time_of_plan(case: ReplayCase, priors: Mapping[str, Prior]) -> str:
    """Table 5: CPU seconds of one plan made from nothing, with 200 records of 3 models."""
    cases = {f"model {i}": case for i in range(_MODELS)}
    replay = Replay(cases, prior_for(case, priors))
    sizes = ladder(case)
    each = math.ceil(_RECORDS / _MODELS)
    records = [
        replay.record(key_of(model, sizes[i // SEEDS], i % SEEDS))
        for model in cases
        for i in range(each)
    ][:_RECORDS]
    taken = []
    for _ in range(_PLANS):
        planner = replay.planner(Goal(at=case.goal, within=1e-4), 10.0 * case.goal)
        started = time.process_time()
        planner.plan(records)
        taken.append(time.process_time() - started)
        replay.forget()
    return (
        f"## One plan\n\n{len(records)} records of {_MODELS} models: {np.median(taken):.2f} s of "
        f"CPU time (median of {_PLANS}).\n"
    )


class Jobs:
    """What a worker process does; it keeps the priors."""

    priors: Mapping[str, Prior] = {}

    @staticmethod
    def begin() -> None:
        """Read the priors."""
        Jobs.priors = read_priors(priors_of(True))

    @staticmethod
    def replay(case: ReplayCase) -> Found:
        """All designs of a case."""
        replay = Replay.of(case, Jobs.priors)
        return by_plan(replay) | by_fixed_designs(replay)

    @staticmethod
    def choose(contest: Contest) -> dict[str, Choice]:
        """All ways to choose."""
        return {name: way(contest, Jobs.priors) for name, way in ways().items()}


def _collection(case: ReplayCase) -> str:
    return f"{case.long.collection}, {case.long.metric}"


def main() -> None:
    """Replay, judge, and write planner.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    real = os.environ.get("DATAWORTH_REAL_DATA")
    known = Path(real, "lcdb11", "error_rates.parquet") if real else None
    parser.add_argument("--lcdb", type=Path, help="LCDB 1.0's source archive; downloaded if absent")
    parser.add_argument("--lcdb11", type=Path, default=known, help="LCDB 1.1's error rates")
    parser.add_argument("--count", type=int, default=100, help="curves of each collection")
    parser.add_argument("--quick", action="store_true", help="a tenth of the curves")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of curves")
    parser.add_argument("--work", type=Path, default=Path("build/few_sizes"), help="for caches")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if options.lcdb11 is None:
        parser.error("give --lcdb11, or set DATAWORTH_REAL_DATA")
    count = max(options.count // 10, 3) if options.quick else options.count
    started, cpu = time.perf_counter(), os.times()
    curves = all_curves(options.lcdb, options.lcdb11, options.work)
    cases = [
        case
        for collection in curves.values()
        for case in replay_cases(collection, count, options.seed)
    ]
    of_errors: list[Sequence[LongCurve]] = [
        found for name, found in curves.items() if name.endswith("error")
    ]
    all_contests = [
        contest
        for each in of_errors
        for contest in contests(each, count if options.quick else None, options.seed)
    ]
    with ProcessPoolExecutor(2, initializer=Jobs.begin) as pool:
        chosen = list(pool.map(Jobs.choose, all_contests))
        found = list(pool.map(Jobs.replay, cases))
    Jobs.begin()
    used = [b - a for a, b in zip(cpu[:4], os.times()[:4], strict=True)]
    text = "\n".join(
        [
            f"{date.today()}, {platform.platform()}, Python {platform.python_version()}, numpy "
            f"{np.__version__}: {len(cases)} curves, {len(all_contests)} choices of six models; "
            f"{time.perf_counter() - started:.0f} s, {sum(used):.0f} s of CPU time.\n",
            by_budget(cases, found),
            until_narrow(cases, found),
            of_six(all_contests, chosen),
            time_of_plan(cases[0], Jobs.priors),
        ]
    )
    options.out.mkdir(exist_ok=True)
    (options.out / "planner.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
