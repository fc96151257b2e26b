"""Joint laws from runs that are chosen one after another, within a tenth of the cost of all.

    python benchmarks/planner_joint.py [--data FOLDER]

FOLDER holds two tables of separately trained language models from the benchmark of arXiv 2604.22753
(see joint.py), each with a part that runs are chosen of and a part beyond, which is judged; a run
costs 6 N D operations. Printed are R2 beyond from the chosen runs, from all runs, and from random
runs of the same cost (the middle of 8 draws). Since a single plan may be lucky, all is repeated on
8 random subsets with 80 % of the runs.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import dataworth as dw
from joint import columns, scores
from markdown_table import table

Floats = NDArray[np.float64]
SHARE = 0.1
PUBLISHED = {"farseer": 0.93, "data_constrained": 0.86}
"""R2 from 10 % of the cost, chosen actively: arXiv 2604.22753."""
_DRAWS, _KEPT = 8, 0.8
Part = tuple[Floats, Floats, Floats]


def chosen(part: Part, beyond: Part) -> list[int]:
    """The runs of the plan."""
    tokens, parameters, loss = part
    values = np.full(len(loss), np.nan)
    budget = SHARE * 6 * float((tokens * parameters).sum())
    while runs := dw.next_joint_runs(
        tokens, parameters, values, at=(beyond[0], beyond[1]), budget=budget
    ):
        values[runs] = loss[runs]
    return np.flatnonzero(np.isfinite(values)).tolist()


def at_random(part: Part, rng: np.random.Generator) -> list[int]:
    """Runs in random order, each that there is room for."""
    costs = part[0] * part[1]
    left, found = SHARE * costs.sum(), []
    for index in rng.permutation(len(costs)):
        if costs[index] <= left:
            found.append(int(index))
            left -= costs[index]
    return found


def judged(part: Part, beyond: Part, runs: list[int]) -> tuple[float, float]:
    """R2 beyond, and the share of losses that the 90 % intervals hold."""
    forecast = dw.forecast_joint(*(column[runs] for column in part))
    said = forecast.predict(beyond[0], beyond[1])
    held = (said.lower <= beyond[2]) & (beyond[2] <= said.upper)
    return float(scores(said.median, beyond[2])[0]), float(held.mean())


def rows_of(name: str, folder: Path) -> list[list[str | float]]:
    """All ways of one table."""
    part = columns(folder / f"{name}.train.parquet", "seen")
    beyond = columns(folder / f"{name}.test.parquet", "seen")
    rng = np.random.default_rng(0)
    everything = list(range(len(part[0])))
    started = time.process_time()
    runs = chosen(part, beyond)
    seconds = time.process_time() - started
    subsets = []
    for _ in range(_DRAWS):
        kept = np.sort(rng.permutation(len(everything))[: int(_KEPT * len(everything))])
        tokens, parameters, loss = (column[kept] for column in part)
        subsets.append((tokens, parameters, loss))
    ways: dict[str, tuple[list[int], Callable[[Part], list[int]]]] = {
        "the plan": (runs, lambda each: chosen(each, beyond)),
        "all runs": (everything, lambda each: list(range(len(each[0])))),
    }
    costs = part[0] * part[1]
    out: list[list[str | float]] = []
    for way, (used, choose) in ways.items():
        r2, held = judged(part, beyond, used)
        of_subsets = [judged(each, beyond, choose(each))[0] for each in subsets]
        out.append(
            [
                *(name, way, len(used), f"{costs[used].sum() / costs.sum():.3f}"),
                *(f"{r2:.3f}", f"{held:.2f}", f"{np.median(of_subsets):.3f}"),
                f"{min(of_subsets):.3f}",
            ]
        )
    drawn = [judged(part, beyond, at_random(part, rng)) for _ in range(_DRAWS)]
    of_subsets = [judged(each, beyond, at_random(each, rng))[0] for each in subsets]
    middle = [f"{np.median([each[i] for each in drawn]):.3f}" for i in range(2)]
    out.append(
        [
            *(name, "random runs", "", f"{SHARE:.3f}", *middle),
            *(f"{np.median(of_subsets):.3f}", f"{min(of_subsets):.3f}"),
        ]
    )
    print(
        f"{name}: published {PUBLISHED[name]} from 10 % of the cost; the plan took {seconds:.1f} s "
        "of CPU time."
    )
    return out


def main() -> None:
    """Print the table."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    real = os.environ.get("DATAWORTH_REAL_DATA")
    known = Path(real, "joint") if real else None
    parser.add_argument("--data", type=Path, default=known, help="folder of the Parquet files")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give --data, or set DATAWORTH_REAL_DATA")
    rows = [row for name in PUBLISHED for row in rows_of(name, options.data)]
    head = ["table", "runs of", "number", "cost", "R2", "90 % holds", "R2 of subsets, median"]
    print(table(rows, [*head, "least"]))


if __name__ == "__main__":
    main()
