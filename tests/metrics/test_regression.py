import math

import numpy as np
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)

from dataworth.metrics.regression import pinball, score

RANDOM = np.random.default_rng(0)
Y = RANDOM.normal(5, 2, 300)
PREDICTION = Y + RANDOM.normal(0, 0.5, 300)


def test_agrees_with_scikit_learn() -> None:
    got = score(PREDICTION, Y)
    assert got["mse"] == pytest.approx(mean_squared_error(Y, PREDICTION), rel=1e-12)
    assert got["rmse"] == pytest.approx(root_mean_squared_error(Y, PREDICTION), rel=1e-12)
    assert got["mae"] == pytest.approx(mean_absolute_error(Y, PREDICTION), rel=1e-12)
    assert got["r2"] == pytest.approx(r2_score(Y, PREDICTION), rel=1e-12)


def test_pinball_agrees_with_scikit_learn() -> None:
    levels = (0.05, 0.5, 0.9)
    columns = PREDICTION[:, None] + np.array([-1.0, 0.0, 1.0])
    expected = [
        mean_pinball_loss(Y, column, alpha=level)
        for column, level in zip(columns.T, levels, strict=True)
    ]
    assert pinball(columns, Y, levels) == pytest.approx(np.mean(expected), rel=1e-12)


def test_half_the_absolute_error_is_the_pinball_loss_of_the_median() -> None:
    assert pinball(PREDICTION[:, None], Y, (0.5,)) == pytest.approx(
        score(PREDICTION, Y)["mae"] / 2, rel=1e-12
    )


def test_a_perfect_and_a_constant_prediction() -> None:
    assert score(Y, Y) == {"rmse": 0.0, "mse": 0.0, "mae": 0.0, "r2": 1.0}
    assert score(np.full(300, Y.mean()), Y)["r2"] == pytest.approx(0.0, abs=1e-12)
    assert score(np.full(300, Y.mean() + 9), Y)["r2"] < 0


def test_equal_targets_leave_r2_undefined() -> None:
    assert math.isnan(score(np.array([1.0, 2.0]), np.array([3.0, 3.0]))["r2"])


def test_a_prediction_that_is_not_finite_has_no_scores() -> None:
    broken = PREDICTION.copy()
    broken[5] = np.nan
    assert all(math.isnan(value) for value in score(broken, Y).values())
