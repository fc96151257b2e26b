"""Writing plots of forecasts to files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataworth._util.files import atomic_write
from dataworth._util.validation import check_picture_path
from dataworth.forecast.forecast import Forecast
from dataworth.forecast.joint import JointForecast
from dataworth.plots.forecast import (
    ForecastPlotData,
    draw_forecasts,
    forecast_plot_data,
    named_plot_data,
)
from dataworth.plots.forecast_svg import forecasts_svg
from dataworth.plots.joint import plot_joint
from dataworth.plots.style import image_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ADVICE = "Choose another place with --out."


def write_forecast_picture(
    forecast: Forecast,
    out: str | os.PathLike[str],
    *,
    sizes: Sequence[float] = (),
    targets: Sequence[float] = (),
) -> Path:
    """Write the plot of a forecast to an SVG, PNG or PDF file, by the suffix of its name.

    PNG and PDF need Matplotlib.

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
    return _write([forecast_plot_data(forecast, sizes=sizes, targets=targets)], path)


def write_comparison_picture(
    forecasts: Mapping[str, Forecast],
    out: str | os.PathLike[str],
    *,
    sizes: Sequence[float] = (),
) -> Path:
    """Write the plot of several forecasts to a file; see `write_forecast_picture`.

    Parameters
    ----------
    forecasts : mapping of str to Forecast
        By the names of the legend.
    out : path
    sizes : sequence of float
        The plot ends at the largest of them.
    """
    path = check_picture_path(Path(out))
    return _write(named_plot_data(forecasts, sizes), path)


def write_joint_picture(forecast: JointForecast, out: str | os.PathLike[str]) -> Path:
    """Write the plot of a joint law to a file; see `write_forecast_picture`."""
    path = check_picture_path(Path(out))
    return _write_axes(plot_joint(forecast), path)


def _write(several: Sequence[ForecastPlotData], path: Path) -> Path:
    if path.suffix.lower() == ".svg":
        return atomic_write(path, forecasts_svg(several), _ADVICE)
    return _write_axes(draw_forecasts(several), path)


def _write_axes(axes: Axes, path: Path) -> Path:
    return atomic_write(path, image_bytes(axes, path.suffix[1:].lower()), _ADVICE)
