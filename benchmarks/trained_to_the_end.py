"""`linear` with its defaults against scikit-learn's logistic regression, on the same rows.

    python benchmarks/trained_to_the_end.py [--sizes 160,640,1280] [--seeds 3] [--model linear]

Prints loss (nats), accuracy, steps and seconds of each size, means over the seeds, and the same
network with ten epochs. Exit code 1 if `linear` misses a bar: a loss at most 15 % higher, an
accuracy at most 0.01 lower.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

import dataworth as dw
from dataworth.data.splits import split
from dataworth.data.subsets import NestedSampler
from dataworth.records.store import Store

MOST_LOSS, LEAST_ACCURACY = 1.15, 0.01
METRICS = ("loss", "accuracy")


def logistic_regression(data: Any, size: int, seed: int) -> tuple[float, float]:
    """Loss and accuracy of scikit-learn's estimator on the rows of a run."""
    parts = split(data)
    rows = NestedSampler().order(data, parts.pool.rows, seed)[:size]

    def features(x: Any) -> Any:
        return x.reshape(len(x), -1) * data.scale

    fitted = LogisticRegression(max_iter=5_000).fit(features(data.x[rows]), data.y[rows])
    logits = np.full((len(parts.held_out), data.classes), -30.0)
    held_out = fitted.predict_log_proba(features(parts.held_out.x))
    logits[:, fitted.classes_] = np.maximum(held_out, -30.0)
    scores = data.task.score(logits, parts.held_out.y).scores
    return scores["loss"], scores["accuracy"]


def study(data: Any, model: str, sizes: list[int], seeds: int, **options: Any) -> list[Any]:
    """The records of a study with these options."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        dw.Study(data, model, sizes=sizes, seeds=seeds, **options).run(out, progress=False)
        with Store(out) as store:
            return store.records()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="160,640,1280")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--model", default="linear")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    data: Any = dw.load("digits")
    to_the_end = study(data, options.model, sizes, options.seeds)
    ten_epochs = study(data, options.model, sizes, options.seeds, epochs=10)
    print(
        f"{'':8} {'LogisticRegression':>20} {options.model:>20} {'10 epochs':>20}   steps  seconds"
    )
    missed = False
    for size in sizes:
        theirs = np.mean(
            [logistic_regression(data, size, seed) for seed in range(options.seeds)], axis=0
        )
        of_size = [record for record in to_the_end if record.key.size == size]
        ours, short = (
            np.mean([[r.scores[m] for m in METRICS] for r in records if r.key.size == size], axis=0)
            for records in (to_the_end, ten_epochs)
        )
        steps = np.mean([record.facts["best_steps"] for record in of_size])
        seconds = np.mean([record.seconds for record in of_size])
        pairs = "".join(
            f" {loss:>12.3f} {accuracy:.4f} " for loss, accuracy in (theirs, ours, short)
        )
        print(f"{size:>8,}{pairs} {steps:>7,.0f}  {seconds:>7.1f}", flush=True)
        missed |= ours[0] > theirs[0] * MOST_LOSS or ours[1] < theirs[1] - LEAST_ACCURACY
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
