"""A plan at work on images: the loss of `mlp` at a size within 5 %.

    python benchmarks/planner_live.py WORK_FOLDER [--real FOLDER] [--data emnist glyphs]

Real EMNIST images (47 classes, pooled as real_emnist.py does), 784-128-47, at 190,000 samples with
a budget of a fifth of six sizes x 3 seeds; and procedural glyphs (62 classes), 784-128-62, at
20,000 samples without a budget. 10 epochs, batch 128. Each choice is printed in the plan's own
words, then what was trained, and the truth: one run at the size of the goal with a seed and in a
directory of its own, which no plan has seen.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import dataworth as dw
from dataworth.observers.base import Observer
from dataworth.plan.choice import Choice, Stop
from dataworth.records.record import Record
from dataworth.study.spec import Study

WITHIN = 0.05
AT = {"emnist": 190_000, "glyphs": 20_000}
GRID = {
    "emnist": 3 * (1_000 + 3_000 + 9_000 + 27_000 + 80_000 + 190_000),
    "glyphs": 3 * sum(20_000 // 3**i for i in range(6)),
}
"""Samples of six sizes with 3 seeds; those of EMNIST are the ones of real_emnist.py."""
BUDGET = {"emnist": f"{GRID['emnist'] // 5} samples", "glyphs": None}
_POOL_OF_GLYPHS = 30_000
_TRUTH_SEED = 1_000


class Words(Observer):
    """Prints what a plan says."""

    def on_choice(self, choice: Choice) -> None:
        print(choice.describe(), flush=True)

    def on_record(self, record: Record) -> None:
        print(f"    loss {record.scores['loss']:.4f}, {record.seconds:.1f} s", flush=True)

    def on_stop(self, stop: Stop) -> None:
        print(stop.message, flush=True)


def study_of(name: str, work: Path, real: str) -> Study:
    """The study of one of the two collections."""
    options: dict[str, Any] = {"model": "mlp", "epochs": 10, "batch_size": 128, "name": name}
    if name == "glyphs":
        return Study("glyphs", data_options={"samples": _POOL_OF_GLYPHS}, **options)
    files = work / "files"
    if not files.is_dir():
        script = Path(__file__).with_name("emnist_files.py")
        forms = ["--names", "bymerge", "--forms", "idx"]
        command = [sys.executable, str(script), str(files), "--real", real, *forms]
        subprocess.run(command, check=True)
    return Study("emnist/bymerge", data_options={"folder": str(files / "idx")}, **options)


def live(study: Study, work: Path) -> None:
    """One plan, and the truth."""
    print(f"\n## {study.name}\n")
    name = str(study.name)
    at, grid = AT[name], GRID[name]
    curve = study.run(
        work / study.name,
        goal=dw.Goal(at=at, within=WITHIN),
        budget=BUDGET[name],
        workers=1,
        progress=False,
        observers=[Words()],
    )
    trained = int(curve.samples.sum())
    said = dw.forecast(curve).predict([at])
    truth = replace(study, sizes=[at], seeds=[_TRUTH_SEED]).run(
        work / f"{study.name}-truth", workers=1, progress=False
    )
    low, middle, high = said.lower[0], said.median[0], said.upper[0]
    true = float(truth.values[0])
    inside = "inside" if low <= true <= high else "OUTSIDE"
    print(
        f"\ntrained on {trained:,} samples in {len(curve.samples)} runs, {trained / grid:.3f} of "
        f"{grid:,}; loss at {at:,}: {middle:.4f} ({low:.4f} to {high:.4f}, within "
        f"{(high - low) / 2 / middle:.1%}); truth {true:.4f}: {inside}, {true / middle - 1:+.1%}"
    )


def main() -> None:
    """Print the runs of both plans."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("work", type=Path)
    parser.add_argument("--real", default=os.environ.get("DATAWORTH_REAL_DATA"))
    parser.add_argument(
        "--data", nargs="+", choices=("emnist", "glyphs"), default=["emnist", "glyphs"]
    )
    options = parser.parse_args()
    if "emnist" in options.data and not options.real:
        parser.error("give --real, or set DATAWORTH_REAL_DATA")
    print(f"{date.today()}, {os.cpu_count()} cores")
    for name in options.data:
        live(study_of(name, options.work, options.real), options.work)


if __name__ == "__main__":
    main()
