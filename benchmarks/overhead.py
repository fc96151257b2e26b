"""What a study costs besides its fits, and what a second worker gains.

    OMP_NUM_THREADS=1 python benchmarks/overhead.py [--part overhead|workers] [--fits 40]

overhead: 60 runs of logistic regression (6 sizes, 10 seeds) on 20,000 rows of 20 columns, as a
study of one worker and as a bare loop that takes the same rows, fits, and computes the same
log loss and accuracy. Wall time and CPU time of both, and their difference for one run.

workers: 40 fits of about a second each (random forests of one thread, 4 sizes, 10 seeds) as a study
of one worker, as a study of two, and by scikit-learn's learning_curve(n_jobs=2) on the same rows.
Each training set is fitted once. learning_curve scores the training rows too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import learning_curve

import dataworth as dw
from dataworth.data.splits import split
from dataworth.data.subsets import NestedSampler
from markdown_table import table

ROWS, COLUMNS, SEEDS = 20_000, 20, 10
SIZES = (500, 1_000, 2_000, 4_000, 8_000, 16_000)
SECONDS = 1.0


def main() -> None:
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--part", choices=("overhead", "workers"))
    parser.add_argument("--fits", type=int, default=40, help="of the part workers")
    options = parser.parse_args()
    x, y = make_classification(ROWS, COLUMNS, n_informative=10, n_classes=3, random_state=0)
    data = dw.Dataset(x, y, name="made up")
    print(f"{os.cpu_count()} cores, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}")
    if options.part in (None, "overhead"):
        _overhead(data)
    if options.part in (None, "workers"):
        _workers(data, options.fits)


def _overhead(data: dw.Dataset) -> None:
    model = LogisticRegression(max_iter=200)
    runs = len(SIZES) * SEEDS
    # Imports and caches of the first run are not those of a run.
    _study(data, model, SIZES[:1], 1, 1)
    _loop(data, model, SIZES[:1], 1)
    loop, study = [], []
    for _ in range(3):
        loop.append(_timed(lambda: _loop(data, model, SIZES, SEEDS)))
        study.append(_timed(lambda: _study(data, model, SIZES, SEEDS, 1)))
    rows = []
    for name, kind in (("wall", 0), ("CPU", 1)):
        bare, ours = (min(each[kind] for each in times) for times in (loop, study))
        more = ours - bare
        rows.append(
            [name, f"{bare:.2f}", f"{ours:.2f}", f"{more / bare:.1%}", f"{more / runs * 1e3:.1f}"]
        )
    print(table(rows, ["time, best of 3", "loop, s", "study, s", "overhead", "ms a run"]))


def _workers(data: dw.Dataset, fits: int) -> None:
    seeds = max(1, fits // 4)
    sizes = (8_000, 8_200, 8_400, 8_600)
    probe = RandomForestClassifier(10, n_jobs=1, random_state=0)
    took = _timed(lambda: probe.fit(data.x[: sizes[0]], data.y[: sizes[0]]))[1]
    model = RandomForestClassifier(max(1, round(10 * SECONDS / took)), n_jobs=1)
    one = _timed(lambda: _study(data, model, sizes, seeds, 1))[0]
    two = _timed(lambda: _study(data, model, sizes, seeds, 2))[0]
    parts = split(data)
    folds = [
        (NestedSampler().order(data, parts.pool.rows, seed), parts.held_out.rows)
        for seed in range(seeds)
    ]
    share = [size / len(parts.pool) for size in sizes]
    theirs = _timed(
        lambda: learning_curve(
            model, data.x, data.y, train_sizes=share, cv=folds, n_jobs=2, scoring="neg_log_loss"
        )
    )[0]
    rows = [
        ["study, 1 worker", f"{one:.1f}", "1.00"],
        ["study, 2 workers", f"{two:.1f}", f"{one / two:.2f}"],
        ["learning_curve(n_jobs=2)", f"{theirs:.1f}", f"{one / theirs:.2f}"],
    ]
    print(f"{len(sizes) * seeds} fits of {model.n_estimators} trees")
    print(table(rows, ["by", "seconds", "times as fast as 1 worker"]))
    print(f"2 workers / learning_curve: {two / theirs:.3f}")


def _study(data: dw.Dataset, model: Any, sizes: tuple[int, ...], seeds: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        study = dw.Study(data=data, model=model, sizes=sizes, seeds=seeds)
        study.run(Path(folder) / "run", workers=workers, progress=False)


def _loop(data: dw.Dataset, model: Any, sizes: tuple[int, ...], seeds: int) -> None:
    parts = split(data)
    held_x, held_y = data.x[parts.held_out.rows], parts.held_out.y
    for seed in range(seeds):
        order = NestedSampler().order(data, parts.pool.rows, seed)
        for size in sizes:
            fitted = clone(model).fit(data.x[order[:size]], data.y[order[:size]])
            shares = fitted.predict_proba(held_x)
            log_loss(held_y, shares)
            accuracy_score(held_y, np.argmax(shares, axis=1))


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of wall time, and of CPU time of this process and its children."""
    before, started = os.times(), time.perf_counter()
    work()
    wall, after = time.perf_counter() - started, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


if __name__ == "__main__":
    main()
