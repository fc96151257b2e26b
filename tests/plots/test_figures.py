"""Figures: their numbers, and that they are drawn from them in every format."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from matplotlib.figure import Figure

from dataworth.curves.curve import Curve
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, ForecastError
from dataworth.forecast.api import forecast
from dataworth.forecast.forecast import Forecast
from dataworth.plots.classes import plot_classes
from dataworth.plots.curve import curve_plot_data, draw_curve
from dataworth.plots.forecast import draw_forecast, forecast_plot_data
from dataworth.plots.images import image_plot_data, plot_images

SIZES = [100, 100, 200, 200, 400, 800, 1600]
LOSSES = [1.0, 1.2, 0.8, 0.6, 0.5, 0.4, 0.3]


@pytest.fixture(scope="module")
def curve() -> Curve:
    return Curve(SIZES, LOSSES, chance=2.3, name="tiny")


@pytest.fixture(scope="module")
def ahead(curve: Curve) -> Forecast:
    return forecast(curve)


def _saved(figure: Figure | None, form: str) -> bytes:
    assert figure is not None
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format=form)
        return buffer.getvalue()


def test_the_curve_s_numbers(curve: Curve) -> None:
    figure = curve_plot_data(curve)
    np.testing.assert_array_equal(figure.sizes, [100, 200, 400, 800, 1600])
    np.testing.assert_allclose(figure.mean, [1.1, 0.7, 0.5, 0.4, 0.3])
    np.testing.assert_allclose(figure.upper - figure.lower, [2 * 0.02**0.5] * 2 + [0, 0, 0])
    assert figure.chance == 2.3
    assert figure.label == "held-out loss (nats)"


def test_the_curve_is_drawn_where_it_is_told(curve: Curve) -> None:
    mine = Figure().subplots()
    assert draw_curve(curve_plot_data(curve), mine) is mine
    dots, line = mine.lines[:2]
    assert list(np.asarray(dots.get_ydata())) == LOSSES
    assert np.asarray(line.get_ydata()) == pytest.approx([1.1, 0.7, 0.5, 0.4, 0.3])
    assert (mine.get_xscale(), mine.get_yscale()) == ("log", "log")


def test_the_forecast_s_numbers(ahead: Forecast) -> None:
    figure = forecast_plot_data(ahead, sizes=[50_000], targets=[0.25])
    assert figure.sizes[[0, -1]] == pytest.approx([1_600, 50_000])
    assert forecast_plot_data(ahead).sizes[-1] == pytest.approx(16_000)
    single = forecast_plot_data(ahead, sizes=50_000, targets=0.25)
    assert (single.sizes[-1], single.targets) == (figure.sizes[-1], figure.targets)
    prediction = ahead.predict(figure.sizes)
    np.testing.assert_allclose(figure.quantiles[2], prediction.median)
    np.testing.assert_allclose(figure.quantiles[0], prediction.lower)
    np.testing.assert_allclose(figure.quantiles[4], prediction.upper)
    assert figure.targets == (0.25,)


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"sizes": ["a"]}, "value-out-of-range", "^sizes"),
        ({"sizes": [math.nan]}, "value-out-of-range", "^sizes"),
        ({"sizes": [-5]}, "value-out-of-range", "^sizes"),
        ({"targets": [-1]}, "value-out-of-range", "target is -1; .*loss"),
        (
            {"targets": "low"},
            "value-out-of-range",
            "target is 'low'; .*loss",
        ),
    ],
)
def test_what_cannot_be_forecast_is_not_drawn(
    ahead: Forecast, asked: dict[str, Any], code: str, said: str
) -> None:
    with raises(code, ForecastError, said):
        ahead.plot(**asked)


def test_the_forecast_is_drawn_with_its_bands_and_targets(ahead: Forecast) -> None:
    axes = draw_forecast(forecast_plot_data(ahead, targets=[0.25]))
    labels = [text.get_text() for text in axes.get_legend().get_texts()]  # type: ignore[union-attr]
    levels = ["target: 0.25", "chance: 2.30"]
    assert labels == ["mean over seeds", "forecast, median", "50 %", "90 %", *levels]


def test_a_band_that_plunges_does_not_press_the_curve_flat(ahead: Forecast) -> None:
    figure = forecast_plot_data(ahead)
    quantiles = figure.quantiles.copy()
    quantiles[0] *= np.geomspace(1, 1e-6, quantiles.shape[1])
    axes = draw_forecast(replace(figure, quantiles=quantiles))
    assert axes.get_ylim()[0] == pytest.approx(min(0.3, quantiles[2].min()) / 4)


def test_a_target_far_below_the_forecast_is_in_view(ahead: Forecast) -> None:
    axes = draw_forecast(forecast_plot_data(ahead, targets=[0.002, 0.25]))
    assert axes.get_ylim()[0] < 0.002


def test_lines_of_targets_look_different_and_the_legend_hides_what_is_behind_it(
    ahead: Forecast,
) -> None:
    axes = draw_forecast(forecast_plot_data(ahead, targets=[0.1, 0.2, 0.3]))
    lines = [line for line in axes.lines if str(line.get_label()).startswith("target")]
    assert len({line.get_color() for line in lines}) == 3
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_frame().get_alpha() == 0.85


def test_a_line_through_single_runs_is_no_mean() -> None:
    axes = draw_curve(curve_plot_data(Curve([100, 200], [0.5, 0.4])))
    assert axes.lines[1].get_label() == "measured"


def test_the_ticks_of_a_flat_curve_differ() -> None:
    axes = draw_curve(curve_plot_data(Curve([100, 200, 400, 800], [0.3, 0.3001, 0.2999, 0.3])))
    said = [axes.yaxis.get_major_formatter()(value, None) for value in axes.get_yticks()]
    assert len(set(said)) == len(said) > 2


@pytest.mark.parametrize("scale", [0.1, 1.0, 1000.0])
def test_a_curve_that_hardly_falls_has_several_ticks(scale: float) -> None:
    losses = scale * np.array([1.03, 1.02, 1.015, 1.01, 1.005, 1.002])
    axes = forecast(Curve(100 * 2 ** np.arange(6), losses)).plot()
    low, high = axes.get_ylim()
    assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 3


def test_a_run_that_diverged_changes_no_view() -> None:
    sizes, losses = 100 * 2 ** np.arange(6), np.array([0.9, 0.7, 0.55, 0.45, 0.2, 0.08])
    views = []
    for second in (0.7, np.nan, np.inf):
        losses[1] = second
        axes = forecast(Curve(sizes, losses, chance=1.0)).plot()
        views.append(axes.get_ylim()[0])
        labels = axes.get_legend_handles_labels()[1]
        assert any(label.startswith("chance") for label in labels)
    assert min(views) > 0.3 * views[0]


@pytest.mark.parametrize("losses", [[3e-300, 1e-300], [1e200, 1e-200], [1e300, 1e299]])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_losses_at_the_ends_of_what_a_float_holds(losses: list[float]) -> None:
    axes = draw_curve(curve_plot_data(Curve([100, 1600], losses)))
    assert _saved(axes.get_figure(root=True), "svg")
    assert all(np.isfinite(axes.get_yticks()))


@pytest.mark.parametrize(
    ("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_every_format(curve: Curve, ahead: Forecast, form: str, start: bytes) -> None:
    for axes in (draw_curve(curve_plot_data(curve)), draw_forecast(forecast_plot_data(ahead))):
        assert _saved(axes.get_figure(root=True), form).startswith(start)


def test_one_column_of_a_paper_with_text_of_at_least_7_points(ahead: Forecast) -> None:
    axes = draw_forecast(forecast_plot_data(ahead, targets=[0.25]))
    figure = axes.get_figure(root=True)
    assert figure is not None
    assert figure.get_size_inches()[0] == 3.5
    written = [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label]
    assert min(float(text.get_fontsize()) for text in written) >= 7


def test_classes_are_drawn_and_the_worst_are_named(run_directory: Path) -> None:
    axes = plot_classes(run_directory)
    assert axes.texts[0].get_text() == "plain"
    assert len(axes.lines) == len(axes.texts) == 5


def test_images_of_a_data_set_and_of_a_run_directory(digits: Dataset, run_directory: Path) -> None:
    figure = image_plot_data(digits)
    assert figure.images.shape == (10, 4, 8, 8)
    first = np.flatnonzero(digits.y == 7)[0]
    expected = np.clip(digits.x[first] * (255 / 16), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(figure.images[7, 0], expected)
    assert image_plot_data(run_directory).images.shape == (5, 4, 12, 12)
    assert len(plot_images(digits).images) == 10
    with raises("not-images", DataError):
        image_plot_data(Dataset(np.zeros((4, 3)), [0, 1, 0, 1]))
