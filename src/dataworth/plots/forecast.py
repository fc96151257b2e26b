"""Plot of a forecast: its numbers, and how Matplotlib draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth._util import display
from dataworth._util.validation import as_list, check_sizes
from dataworth.forecast.forecast import Forecast
from dataworth.metrics.labels import format_exact
from dataworth.plots.curve import (
    CurvePlotData,
    bands_title,
    chance_label,
    curve_plot_data,
    draw_measured,
    finish,
    shown_chance,
)
from dataworth.plots.style import (
    BLUE,
    COLORS,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    STYLES,
    axes_to_show,
    label_log_axes,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dataworth.forecast.compare import Comparison

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
_TIMES, _POINTS = 10.0, 160
_DEEPEST = 4.0
_BELOW_TARGETS = 1.2
_COLOURS = (ORANGE, GREEN, PINK)
_DASHES = (":", "-.", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 4)))
"""Four dashes and three colours have no common divisor, so the first twelve targets differ."""


@dataclass(frozen=True, eq=False)
class ForecastPlotData:
    """The numbers of the plot.

    Attributes
    ----------
    curve : CurvePlotData
        The measured curve.
    sizes : ndarray, shape (n,)
        Sizes of the forecast, from the largest measured size on.
    quantiles : ndarray, shape (5, n)
        The metric's quantiles 0.05, 0.25, 0.5, 0.75, 0.95: the edges of the 90 % band, of the
        50 % band, and the median.
    targets : tuple of float
        Values of the metric to mark.
    """

    curve: CurvePlotData
    sizes: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    targets: tuple[float, ...]


def forecast_plot_data(
    forecast: Forecast,
    *,
    sizes: float | Iterable[float] = (),
    targets: float | Iterable[float] = (),
) -> ForecastPlotData:
    """Compute the numbers of the plot of a forecast.

    Parameters
    ----------
    forecast : Forecast
    sizes : float or iterable of float
        The plot ends at the largest of them, and not before ten times the largest measured size.
    targets : float or iterable of float
        Values of the metric to mark with a line.

    Raises
    ------
    ForecastError
        If a size or a target is not valid for a forecast.
    """
    largest = float(forecast.observations.sizes[-1])
    wanted = as_list(targets)
    for target in wanted:
        # Raises for a target that is not valid.
        forecast.loss_of(target)
    furthest = max([largest * _TIMES, *check_sizes(as_list(sizes)).tolist()])
    grid = np.geomspace(largest, furthest, _POINTS)
    return ForecastPlotData(
        curve=curve_plot_data(forecast.curve),
        sizes=grid,
        quantiles=forecast.quantiles(grid, PROBABILITIES),
        targets=tuple(float(target) for target in wanted),
    )


def draw_forecast(data: ForecastPlotData, axes: Axes | None = None) -> Axes:
    """Plot a forecast: measured points, median, 50 % and 90 % bands, and target lines.

    Parameters
    ----------
    data : ForecastPlotData
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure of one column's width.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes() if axes is None else axes
    draw_measured(data.curve, axes)
    low, low_half, median, high_half, high = data.quantiles
    axes.plot(data.sizes, median, "--", color=BLUE, lw=1.4, label="forecast, median")
    bands = ((low_half, high_half, 0.34, "50 %"), (low, high, 0.16, "90 %"))
    for lower, upper, alpha, label in bands:
        axes.fill_between(data.sizes, lower, upper, color=BLUE, alpha=alpha, lw=0, label=label)
    _mark_border(float(data.sizes[0]), axes)
    for target, colour, dash in zip(data.targets, cycle(_COLOURS), cycle(_DASHES), strict=False):
        text = f"{format_exact(100 * target)} %" if data.curve.percent else format_exact(target)
        axes.axhline(target, color=colour, ls=dash, lw=1.2, label=f"target: {text}")
    chance = shown_chance(data.curve)
    if chance is not None:
        axes.axhline(chance, color=GREY, ls="--", lw=1, label=chance_label(data.curve))
    finish(data.curve, axes)
    if data.curve.log:
        _keep_in_view([data], axes)
    return axes


