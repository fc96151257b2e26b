"""Drawing classes: every class's error against the number of samples, the worst by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dataworth.report.class_figure import ClassFigure, class_figure
from dataworth.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SKY,
    label_log_axes,
    new_axes,
    tidy,
)
from dataworth.store import Store

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = (ORANGE, BLUE, GREEN, PINK, SKY)
_GAP = 0.055


def plot_classes(directory: str | os.PathLike[str], axes: Axes | None = None) -> Axes:
    """Draw the error of each class of a run directory; see `draw_classes`.

    Raises
    ------
    StudyError
        If the directory holds no finished run.
    """
    with Store(Path(directory)) as store:
        return draw_classes(class_figure(store.records(), store.meta()["class_names"]), axes)


def draw_classes(figure: ClassFigure, axes: Axes | None = None) -> Axes:
    """Draw a line per class; the five with the highest error are coloured and named.

    Parameters
    ----------
    figure : ClassFigure
    axes : matplotlib.axes.Axes, optional
        Where to draw; a new figure of one column's width otherwise.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes() if axes is None else axes
    worst = figure.worst(len(_NAMED)).tolist()
    for index in range(len(figure.names)):
        if index not in worst:
            axes.plot(figure.sizes, figure.errors[index], color=GREY, alpha=0.3, lw=0.7)
    top = min(1.0, 1.05 * float(np.nanmax(figure.errors))) or 1.0
    heights = _apart([float(figure.errors[index, -1]) for index in worst], top * _GAP)
    for index, colour, height in zip(worst, _NAMED, heights, strict=False):
        axes.plot(figure.sizes, figure.errors[index], color=colour, lw=1.6)
        name = figure.names[index].replace("$", r"\$")
        place = (1.02, height / top)
        axes.annotate(name, place, xycoords="axes fraction", color=colour, fontsize=8, va="center")
    axes.set(xscale="log", xlabel="training samples", ylabel="share misclassified", ylim=(0, top))
    axes.set_xlim(right=float(figure.sizes[-1]))
    label_log_axes(axes)
    tidy(axes)
    return axes


def _apart(heights: list[float], gap: float) -> list[float]:
    """Falling heights, moved down where two are closer than a line of text."""
    placed: list[float] = []
    for height in heights:
        placed.append(min(height, placed[-1] - gap) if placed else height)
    return placed
