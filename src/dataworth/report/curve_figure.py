"""The picture of a learning curve: numbers first, then matplotlib draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dataworth.curve import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#5f6368"
_NAMES = {
    "loss": "held-out loss (nats)",
    "accuracy": "held-out accuracy",
    "macro_f1": "held-out macro F1",
    "brier": "held-out Brier score",
    "ece": "expected calibration error",
    "train_loss": "training loss (nats)",
}


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
        chance=curve.chance,
        label=_NAMES.get(curve.metric, curve.metric),
        name=curve.name,
    )


def draw_curve(figure: CurveFigure, axes: Axes | None = None) -> Axes:
    """Draw a curve on log-log axes.

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
    axes.plot(figure.samples, figure.values, "o", ms=3.5, color=_BLUE, alpha=0.45, mew=0)
    axes.plot(figure.sizes, figure.mean, "-", color=_BLUE, lw=1.6, label="mean over seeds")
    if (figure.upper > figure.lower).any():
        axes.fill_between(
            figure.sizes,
            np.maximum(figure.lower, np.abs(figure.mean) * 1e-3),
            figure.upper,
            color=_BLUE,
            alpha=0.18,
            lw=0,
            label="± 1 standard deviation",
        )
    if figure.chance is not None:
        text = f"chance, ln C = {figure.chance:.2f}"
        axes.axhline(figure.chance, color=_GREY, ls="--", lw=1, label=text)
    positive = bool((figure.values > 0).all())
    axes.set(
        xscale="log",
        yscale="log" if positive else "linear",
        xlabel="training samples",
        ylabel=figure.label,
    )
    label_log_axes(axes)
    axes.grid(visible=True, which="major", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return axes


def new_axes() -> Axes:
    """Axes of one column's width of a paper, made without touching pyplot's global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 3.1), dpi=200, layout="constrained")
    return figure.subplots()


def label_log_axes(axes: Axes) -> None:
    """Write plain numbers on log axes: 30K rather than 3 x 10^4, and 0.5 rather than 5 x 10^-1."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    low, high = sorted(axes.get_ylim())
    if axes.get_yscale() == "log" and low > 0:
        decades = np.log10(high / low)
        subs: tuple[float, ...] = (1, 2, 5) if decades < 2.5 else (1,)
        if decades < 0.6:
            subs = (1, 1.5, 2, 3, 4, 5, 6, 8)
        axes.yaxis.set_major_locator(LogLocator(subs=subs))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    left, right = axes.get_xlim()
    across: tuple[float, ...] = (1, 3) if np.log10(right / left) < 3.5 else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=across))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(short_count))


def short_count(value: float, _: Any = None) -> str:
    """A number of samples in few characters: 900, 27K, 1.5M."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if value >= unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"