def draw_forecasts(several: Sequence[ForecastPlotData], axes: Axes | None = None) -> Axes:
    """Plot several forecasts of one metric on the same axes, each with its name and colour.

    The bands are those of 90 %, as `draw_forecast` draws them.

    Parameters
    ----------
    several : sequence of ForecastPlotData
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure of one column's width.
    """
    if len(several) == 1:
        return draw_forecast(several[0], axes)
    axes = new_axes() if axes is None else axes
    for index, data in enumerate(several):
        color, dashes = COLORS[index % len(COLORS)], STYLES[index // len(COLORS) % len(STYLES)]
        draw_measured(data.curve, axes, color, dashes, data.curve.name)
        low, _, median, _, high = data.quantiles
        axes.plot(data.sizes, median, "--", color=color, lw=1.2)
        axes.fill_between(data.sizes, low, high, color=color, alpha=0.16, lw=0)
    curves = [data.curve for data in several]
    log = all(curve.log for curve in curves)
    finish(replace(curves[0], log=log, title=bands_title(curves)), axes)
    if log:
        _keep_in_view(several, axes)
    _mark_border(max(float(data.sizes[0]) for data in several), axes)
    return axes


def _mark_border(largest: float, axes: Axes) -> None:
    """Draw the border between what was measured and what is forecast, with both words.

    They are above the axes, where neither a legend nor a band covers them.
    """
    axes.axvline(largest, color=GREY, lw=0.8, ls=(0, (2, 2)), zorder=0)
    for text, side in (("measured ", "right"), (" forecast", "left")):
        axes.annotate(
            text,
            (largest, 1.0),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 1),
            textcoords="offset points",
            ha=side,
            va="bottom",
            fontsize=6.5,
            color=GREY,
        )


@display.draw.register("Forecast")
def plot_forecast(
    forecast: Forecast,
    axes: Axes | None = None,
    *,
    sizes: float | Iterable[float] = (),
    targets: float | Iterable[float] = (),
) -> Axes:
    """Draw a forecast; see `forecast_plot_data` and `draw_forecast`."""
    data = forecast_plot_data(forecast, sizes=sizes, targets=targets)
    return draw_forecast(data, axes_to_show(axes))


@display.draw.register("Comparison")
def plot_comparison(comparison: Comparison, axes: Axes | None = None) -> Axes:
    """Draw the forecasts of a comparison; see `draw_forecasts`."""
    several = named_plot_data(comparison.forecasts)
    return draw_forecasts(several, axes_to_show(axes))


def named_plot_data(
    forecasts: Mapping[str, Forecast], sizes: Sequence[float] = ()
) -> list[ForecastPlotData]:
    """The numbers of several plots, each with its name in place of its curve's."""
    several = []
    for name, forecast in forecasts.items():
        data = forecast_plot_data(forecast, sizes=sizes)
        several.append(replace(data, curve=replace(data.curve, name=name)))
    return several


def lowest_in_view(several: Sequence[ForecastPlotData]) -> float:
    """Where a log axis begins at the lowest, so that a wide band does not flatten the curve.

    The band may be cut off; target lines stay visible.
    """
    lowest = min(
        min(float(np.nanmin(data.curve.values)), float(np.min(data.quantiles[2])))
        for data in several
    )
    targets = [target / _BELOW_TARGETS for data in several for target in data.targets if target > 0]
    return min([lowest / _DEEPEST, *targets])


def _keep_in_view(several: Sequence[ForecastPlotData], axes: Axes) -> None:
    """Limit the lower end of a log axis; see `lowest_in_view`."""
    lowest = lowest_in_view(several)
    if axes.get_ylim()[0] < lowest:
        axes.set_ylim(bottom=lowest)
        label_log_axes(axes, 100.0 if several[0].curve.percent else 1.0)
