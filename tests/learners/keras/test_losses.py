from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from dataworth.learners.keras import losses
from dataworth.learners.keras.backend import load_keras


def test_crossentropy_equals_float64_and_never_overflows() -> None:
    logits = np.array([[1e4, 0, -1e4], [0, 0, 0], [-30, 2, 3]], np.float32)
    y = np.array([0, 1, 0])
    wide = logits.astype(np.float64)
    expected = np.logaddexp.reduce(wide, axis=1) - wide[np.arange(3), y]
    np.testing.assert_allclose(losses.crossentropy(logits, y), expected, rtol=1e-6)


def test_clipped_equals_keras() -> None:
    keras = load_keras()
    random = np.random.default_rng(0)
    logits = (random.normal(size=(200, 7)) * 20).astype(np.float32)
    y = random.integers(0, 7, 200)
    theirs = keras.losses.categorical_crossentropy(
        keras.utils.to_categorical(y, 7), keras.activations.softmax(logits)
    )
    np.testing.assert_allclose(losses.clipped(logits, y), theirs, rtol=1e-5, atol=2e-7)


def test_pinball_equals_scikit_learn() -> None:
    random = np.random.default_rng(0)
    y, values = random.normal(size=50), random.normal(size=(50, 2))
    found = np.asarray(losses.pinball((0.1, 0.75), values, y)).mean()
    theirs = [mean_pinball_loss(y, values[:, k], alpha=a) for k, a in enumerate((0.1, 0.75))]
    assert found == pytest.approx(np.mean(theirs), rel=1e-6)


@pytest.mark.parametrize("confidence", [20.0, 60.0, 500.0])
def test_clipped_ends_at_the_float32_floor(confidence: float) -> None:
    logits = np.array([[confidence, 0.0, 0.0]], np.float32)
    floor = np.float32(1.1920929e-07)
    assert np.asarray(losses.clipped(logits, np.array([0])))[0] == floor
