"""Plot of a learning curve: its numbers, and how Matplotlib draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth._util import display
from dataworth.curves.curve import Curve
from dataworth.metrics.labels import format_value
from dataworth.metrics.spoken import axis_label, is_share
from dataworth.plots.style import (
    BLUE,
    COLORS,
    GREY,
    STYLES,
    axes_to_show,
    give_title,
    label_log_axes,
    new_axes,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_FLATTENED = 2.0
"""The level of chance may make the vertical axis so many times as long,"""
_LEAST_SPAN = 0.2
"""or as long as this share of the largest value, for a curve that is flat itself."""


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
    counted : str
        What a size counts.
    title : str
        The model, the data and the number of seeds.
    beside_model : str
        The title without the model, which curves of several models may share.
    percent : bool
        Whether the values are shares, which the axis shows in per cent.
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
    counted: str = "samples"
    title: str = ""
    beside_model: str = ""
    percent: bool = False


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
        label=axis_label(curve.metric),
        name=curve.name,
        counted=curve.counted,
        title=title_of(curve),
        beside_model=f" on {curve.data}, {_number_of_runs(curve)}" if curve.data else "",
        percent=is_share(curve.metric),
    )


def title_of(curve: Curve) -> str:
    """The model, the data and the number of seeds or runs of a curve, as far as they are known."""
    named = f"{curve.model} on {curve.data}" if curve.model and curve.data else curve.name
    return f"{named}, {_number_of_runs(curve)}" if named else ""


def _number_of_runs(curve: Curve) -> str:
    """How many seeds, or runs without a seed, each size has."""
    runs = [point.runs for point in curve.summary()]
    least, most = min(runs), max(runs)
    of = "seed" if curve.seeded else "run"
    number = f"{most} {of}{'s' if most > 1 else ''}"
    if least < most:
        number = f"{least} to {most} {of}s"
    return number if curve.seeded else f"{number} of each size"


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
    spread = data.upper > data.lower
    # A logarithmic axis has no place for an end below 0.
    below = data.mean - np.maximum(data.lower, np.abs(data.mean) * 1e-3)
    if spread.any():
        # No band: in pictures of forecasts a band is an interval of the mean.
        axes.errorbar(
            data.sizes[spread],
            data.mean[spread],
            np.stack([below, data.upper - data.mean])[:, spread],
            fmt="none",
            ecolor=BLUE,
            elinewidth=1,
            capsize=2.5,
            label="± 1 standard deviation",
        )
    chance = shown_chance(data)
    if chance is not None:
        axes.axhline(chance, color=GREY, ls="--", lw=1, label=chance_label(data))
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
    finish(
        replace(curves[0], log=all(data.log for data in curves), title=shared_title(curves)), axes
    )
    return axes


@display.draw.register("Curve")
def plot_curve(curve: Curve, axes: Axes | None = None) -> Axes:
    """Draw a curve; see `draw_curve`."""
    return draw_curve(curve_plot_data(curve), axes_to_show(axes))


def shared_title(curves: Sequence[CurvePlotData]) -> str:
    """The title of several curves, with what they share: their names are in the legend."""
    if len(curves) == 1:
        return curves[0].title
    shared = {data.beside_model for data in curves}
    return f"{len(curves)} models{shared.pop() if len(shared) == 1 else ''}"


def bands_title(curves: Sequence[CurvePlotData]) -> str:
    """The title of several forecasts, which says what their bands are."""
    return shared_title(curves) + ("; bands: 90 %" if len(curves) > 1 else "")


def measured_label(data: CurvePlotData) -> str:
    """What the line through the measured sizes is called."""
    return "mean over seeds" if len(data.samples) > len(data.sizes) else "measured"


def shown_chance(data: CurvePlotData) -> float | None:
    """The level of chance, where there is one and drawing it does not flatten the curve."""
    values = data.values[np.isfinite(data.values)]
    if data.chance is None or not len(values):
        return data.chance
    both = np.append(values, data.chance)
    least = _LEAST_SPAN * float(np.abs(values).max())
    if data.log and both.min() > 0:
        values, both, least = np.log(values), np.log(both), _LEAST_SPAN
    is_near = np.ptp(both) <= max(_MOST_FLATTENED * float(np.ptp(values)), least)
    return data.chance if is_near else None


def chance_label(data: CurvePlotData) -> str:
    """What the line at chance level is called."""
    assert data.chance is not None
    value = f"{100 * data.chance:.1f} %" if data.percent else format_value(data.chance)
    return f"chance: {value}"


def draw_measured(
    data: CurvePlotData, axes: Axes, color: str = BLUE, dashes: str = "-", label: str | None = None
) -> None:
    """Draw a dot per run, and the mean over seeds as a line."""
    label = measured_label(data) if label is None else label
    axes.plot(data.samples, data.values, "o", ms=3, color=color, alpha=0.45, mew=0)
    axes.plot(data.sizes, data.mean, ls=dashes, color=color, lw=1.4, label=label)


def finish(data: CurvePlotData, axes: Axes) -> None:
    """Set scales, labels and legend of a curve's axes."""
    if not np.isfinite(data.values).any():
        # All runs diverged: nothing is drawn from which a log axis could take its limits.
        axes.set_xlim(data.sizes[0] / 2, data.sizes[-1] * 2)
    axes.set(
        xscale="log",
        yscale="log" if data.log else "linear",
        xlabel=f"training {data.counted}",
        ylabel=data.label,
    )
    give_title(axes, data.title)
    label_log_axes(axes, 100.0 if data.percent else 1.0)
    tidy(axes)
    # The legend is nearly opaque, because lines may run behind it.
    axes.legend(framealpha=0.85, edgecolor="none", labelspacing=0.25, borderpad=0.2, fontsize=7.5)
