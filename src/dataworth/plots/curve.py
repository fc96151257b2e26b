"""The picture of a learning curve: numbers first, then matplotlib draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve
from dataworth.plots.style import BLUE, GREY, label_log_axes, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class CurveFigure:
    """The numbers of the picture.

    Attributes
    ----------
    samples, values : ndarray, shape (n_runs,)
        One point per run.
    sizes, mean, lower, upper : ndarray, shape (n_sizes,)
        Mean over seeds, and mean minus and plus one standard deviation.
    chance : float or None
        The level of guessing, if the metric has one and it is known.
    log : bool
        Whether the vertical axis is logarithmic: for positive metrics that improve by falling.
    label : str
        What the vertical axis says.
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


def curve_figure(curve: Curve) -> CurveFigure:
    """The numbers of a curve's picture."""
    points = curve.summary()
    mean = np.array([point.mean for point in points])
    spread = np.nan_to_num(np.array([point.std for point in points]))
    return CurveFigure(
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


def draw_curve(figure: CurveFigure, axes: Axes | None = None) -> Axes:
    """Draw a curve, the number of samples on a log axis.

    Parameters
    ----------
    figure : CurveFigure
    axes : matplotlib.axes.Axes, optional
        Where to draw; a new figure of one column's width otherwise.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes() if axes is None else axes
    draw_measured(figure, axes)
    if (figure.upper > figure.lower).any():
        axes.fill_between(
            figure.sizes,
            np.maximum(figure.lower, np.abs(figure.mean) * 1e-3),
            figure.upper,
            color=BLUE,
            alpha=0.18,
            lw=0,
            label="± 1 standard deviation",
        )
    if figure.chance is not None:
        text = f"chance: {figure.chance:.2f}"
        axes.axhline(figure.chance, color=GREY, ls="--", lw=1, label=text)
    finish(figure, axes)
    return axes


def draw_measured(figure: CurveFigure, axes: Axes) -> None:
    """Draw a dot per run, and the mean over seeds as a line."""
    label = "mean over seeds" if len(figure.samples) > len(figure.sizes) else "measured"
    axes.plot(figure.samples, figure.values, "o", ms=3, color=BLUE, alpha=0.45, mew=0)
    axes.plot(figure.sizes, figure.mean, "-", color=BLUE, lw=1.4, label=label)


def finish(figure: CurveFigure, axes: Axes) -> None:
    """Set scales, labels and legend of a curve's axes."""
    if not np.isfinite(figure.values).any():
        # All runs diverged: nothing is drawn that a log axis could find its limits from.
        axes.set_xlim(figure.sizes[0] / 2, figure.sizes[-1] * 2)
    axes.set(
        xscale="log",
        yscale="log" if figure.log else "linear",
        xlabel="training samples",
        ylabel=figure.label,
    )
    label_log_axes(axes)
    tidy(axes)
    # Lines run behind the legend where there is no place without them.
    axes.legend(framealpha=0.85, edgecolor="none", labelspacing=0.25, borderpad=0.2, fontsize=7.5)
