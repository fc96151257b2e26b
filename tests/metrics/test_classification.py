import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from dataworth.metrics.classification import score


def example(n: int = 500, classes: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, n)
    logits = random.normal(0, 2, (n, classes)).astype(np.float32)
    logits[np.arange(n), labels] += 1.5
    return logits, labels


def test_agrees_with_scikit_learn() -> None:
    logits, labels = example()
    shifted = logits.astype(np.float64)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    got = score(logits, labels)
    predicted = p.argmax(axis=1)
    assert got.loss == pytest.approx(sklearn.metrics.log_loss(labels, p), rel=1e-12)
    assert got.accuracy == sklearn.metrics.accuracy_score(labels, predicted)
    assert got.macro_f1 == pytest.approx(
        sklearn.metrics.f1_score(labels, predicted, average="macro"), rel=1e-12
    )
    assert (got.confusion == sklearn.metrics.confusion_matrix(labels, predicted)).all()
    recall = sklearn.metrics.recall_score(labels, predicted, average=None)
    np.testing.assert_allclose(got.class_errors, 1 - recall, rtol=1e-12)
    one_hot = np.eye(5)[labels]
    assert got.brier == pytest.approx(((p - one_hot) ** 2).sum(axis=1).mean(), rel=1e-12)


def test_a_network_that_diverged_has_scores_that_say_so() -> None:
    logits, labels = example()
    logits[3] = np.nan
    got = score(logits, labels)
    assert all(math.isnan(figure) for figure in (got.loss, got.brier, got.ece))
    assert 0 < got.accuracy < 1
    assert got.confusion is not None
    assert got.confusion.sum() == len(labels)


def test_weighted_class_losses_make_the_loss() -> None:
    logits, labels = example(classes=7)
    got = score(logits, labels)
    counts = np.bincount(labels, minlength=7)
    assert (got.class_losses * counts).sum() / counts.sum() == pytest.approx(got.loss, rel=1e-12)


def test_a_sure_and_wrong_logit_is_not_clipped() -> None:
    logits = np.array([[1000.0, 0.0], [0.0, 1000.0]], np.float32)
    assert score(logits, np.array([1, 1])).loss == pytest.approx(500.0)


def test_a_sure_and_right_logit_has_no_floor() -> None:
    logits = np.array([[60.0, 0.0]], np.float32)
    assert 0 < score(logits, np.array([0])).loss < 1e-25 or score(logits, np.array([0])).loss == 0


@given(st.floats(-1e4, 1e4, width=32), st.integers(2, 6))
def test_shifting_all_logits_changes_nothing(shift: float, classes: int) -> None:
    labels = np.arange(classes)
    got = score(np.full((classes, classes), shift, np.float32), labels)
    assert got.loss == pytest.approx(math.log(classes), rel=1e-12)


def test_calibration_error_of_a_calibrated_and_an_overconfident_model() -> None:
    sure = np.array([[math.log(3.0), 0.0]] * 8, np.float32)
    assert score(sure, np.array([0] * 6 + [1] * 2)).ece == pytest.approx(0.0, abs=1e-7)
    assert score(sure, np.array([0] * 4 + [1] * 4)).ece == pytest.approx(0.25, abs=1e-7)


def test_a_class_without_samples_has_no_error_and_no_loss() -> None:
    logits = np.eye(3, dtype=np.float32)[[0, 1]]
    got = score(logits, np.array([0, 1]))
    assert math.isnan(got.class_errors[2])
    assert math.isnan(got.class_losses[2])
    assert got.macro_f1 == 1.0


def test_blocks_do_not_show() -> None:
    logits, labels = example(n=40_000, classes=3)
    whole = score(logits, labels)
    parts = [score(logits[s], labels[s]).loss for s in (slice(0, 20_000), slice(20_000, None))]
    assert whole.loss == pytest.approx(np.mean(parts), rel=1e-12)


def test_many_classes_have_errors_and_losses_but_no_confusions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logits, labels = example(classes=7)
    few = score(logits, labels)
    monkeypatch.setattr("dataworth.metrics.classification.MOST_CONFUSED", 6)
    many = score(logits, labels)
    assert few.confusion is not None
    assert many.confusion is None
    np.testing.assert_array_equal(many.class_errors, few.class_errors)
    np.testing.assert_array_equal(many.class_losses, few.class_losses)
    assert many.macro_f1 == few.macro_f1
