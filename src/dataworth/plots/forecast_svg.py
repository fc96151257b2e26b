"""The plots of curves and forecasts as SVG, from the numbers that Matplotlib's plots show too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle

from dataworth.metrics.labels import format_exact
from dataworth.plots.curve import (
    CurvePlotData,
    bands_title,
    chance_label,
    measured_label,
    shared_title,
    shown_chance,
)
from dataworth.plots.forecast import ForecastPlotData, lowest_in_view
from dataworth.plots.style import BLUE, COLORS, GREEN, GREY, ORANGE, PINK
from dataworth.plots.svg import SvgPlot

_DASHES = ("", "7 4", "2 4")
_FORECAST = "7 5"
_TARGETS = (ORANGE, GREEN, PINK)
_TARGET_DASHES = ("2 4", "8 4 2 4", "8 3 2 3 2 3", "1 6")
"""Four dashes and three colours have no common divisor, so the first twelve targets differ."""


def curves_svg(curves: Sequence[CurvePlotData]) -> str:
    """One curve, or several on the same axes: every run, and the mean over seeds.

    Parameters
    ----------
    curves : sequence of CurvePlotData
        At least one; all of one metric.
    """
    plot = _new_plot(shared_title(curves), curves)
    for data, color, dash in _styled(curves):
        label = data.name if len(curves) > 1 else measured_label(data)
        plot.dots(data.samples, data.values, color)
        plot.line(data.sizes, data.mean, color, dash, label)
    chance = shown_chance(curves[0]) if len(curves) == 1 else None
    if chance is not None:
        plot.level(chance, GREY, _FORECAST, chance_label(curves[0]))
    return plot.text()


def forecasts_svg(several: Sequence[ForecastPlotData]) -> str:
    """One forecast with its bands and targets, or several, each with its 90 % band.

    Parameters
    ----------
    several : sequence of ForecastPlotData
        At least one; all of one metric.
    """
    curves = [data.curve for data in several]
    plot = _new_plot(bands_title(curves), curves)
    alone = len(several) == 1
    for data, (curve, color, dash) in zip(several, _styled(curves), strict=True):
        low, low_half, median, high_half, high = data.quantiles
        plot.band(data.sizes, low, high, color, 0.16, "90 %" if alone else "")
        if alone:
            plot.band(data.sizes, low_half, high_half, color, 0.34, "50 %")
        plot.dots(curve.samples, curve.values, color)
        label = measured_label(curve) if alone else curve.name
        plot.line(curve.sizes, curve.mean, color, dash, label)
        plot.line(data.sizes, median, color, _FORECAST, "forecast, median" if alone else "")
    plot.border(max(float(data.sizes[0]) for data in several), "measured", "forecast")
    if alone:
        _levels(plot, several[0])
    return plot.text(lowest_in_view(several) if plot.log else -math.inf)


def _levels(plot: SvgPlot, data: ForecastPlotData) -> None:
    """The targets, and chance where it is near."""
    for target, color, dash in zip(
        data.targets, cycle(_TARGETS), cycle(_TARGET_DASHES), strict=False
    ):
        text = f"{format_exact(100 * target)} %" if data.curve.percent else format_exact(target)
        plot.level(target, color, dash, f"target: {text}")
    chance = shown_chance(data.curve)
    if chance is not None:
        plot.level(chance, GREY, _FORECAST, chance_label(data.curve))


def _new_plot(title: str, curves: Sequence[CurvePlotData]) -> SvgPlot:
    first = curves[0]
    return SvgPlot(
        title,
        f"training {first.counted}",
        first.label,
        log=all(curve.log for curve in curves),
        scale=100.0 if first.percent else 1.0,
    )


def _styled(curves: Sequence[CurvePlotData]) -> list[tuple[CurvePlotData, str, str]]:
    """Each curve with its colour and dashes."""
    if len(curves) == 1:
        return [(curves[0], BLUE, "")]
    return [
        (curve, COLORS[index % len(COLORS)], _DASHES[index // len(COLORS) % len(_DASHES)])
        for index, curve in enumerate(curves)
    ]
