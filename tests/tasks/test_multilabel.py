from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn import metrics

from dataworth.errors import DataError
from dataworth.tasks.multilabel import Multilabel

RANDOM = np.random.default_rng(1)
Y = RANDOM.integers(0, 2, (200, 4))
LOGITS = RANDOM.normal(size=(200, 4)) + Y


def test_the_figures_are_those_of_scikit_learn() -> None:
    scores = Multilabel().score(LOGITS, Multilabel().encode(Y)).scores
    shares, predicted = 1 / (1 + np.exp(-LOGITS)), LOGITS > 0
    losses = [metrics.log_loss(Y[:, j], shares[:, j]) for j in range(4)]
    assert scores == pytest.approx(
        {
            "loss": np.mean(losses),
            "accuracy": metrics.accuracy_score(Y, predicted),
            "macro_f1": metrics.f1_score(Y, predicted, average="macro"),
            "micro_f1": metrics.f1_score(Y, predicted, average="micro"),
            "hamming_loss": metrics.hamming_loss(Y, predicted),
        }
    )


def test_chance_is_that_of_the_best_constant() -> None:
    y = np.array([[1, 0], [1, 0], [1, 1], [0, 0]])
    chance = Multilabel().chance(Multilabel().encode(y))
    odds = np.log([3.0, 1 / 3])
    constant = Multilabel().score(np.tile(odds, (4, 1)), y).scores
    assert chance == pytest.approx({name: constant[name] for name in chance})


@pytest.mark.parametrize(
    ("y", "code", "message"),
    [
        ([[0, 1], [2, 1]], "label-not-a-class", r"row 1 is \[2, 1\]"),
        ([["a", "b"], ["b", "a"]], "label-not-a-class", "row 0 is"),
        ([[0, 1], [None, 1]], "value-missing", "row 1"),
        ([[0, 1], [1]], "shape-mismatch", "one column for each"),
        ([0, 1, 1], "shape-mismatch", "one column for each"),
        (np.zeros((3, 1)), "shape-mismatch", "one column for each"),
    ],
)
def test_what_is_no_label_is_refused(y: Any, code: str, message: str) -> None:
    with raises(code, DataError, message):
        Multilabel().encode(y)
