"""Plot of how an interval narrowed while a plan spent its budget: its numbers, and the SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.plots.style import BLUE, COLORS, ORANGE
from dataworth.plots.svg import SvgPlot


@dataclass(frozen=True, eq=False)
class NarrowingPlotData:
    """The numbers of the plot.

    Attributes
    ----------
    costs, widths : mapping of str to ndarray, shape (n,)
        By model: what all runs had cost, and half the width of the interval then, as a share of
        the loss.
    goal : float or None
        The width that is wanted, if it is one.
    label : str
        Of the cost, with its unit.
    """

    costs: Mapping[str, NDArray[np.float64]]
    widths: Mapping[str, NDArray[np.float64]]
    goal: float | None
    label: str


def narrowing_svg(data: NarrowingPlotData) -> str:
    """The picture as SVG: a line for each model, both axes logarithmic."""
    plot = SvgPlot("", data.label, "interval: within % of the loss", log=True, scale=100.0)
    alone = len(data.widths) == 1
    for index, (name, widths) in enumerate(data.widths.items()):
        color = BLUE if alone else COLORS[index % len(COLORS)]
        plot.dots(data.costs[name], widths, color)
        plot.line(data.costs[name], widths, color, "", "interval" if alone else name)
    if data.goal is not None:
        plot.level(data.goal, ORANGE, "2 4", f"goal: {100 * data.goal:.3g} %")
    return plot.text()
