"""What a plan expects of further runs against what they bring, and the constants of `Outlook`.

    python benchmarks/planner_outlook.py [--lcdb ARCHIVE] [--lcdb11 FILE] [--count N]

On curves of planner.py that it does not judge. After each run of their plans, some ways to go on
are drawn at random, and done: the spread that the forecast then has is compared with the one that
was expected. Narrowing is the fall of the logarithm of the spread. The constant for larger sizes is
fitted on four fifths of the data sets, such that what is promised is what happens on average, and
judged on the others.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataworth.plan.goal import Goal
from dataworth.plan.standing import Standing
from dataworth.plan.ways import Ways
from dataworth.records.record import Record
from few_sizes import priors_of
from few_sizes_cases import LongCurve, all_curves
from markdown_table import table
from planner_cases import ReplayCase, replay_cases
from planner_replay import WITHIN, Replay, key_of, read_priors

Floats = NDArray[np.float64]
_NARROW, _BUDGETS = 1e-4, (0.7, 1.4)
_DRAWN, _MOST_RUNS, _FOLDS = 4, 25, 5
_QUANTILE = 1.6448536
_CONSTANTS = np.arange(0.02, 0.4, 0.01)
_JUDGED_COUNT, _JUDGED_SEED = 33, 1
"""The curves of the tables in RESULTS.md."""


@dataclass(frozen=True)
class Step:
    """A way to go on that was done.

    Attributes
    ----------
    kind : str
    fold : int
        Of its data set.
    spread : float
        Before it.
    process, promised, realised : float
        Narrowing by the process alone, by `Outlook`, and by the forecast that was then made.
    """

    kind: str
    fold: int
    spread: float
    process: float
    promised: float
    realised: float


def steps_of(case: ReplayCase, replay: Replay, rng: np.random.Generator) -> Iterator[Step]:
    """All steps that are drawn for the plans of a curve."""
    seen: set[frozenset[object]] = set()
    asked = [(_NARROW, budget * case.goal) for budget in _BUDGETS]
    for within, budget in [(WITHIN, None), *asked]:
        planner = replay.planner(Goal(at=case.goal, within=within), budget)
        ways = Ways(planner.goal, planner.sizes, planner.seeds)
        records: list[Record] = []
        while keys := planner.next(records, [], 1):
            assert planner.last is not None
            (standing,) = planner.last.standings
            state = frozenset(record.key for record in records)
            if standing.forecast is not None and len(records) > 2 and state not in seen:
                possible = ways.possible(standing, {}, limited=True)
                for index in rng.permutation(len(possible))[:_DRAWN]:
                    yield _done(case, replay, ways, standing, records, possible[index])
            seen.add(state)
            records += [replay.record(key) for key in keys]
            if len(records) > _MOST_RUNS:
                break


def _done(
    case: ReplayCase,
    replay: Replay,
    ways: Ways,
    standing: Standing,
    records: list[Record],
    runs: Mapping[int, int],
) -> Step:
    further = [
        replay.record(key_of(standing.model, size, seed))
        for size, count in runs.items()
        for seed in ways.free_seeds(standing, size)[:count]
    ]
    answer = replay.answer(standing.model, [*records, *further])
    low, high = answer.interval
    after = min(max((high - low) / 2 / _QUANTILE, 1e-3), 10.0)
    outlook = ways.outlook(standing)
    kind = "a size between"
    if max(runs) > max(standing.counts):
        kind = "a larger size"
    elif set(runs) <= set(standing.counts):
        kind = "further seeds"
    return Step(
        kind,
        zlib.crc32(case.long.dataset.encode()) % _FOLDS,
        standing.spread,
        math.log(standing.spread / outlook.by_process(runs)),
        math.log(standing.spread / outlook.after(runs)),
        math.log(standing.spread / after),
    )


def narrowing(steps: list[Step]) -> str:
    """Promised and realised narrowing by kind of step."""
    rows = []
    for kind in dict.fromkeys(step.kind for step in steps):
        mine = [step for step in steps if step.kind == kind]
        process, promised, realised = np.array(
            [(step.process, step.promised, step.realised) for step in mine]
        ).T
        rows.append(
            [
                *(kind, len(mine), f"{process.mean():.3f}", f"{promised.mean():.3f}"),
                *(f"{realised.mean():.3f}", f"{realised.mean() / promised.mean():.2f}"),
                f"{(realised - promised).std():.2f}",
                f"{np.sqrt(((realised - process) ** 2).mean()):.2f}",
                f"{np.sqrt(((realised - promised) ** 2).mean()):.2f}",
            ]
        )
    head = ["step", "number", "by the process", "promised", "realised", "realised / promised"]
    return table(rows, [*head, "deviation", "error of the process", "error of the promise"])


def constants(steps: list[Step]) -> str:
    """The constant for larger sizes by fold, and what it promises on the fold left out."""
    mine = [step for step in steps if step.kind == "a larger size"]
    folds = np.array([step.fold for step in mine])
    spread, process, realised = np.array([(s.spread, s.process, s.realised) for s in mine]).T
    rows = []
    for fold in range(_FOLDS):
        out = folds == fold

        def off(constant: float, out: NDArray[np.bool_] = out) -> float:
            promised = process * spread / (spread + constant)
            return float(abs((promised - realised)[~out].mean()))

        best = min(_CONSTANTS, key=off)
        promised = (process * spread / (spread + best))[out]
        ratio = realised[out].mean() / promised.mean()
        rows.append([fold, int(out.sum()), f"{best:.2f}", f"{ratio:.2f}"])
    return table(rows, ["fold left out", "steps", "constant", "realised / promised there"])


def _name(curve: LongCurve) -> tuple[str, ...]:
    return curve.collection, curve.metric, curve.dataset, curve.learner


def main() -> None:
    """Print both tables."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    real = os.environ.get("DATAWORTH_REAL_DATA")
    known = Path(real, "lcdb11", "error_rates.parquet") if real else None
    parser.add_argument("--lcdb", type=Path, help="LCDB 1.0's source archive; downloaded if absent")
    parser.add_argument("--lcdb11", type=Path, default=known, help="LCDB 1.1's error rates")
    parser.add_argument("--count", type=int, default=45, help="curves of each collection")
    parser.add_argument("--seed", type=int, default=7, help="of the choice of curves")
    parser.add_argument("--work", type=Path, default=Path("build/few_sizes"), help="for caches")
    options = parser.parse_args()
    if options.lcdb11 is None:
        parser.error("give --lcdb11, or set DATAWORTH_REAL_DATA")
    collections = all_curves(options.lcdb, options.lcdb11, options.work).values()
    judged = {
        _name(case.long)
        for curves in collections
        for case in replay_cases(curves, _JUDGED_COUNT, _JUDGED_SEED)
    }
    priors, rng = read_priors(priors_of(True)), np.random.default_rng(options.seed)
    cases = [
        case
        for curves in collections
        for case in replay_cases(curves, options.count, options.seed)
        if _name(case.long) not in judged
    ]
    steps = [step for case in cases for step in steps_of(case, Replay.of(case, priors), rng)]
    print(f"{date.today()}: {len(cases)} curves, {len(steps)} steps\n")
    sys.stdout.write(f"{narrowing(steps)}\n\n{constants(steps)}\n")


if __name__ == "__main__":
    main()
