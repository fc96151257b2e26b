from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from dataworth.errors import DataError
from dataworth.tasks.regression import Regression

Y = np.random.default_rng(3).lognormal(size=200)


@pytest.mark.parametrize(
    ("y", "code", "names"),
    [
        ([1.0, float("nan"), 2.0], "value-missing", "row 1"),
        ([1, None, 2], "value-missing", "row 1"),
        ([1.0, 2.0, float("inf")], "not-finite", "row 2.*inf"),
        (["1", "2", "x"], "not-numeric", "row 2.*'x'"),
        (np.ones((3, 2)), "shape-mismatch", r"\(3, 2\)"),
        ([], "shape-mismatch", r"\(0,\)"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(y: Any, code: str, names: str) -> None:
    with raises(code, DataError, names):
        Regression().encode(y)


def test_targets_are_float64() -> None:
    assert Regression().encode([[1], [2]]).dtype == np.float64
    assert Regression().encode(np.array([0.5, 1], np.float32)).tolist() == [0.5, 1.0]


def test_chance_is_what_a_constant_prediction_reaches() -> None:
    chance = Regression().chance(Y)
    mean = DummyRegressor(strategy="mean").fit(Y[:, None], Y).predict(Y[:, None])
    median = DummyRegressor(strategy="median").fit(Y[:, None], Y).predict(Y[:, None])
    assert chance["mse"] == pytest.approx(mean_squared_error(Y, mean), rel=1e-12)
    assert chance["rmse"] == pytest.approx(mean_squared_error(Y, mean) ** 0.5, rel=1e-12)
    assert chance["mae"] == pytest.approx(mean_absolute_error(Y, median), rel=1e-12)
    assert chance["r2"] == pytest.approx(r2_score(Y, mean), abs=1e-12)


def test_chance_of_quantiles_is_below_that_of_any_other_constant() -> None:
    task = Regression((0.1, 0.5, 0.9))
    best = task.chance(Y)["pinball"]
    for shift in (-0.1, 0.1):
        constant = np.tile(np.quantile(Y, task.quantiles) + shift, (len(Y), 1))
        assert task.score(constant, Y).scores["pinball"] > best


@pytest.mark.parametrize(
    "quantiles", [(0.5, 0.5), (0.9, 0.1), (0.0, 0.5), (0.5, 1.0), ("x",), (float("nan"),), 0.5]
)
def test_impossible_quantiles_are_refused(quantiles: Any) -> None:
    with pytest.raises(DataError, match="quantiles"):
        Regression(quantiles)


def test_a_prediction_of_another_form_is_refused() -> None:
    with raises("shape-mismatch", DataError, r"\(200, 2\)"):
        Regression().score(np.ones((200, 2)), Y)
    with raises("shape-mismatch", DataError, r"\(200, 3\)"):
        Regression((0.05, 0.5, 0.95)).score(np.ones(200), Y)


def test_the_identity_holds_the_quantiles() -> None:
    assert Regression().identity() == {"kind": "regression"}
    assert Regression((0.25, 0.75)).identity()["quantiles"] == [0.25, 0.75]
