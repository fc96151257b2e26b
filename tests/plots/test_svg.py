"""Plots as SVG: valid XML that shows every value, whatever the values are."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from dataworth.curves.curve import Curve
from dataworth.forecast.api import forecast
from dataworth.plots.curve import CurvePlotData, chance_label, curve_plot_data
from dataworth.plots.forecast import ForecastPlotData, forecast_plot_data, lowest_in_view
from dataworth.plots.forecast_svg import curves_svg, forecasts_svg
from dataworth.plots.svg import SvgPlot

SIZES = [100, 100, 200, 200, 400, 800, 1600]
LOSSES = [1.0, 1.2, 0.8, 0.6, 0.5, 0.4, 0.3]


@pytest.fixture(scope="module")
def data() -> ForecastPlotData:
    return forecast_plot_data(forecast(Curve(SIZES, LOSSES, chance=2.3)), targets=[0.25, 0.002])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.text]


def paths(svg: str) -> list[str]:
    return [element.get("d", "") for element in ElementTree.fromstring(svg).iter()]


def test_a_forecast_has_its_bands_targets_and_border(data: ForecastPlotData) -> None:
    said = texts(forecasts_svg([data]))
    for label in ("90 %", "50 %", "mean over seeds", "forecast, median", "target: 0.25"):
        assert label in said
    assert {"measured", "forecast", "training samples", "held-out loss (nats)"} <= set(said)


def test_several_forecasts_have_their_names(data: ForecastPlotData) -> None:
    several = [replace(data, curve=replace(data.curve, name=name)) for name in ("a", "b & <c>")]
    said = texts(forecasts_svg(several))
    assert {"a", "b & <c>", "2 models; bands: 90 %"} <= set(said)
    assert "90 %" not in said


def test_large_values_have_ticks_without_exponents() -> None:
    made = forecast(
        Curve(
            SIZES, [50_000 * loss for loss in LOSSES], metric="rmse", data="homes", model="forest"
        )
    )
    said = texts(forecasts_svg([forecast_plot_data(made)]))
    assert "10,000" in said
    assert chance_label(replace(forecast_plot_data(made).curve, chance=109_029.42)) == (
        "chance: 109,000"
    )
    assert not [text for text in said if "e+" in text]
    several = [
        forecast_plot_data(forecast(Curve(SIZES, LOSSES, data="homes", model=name)))
        for name in ("forest", "linear")
    ]
    assert any(text.startswith("2 models on homes, ") for text in texts(forecasts_svg(several)))


def test_the_vertical_axis_begins_where_that_of_the_other_plots_does(
    data: ForecastPlotData,
) -> None:
    assert lowest_in_view([data]) == pytest.approx(0.002 / 1.2)
    said = texts(forecasts_svg([data]))
    assert "0.01" in said
    assert "0.001" not in said


def test_runs_of_one_place_are_one_dot() -> None:
    plot = SvgPlot("", "x", "y", log=True)
    plot.dots(np.repeat([100, 1_000], 5_000), np.repeat([1.0, 0.5], 5_000), "#000000")
    assert max(path.count("h0") for path in paths(plot.text())) == 2


def test_a_value_that_has_no_place_interrupts_the_line() -> None:
    plot = SvgPlot("", "x", "y", log=False)
    plot.line([1, 10, 100, 1_000], [1.0, math.nan, 3.0, 4.0], "#000000")
    assert sum(path.count("M") == 2 for path in paths(plot.text())) == 1


@pytest.mark.parametrize(
    "values",
    [
        [0.3, 0.3, 0.3, 0.3],
        [0.0, 0.0, 0.0, 0.0],
        [1e-300, 1e-100, 1.0, 1e300],
        [-5.0, 0.0, 5.0, 7.0],
        [math.nan, math.nan, math.nan, math.nan],
        [0.3, 0.3001, 0.2999, 0.3],
        [1e6, 2e6, 3e6, 4e6],
    ],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.filterwarnings("error")
def test_odd_values_have_a_picture_with_ticks_that_differ(values: list[float], log: bool) -> None:
    sizes = np.array([100, 200, 400, 800])
    mean = np.array(values)
    data = CurvePlotData(sizes, mean, sizes, mean, mean, mean, None, log, "value", "odd")
    said = texts(curves_svg([data]))
    ticks = said[: said.index("100") if "100" in said else None]
    assert len(ticks) == len(set(ticks))


def test_a_name_with_control_characters_is_valid_xml() -> None:
    curve = Curve([100, 200], [0.5, 0.4], name="a\x1b[31m<b>" + 200 * "x")
    title = texts(curves_svg([curve_plot_data(curve)]))
    assert any(text.startswith("a␛[31m<b>") and text.endswith("…") for text in title)
