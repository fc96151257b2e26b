import math

import numpy as np
import pytest
from errors import raises
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from dataworth.errors import DataError
from dataworth.metrics import classification
from dataworth.tasks.classification import Classification, chance_of_counts, entropy_of_counts


def test_labels_are_names_or_class_indices() -> None:
    task = Classification(("b", "a"))
    assert task.encode(["a", "b", "a"]).tolist() == [1, 0, 1]
    assert task.encode([1, 0, 1]).tolist() == [1, 0, 1]
    assert task.encode(np.eye(2)).tolist() == [0, 1]
    with raises("label-not-a-class", DataError, "c"):
        task.encode(["a", "c"])
    with raises("label-not-a-class", DataError, "0 to 2"):
        task.encode([0, 2])


def test_scores_are_those_of_the_metrics() -> None:
    random = np.random.default_rng(1)
    logits, y = random.normal(size=(50, 3)).astype(np.float32), random.integers(0, 3, 50)
    scored = Classification(("a", "b", "c")).score(logits, y)
    expected = classification.score(logits, y)
    assert scored.scores == {
        name: getattr(expected, name) for name in ("loss", "accuracy", "macro_f1", "brier", "ece")
    }
    np.testing.assert_array_equal(scored.arrays["confusion"], expected.confusion)
    np.testing.assert_array_equal(scored.arrays["class_losses"], expected.class_losses)


def test_chance_is_the_entropy_of_the_class_shares() -> None:
    assert chance_of_counts([960, 30, 9, 1])["loss"] == pytest.approx(0.193, abs=1e-3)
    assert entropy_of_counts([7] * 26) == pytest.approx(math.log(26), rel=1e-12)
    assert entropy_of_counts([5, 0, 5]) == pytest.approx(math.log(2), rel=1e-12)
    assert chance_of_counts([0, 12]) == {"loss": 0.0, "accuracy": 1.0, "brier": 0.0}


def test_chance_is_what_a_constant_prediction_reaches() -> None:
    y = np.repeat([0, 1, 2], [50, 30, 20])
    chance = Classification(("a", "b", "c")).chance(y)
    shares = DummyClassifier(strategy="prior").fit(y[:, None], y).predict_proba(y[:, None])
    assert chance["loss"] == pytest.approx(log_loss(y, shares), rel=1e-12)
    assert chance["accuracy"] == pytest.approx(accuracy_score(y, shares.argmax(axis=1)))
    one_hot = np.eye(3)[y]
    expected = sum(brier_score_loss(one_hot[:, k], shares[:, k]) for k in range(3))
    assert chance["brier"] == pytest.approx(expected, rel=1e-12)
