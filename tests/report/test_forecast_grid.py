from __future__ import annotations

import numpy as np
import pytest

from dataworth.curves.curve import Curve
from dataworth.forecast.forecast import Forecast
from dataworth.report.forecast_grid import FURTHEST, STEP, ForecastGrid
from dataworth.report.study_report import RunReport, look_ahead


@pytest.fixture(scope="module", params=["loss", "accuracy"])
def made(request: pytest.FixtureRequest, run_report: RunReport) -> tuple[Forecast, ForecastGrid]:
    ahead = run_report.ahead[request.param]
    assert ahead.forecast is not None
    assert ahead.grid is not None
    return ahead.forecast, ahead.grid


def test_sizes_rise_from_the_smallest_to_the_furthest(
    made: tuple[Forecast, ForecastGrid],
) -> None:
    _, grid = made
    assert (np.diff(grid.samples) > 0).all()
    assert grid.samples[[0, -1]] == pytest.approx([200, 48_600 * FURTHEST])


def test_at_its_sizes_the_grid_is_the_forecast(made: tuple[Forecast, ForecastGrid]) -> None:
    forecast, grid = made
    some = [0, 100, 200, 400, -1]
    prediction = forecast.predict(grid.samples[some])
    expected = [prediction.lower, prediction.median, prediction.upper]
    np.testing.assert_allclose(grid.quantiles[[0, 2, 4]][:, some], expected, rtol=1e-12)
    for at in (0, 100, 200):
        size = grid.sparse[at]
        value = forecast.value_of(size, size + STEP)
        assert grid.next_step[:, at] == pytest.approx([value.lower, value.median, value.upper])
        since = forecast.value_of(48_600, size)
        assert grid.since_largest[1, at] == pytest.approx(since.median, abs=1e-12)


def test_what_one_label_buys_is_the_slope_of_what_was_bought(
    made: tuple[Forecast, ForecastGrid],
) -> None:
    forecast, grid = made
    at = 150
    size = grid.sparse[at]
    value = forecast.value_of(size, size * 1.001)
    assert grid.per_label[1, at] * size * 0.001 == pytest.approx(value.median, rel=2e-3)


def test_what_can_be_reached_agrees_with_the_forecast(
    made: tuple[Forecast, ForecastGrid],
) -> None:
    forecast, grid = made
    for at in (64, 128, 200):
        probability = forecast.samples_for(float(grid.best[at])).probability_reachable
        assert probability == pytest.approx(1 - at / 256, abs=2e-3)


def test_a_curve_that_says_nothing_gives_the_reason() -> None:
    ahead = look_ahead(Curve([100, 100], [0.5, 0.6]))
    assert ahead.forecast is None
    assert "two different sizes" in ahead.refusal
