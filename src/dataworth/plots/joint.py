"""Plot of a joint law: measured runs, contours of the loss, and the best split of a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth._util import display
from dataworth._util.numbers import format_count_short
from dataworth.forecast.joint import JointForecast
from dataworth.metrics.labels import format_value
from dataworth.plots.style import (
    BLUE,
    GREY,
    ORANGE,
    SKY,
    axes_to_show,
    label_log_axes,
    new_axes,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
_POINTS, _LEVELS = 60, 8
_MARGIN, _BEYOND = 1.5, 10.0
"""The axes start below the least measured sizes, and end beyond the largest, by these factors."""


@dataclass(frozen=True, eq=False)
class JointPlotData:
    """The numbers of the plot.

    Attributes
    ----------
    samples, parameters : ndarray, shape (m,)
        The measured runs.
    across, up : ndarray, shape (n,)
        Numbers of samples and sizes of the model of the grid.
    losses : ndarray, shape (n, n)
        The law's loss at each model size (rows) and number of samples (columns).
    levels : ndarray, shape (k,)
        The losses of the contours, rising.
    best_samples, best_parameters : ndarray, shape (n,)
        The best split of rising budgets of compute.
    """

    samples: Floats
    parameters: Floats
    across: Floats
    up: Floats
    losses: Floats
    levels: Floats
    best_samples: Floats
    best_parameters: Floats


def joint_plot_data(forecast: JointForecast) -> JointPlotData:
    """Compute the numbers of the plot of a joint law."""
    units = forecast.parameters.max(), forecast.samples.max()
    across, up = (
        np.geomspace(sizes.min() / _MARGIN, sizes.max() * _BEYOND, _POINTS)
        for sizes in (forecast.samples, forecast.parameters)
    )
    losses = forecast.fit.loss(up[:, None] / units[0], across[None, :] / units[1])
    # Even steps of the compute are about even steps of what a reader can buy.
    diagonal = np.diagonal(losses)[:: _POINTS // _LEVELS]
    budgets = np.geomspace(across[0] * up[0], across[-1] * up[-1], _POINTS)
    best = units[0] * np.array(
        [forecast.fit.best_model(each / units[0] / units[1]) for each in budgets]
    )
    return JointPlotData(
        samples=forecast.samples,
        parameters=forecast.parameters,
        across=across,
        up=up,
        losses=losses,
        levels=np.unique(diagonal),
        best_samples=budgets / best,
        best_parameters=best,
    )


def draw_joint(data: JointPlotData, axes: Axes | None = None) -> Axes:
    """Plot a joint law: measured runs, contours of the loss, the best split of each budget.

    Parameters
    ----------
    data : JointPlotData
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure of one column's width.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes() if axes is None else axes
    from matplotlib.ticker import FuncFormatter

    axes.set_xscale("log")
    axes.set_yscale("log")
    lines = axes.contour(
        data.across, data.up, data.losses, levels=data.levels, colors=SKY, linewidths=0.8
    )
    spread = float(np.ptp(data.levels)) / len(data.levels)
    axes.clabel(lines, fmt=lambda level: format_value(level, spread), fontsize=6, colors=GREY)
    axes.plot(
        data.best_samples, data.best_parameters, "--", color=ORANGE, lw=1.2, label="best split"
    )
    axes.plot(data.samples, data.parameters, ".", color=BLUE, ms=3, label="measured")
    axes.set_xlim(data.across[0], data.across[-1])
    axes.set_ylim(data.up[0], data.up[-1])
    axes.set_xlabel("samples")
    axes.set_ylabel("parameters of the model")
    tidy(axes)
    label_log_axes(axes)
    axes.yaxis.set_major_formatter(FuncFormatter(format_count_short))
    axes.legend(fontsize=6.5, frameon=False, loc="lower right")
    return axes


@display.draw.register("JointForecast")
def plot_joint(forecast: JointForecast, axes: Axes | None = None) -> Axes:
    """Draw a joint law; see `joint_plot_data` and `draw_joint`."""
    return draw_joint(joint_plot_data(forecast), axes_to_show(axes))
