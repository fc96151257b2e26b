"""Plot of a learning curve: its numbers, and how Matplotlib draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth._util import display
from dataworth.curves.curve import Curve
from dataworth.plots.style import BLUE, COLORS, GREY, STYLES, label_log_axes, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class CurvePlotData:
    """The numbers of the plot.

    Attributes
    ----------
    samples, values : ndarray, shape (n_runs,)
        One point per run.
    sizes, mean, lower, upper : ndarray, shape (n_sizes,)
        Mean over seeds, and mean minus and plus one standard deviation.
    chance : float or None
        The value of random guessing, if the metric has one and it is known.
    log : bool
        Whether the vertical axis is logarithmic: for positive metrics that improve by falling.
    label : str
        Label of the vertical axis.
    name : str
    """

    samples: NDArray[np.int64]
    values: NDArray[np.float64]
    sizes: NDArray[np.int64]
    mean: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    chance: float | None
    log: bool
    label: str
    name: str


def curve_plot_data(curve: Curve) -> CurvePlotData:
    """Compute the numbers of the plot of a curve."""
    points = curve.summary()
    mean = np.array([point.mean for point in points])
    spread = np.nan_to_num(np.array([point.std for point in points]))
    return CurvePlotData(
        samples=curve.samples,
        values=curve.values,
        sizes=curve.sizes,
        mean=mean,
        lower=mean - spread,
        upper=mean + spread,
        chance=curve.metric.chance if curve.chance is None else curve.chance,
        log=not curve.higher_is_better and not (curve.values <= 0).any(),
        label=curve.metric.axis_label,
        name=curve.name,
    )


def draw_curve(data: CurvePlotData, axes: Axes | None = None) -> Axes:
    """Plot a curve against the number of samples on a logarithmic axis.

    Parameters
    ----------
    data : CurvePlotData
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure of one column's width.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes() if axes is None else axes
    draw_measured(data, axes)
    if (data.upper > data.lower).any():
        axes.fill_between(
            data.sizes,
            np.maximum(data.lower, np.abs(data.mean) * 1e-3),
            data.upper,
            color=BLUE,
            alpha=0.18,
            lw=0,
            label="± 1 standard deviation",
        )
    if data.chance is not None:
        text = f"chance: {data.chance:.2f}"
        axes.axhline(data.chance, color=GREY, ls="--", lw=1, label=text)
    finish(data, axes)
    return axes


def draw_curves(curves: Sequence[CurvePlotData], axes: Axes | None = None) -> Axes:
    """Plot one curve, or several on the same axes, each with its name and colour.

    Of several curves the mean over seeds and every run are drawn, without bands.
    """
    if len(curves) == 1:
        return draw_curve(curves[0], axes)
    axes = new_axes() if axes is None else axes
    for index, data in enumerate(curves):
        color, dashes = COLORS[index % len(COLORS)], STYLES[index // len(COLORS) % len(STYLES)]
        axes.plot(data.samples, data.values, "o", ms=2.5, color=color, alpha=0.35, mew=0)
        axes.plot(data.sizes, data.mean, ls=dashes, color=color, lw=1.4, label=data.name)
    # All curves are of one metric; one that reaches 0 has no logarithm.
    finish(replace(curves[0], log=all(data.log for data in curves)), axes)
    return axes


@display.draw.register("Curve")
def plot_curve(curve: Curve, axes: Axes | None = None) -> Axes:
    """Draw a curve; see `draw_curve`."""
    return draw_curve(curve_plot_data(curve), axes)


def draw_measured(data: CurvePlotData, axes: Axes) -> None:
    """Draw a dot per run, and the mean over seeds as a line."""
    label = "mean over seeds" if len(data.samples) > len(data.sizes) else "measured"
    axes.plot(data.samples, data.values, "o", ms=3, color=BLUE, alpha=0.45, mew=0)
    axes.plot(data.sizes, data.mean, "-", color=BLUE, lw=1.4, label=label)


def finish(data: CurvePlotData, axes: Axes) -> None:
    """Set scales, labels and legend of a curve's axes."""
    if not np.isfinite(data.values).any():
        # All runs diverged: nothing is drawn from which a log axis could take its limits.
        axes.set_xlim(data.sizes[0] / 2, data.sizes[-1] * 2)
    axes.set(
        xscale="log",
        yscale="log" if data.log else "linear",
        xlabel="training samples",
        ylabel=data.label,
    )
    label_log_axes(axes)
    tidy(axes)
    # The legend is nearly opaque, because lines may run behind it.
    axes.legend(framealpha=0.85, edgecolor="none", labelspacing=0.25, borderpad=0.2, fontsize=7.5)
