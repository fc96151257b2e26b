"""dataeval's Sufficiency on digits; JSON in, JSON out.

dataeval may live in an environment of its own: this file imports nothing of dataworth. Input: the
numbers of the rows to train on and of those that are held out, the sizes, the number of runs, and
the sizes to project. Output: the mean accuracy at each size, and the projections.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np
from dataeval.performance import Sufficiency
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Rows:
    """Row numbers as a data set of dataeval."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = np.array(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> int:
        return int(self.rows[index])


class Training:
    """Fits the model on a part of the rows."""

    def train(self, model: Any, dataset: Rows, indices: Any) -> None:
        rows = dataset.rows[np.asarray(indices, np.int64)]
        model.fit(images[rows], labels[rows])


class Evaluation:
    """The accuracy on the held-out rows."""

    def evaluate(self, model: Any, dataset: Rows) -> dict[str, float]:
        return {"accuracy": float(model.score(images[dataset.rows], labels[dataset.rows]))}


if __name__ == "__main__":
    job = json.load(sys.stdin)
    images, labels = load_digits(return_X_y=True)
    warnings.simplefilter("ignore")
    np.random.seed(0)  # noqa: NPY002
    sufficiency = Sufficiency(
        model=make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
        training_strategy=Training(),
        evaluation_strategy=Evaluation(),
        reset_strategy=clone,
        runs=job["runs"],
    )
    output = sufficiency.evaluate(Rows(job["pool"]), Rows(job["held_out"]), schedule=job["sizes"])
    projected = output.project(job["wanted"])["accuracy"].to_list()
    measured = np.asarray(output.to_dataframe()["accuracy"]).tolist()
    json.dump({"measured": measured, "projected": projected}, sys.stdout)
