"""Time of `dataworth.learning_curve` against scikit-learn's, both with n_jobs=2, on the same fits.

    OMP_NUM_THREADS=1 python benchmarks/sklearn_learning_curve.py [--rounds 7]

Logistic regression at 5 sizes of 5 folds of 6,000 rows of 20 columns (fits of a few milliseconds,
where all that is not a fit counts most), and a forest of 30 trees (about a second each). With
seeds, scikit-learn is given the same subsets as a list of folds. The two take turns; the least of
the rounds counts.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import learning_curve

import dataworth as dw
from dataworth.integrations.seeded_folds import with_seeds
from markdown_table import table

SIZES = np.linspace(0.1, 1.0, 5)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    x, y = make_classification(6_000, 20, n_informative=10, n_classes=3, random_state=0)
    forest = RandomForestClassifier(30, random_state=0)
    rows = []
    for name, model, seeds, count in (
        ("logistic regression", LogisticRegression(), None, rounds),
        ("logistic regression, 3 seeds", LogisticRegression(), 3, rounds),
        ("random forest", forest, None, max(3, rounds // 2)),
    ):
        theirs, ours = _times(model, x, y, seeds, count)
        rows.append([name, f"{theirs:.3f}", f"{ours:.3f}", f"{ours / theirs:.3f}"])
    print(table(rows, ["25 fits of each seed", "scikit-learn, s", "dataworth, s", "ratio"]))


def _times(
    model: BaseEstimator, x: Any, y: Any, seeds: int | None, rounds: int
) -> tuple[float, float]:
    """The least seconds of scikit-learn and of dataworth, which give the same scores."""
    options: dict[str, Any] = {"train_sizes": SIZES, "n_jobs": 2}
    folds = None
    if seeds is not None:
        folds = list(with_seeds(model, y, seeds, {})["cv"].split(x, y))
    least = [np.inf, np.inf]
    for turn in range(2 * rounds + 2):
        started = time.perf_counter()
        if turn % 2:
            result = dw.learning_curve(model, x, y, seeds=seeds, **options)
        else:
            result = learning_curve(model, x, y, cv=folds, **options)
        # The first of each starts the worker processes.
        if turn >= 2:
            least[turn % 2] = min(least[turn % 2], time.perf_counter() - started)
        if turn == 0:
            expected = result[2]
        assert (result[2] == expected).all()
    return least[0], least[1]


if __name__ == "__main__":
    main()
