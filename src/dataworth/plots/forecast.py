"""Plot of a forecast: its numbers, how Matplotlib draws them, and writing it to a file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth._util import display
from dataworth._util.files import atomic_write
from dataworth._util.validation import as_list, check_picture_path, check_sizes
from dataworth.forecast.forecast import Forecast
from dataworth.metrics.labels import format_exact
from dataworth.plots.curve import CurvePlotData, curve_plot_data, draw_measured, finish
from dataworth.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    image_bytes,
    label_log_axes,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
    for target, colour, dash in zip(data.targets, cycle(_COLOURS), cycle(_DASHES), strict=False):
        axes.axhline(target, color=colour, ls=dash, lw=1.2, label=f"target: {format_exact(target)}")
    chance = data.curve.chance
    if chance is not None and _near(chance, data.curve.values):
        axes.axhline(chance, color=GREY, ls="--", lw=1, label=f"chance: {chance:.2f}")
    finish(data.curve, axes)
    if data.curve.log:
        _keep_in_view(data, axes)
    return axes


@display.draw.register("Forecast")
def plot_forecast(
    forecast: Forecast,
    axes: Axes | None = None,
    *,
    sizes: float | Iterable[float] = (),
    targets: float | Iterable[float] = (),
) -> Axes:
    """Draw a forecast; see `forecast_plot_data` and `draw_forecast`."""
    return draw_forecast(forecast_plot_data(forecast, sizes=sizes, targets=targets), axes)


def _keep_in_view(data: ForecastPlotData, axes: Axes) -> None:
    """Limit the lower end of a log axis, so that a wide band does not flatten the curve.

    The band may be cut off; target lines stay visible.
    """
    values = data.curve.values[np.isfinite(data.curve.values)]
    lowest = min(float(np.min(values)), float(np.min(data.quantiles[2]))) / _DEEPEST
    targets = (target / _BELOW_TARGETS for target in data.targets if target > 0)
    lowest = min([lowest, *targets])
    if axes.get_ylim()[0] < lowest:
        axes.set_ylim(bottom=lowest)
        label_log_axes(axes)


def _near(chance: float, values: NDArray[np.float64]) -> bool:
    """Whether the chance level is low enough to draw without flattening the curve."""
    return chance < 2 * float(np.max(values[np.isfinite(values)])) and math.isfinite(chance)


def write_forecast_picture(
    forecast: Forecast,
    out: str | os.PathLike[str],
    *,
    sizes: Sequence[float] = (),
    targets: Sequence[float] = (),
) -> Path:
    """Write the plot of a forecast to a PNG, SVG or PDF file, by the suffix of its name.

    Parameters
    ----------
    forecast : Forecast
    out : path
        The file; an existing one is replaced atomically.
    sizes, targets : sequence of float
        See `forecast_plot_data`.

    Raises
    ------
    StudyError
        If the suffix is another one, or the file cannot be written.
    """
    path = check_picture_path(Path(out))
    axes = draw_forecast(forecast_plot_data(forecast, sizes=sizes, targets=targets))
    content = image_bytes(axes, path.suffix[1:].lower())
    return atomic_write(path, content, "Choose another place with --out.")
