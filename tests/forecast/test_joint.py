"""Joint forecasts of data size and model size, on laws that are known."""

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.errors import ForecastError

E, A, B, EXPONENT_N, EXPONENT_D = 1.7, 400.0, 410.0, 0.34, 0.28
"""Hoffmann et al. 2022, approach 3."""


def loss(parameters: np.ndarray, samples: np.ndarray) -> np.ndarray:
    return np.asarray(E + A * parameters**-EXPONENT_N + B * samples**-EXPONENT_D)


@pytest.fixture(scope="module")
def runs() -> tuple[np.ndarray, np.ndarray]:
    model, data = np.meshgrid(np.geomspace(5e7, 5e9, 8), np.geomspace(1e9, 1e11, 8))
    return model.ravel(), data.ravel()


@pytest.fixture(scope="module")
def noisy(runs: tuple[np.ndarray, np.ndarray]) -> dw.JointForecast:
    model, data = runs
    rng = np.random.default_rng(0)
    return dw.forecast_joint(data, model, loss(model, data) * (1 + 0.003 * rng.normal(size=64)))


def test_an_exact_law_is_found_and_its_budget_is_split_best(
    runs: tuple[np.ndarray, np.ndarray],
) -> None:
    model, data = runs
    forecast = dw.forecast_joint(data, model, loss(model, data))

    found = [forecast.law[name].value for name in ("E", "a", "b")]
    assert found == pytest.approx([E, EXPONENT_N, EXPONENT_D], rel=0.01)
    wanted = np.array([1e12]), np.array([5e10])
    predicted = forecast.predict(*wanted).median
    assert predicted == pytest.approx(loss(wanted[1], wanted[0]), rel=0.002)
    # Hoffmann et al. 2022, eq. 4.
    ratio = EXPONENT_N * A / (EXPONENT_D * B)
    best = ratio ** (1 / (EXPONENT_N + EXPONENT_D)) * (1e22 / 6) ** (
        EXPONENT_D / (EXPONENT_N + EXPONENT_D)
    )
    split = forecast.allocate(1e22)
    assert split.parameters.value == pytest.approx(best, rel=0.05)
    assert split.parameters.value * split.samples.value == pytest.approx(1e22 / 6, rel=1e-9)


def test_intervals_hold_the_law(noisy: dw.JointForecast) -> None:
    prediction = noisy.predict([1e12, 1e12], [1e10, 5e10])

    truth = loss(np.array([1e10, 5e10]), np.array([1e12, 1e12]))
    assert ((prediction.lower < truth) & (truth < prediction.upper)).all()
    assert (prediction.upper / prediction.lower < 1.1).all()
    for name, value in (("E", E), ("a", EXPONENT_N), ("b", EXPONENT_D)):
        assert noisy.law[name].lower < value < noisy.law[name].upper


def test_more_data_or_a_bigger_model(noisy: dw.JointForecast) -> None:
    starved, tiny = noisy.gain(1e9, 5e9), noisy.gain(1e11, 5e7)

    assert starved["samples"].value > starved["parameters"].value
    assert tiny["samples"].value < tiny["parameters"].value


def test_one_diverged_run_does_not_decide(runs: tuple[np.ndarray, np.ndarray]) -> None:
    model, data = runs
    losses = loss(model, data)
    losses[10] *= 3
    found = dw.forecast_joint(data, model, losses).law

    assert found["E"].value == pytest.approx(E, rel=0.02)


@pytest.mark.parametrize(
    ("samples", "parameters", "values", "code"),
    [
        ([1, 2, 3], [1, 2, 3], [1, 2, 3], "too-few-sizes"),
        ([1, 2] * 4, [1, 2, 3, 4] * 2, [1] * 8, "too-few-sizes"),
        ([1, 2, 3], [1, 2], [1, 2, 3], "shape-mismatch"),
        ([1, 2, 3] * 3, [1, 1, 1, 2, 2, 2, 3, 3, 3], [1.0] * 8 + [-1.0], "value-out-of-range"),
    ],
)
def test_what_says_nothing_is_refused(
    samples: list[float], parameters: list[float], values: list[float], code: str
) -> None:
    with raises(code, ForecastError):
        dw.forecast_joint(samples, parameters, values)
