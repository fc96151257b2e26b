"""The pictures of a page that need no scripts: of each metric with a forecast, as SVG."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dataworth.plots.curve import curve_plot_data
from dataworth.plots.forecast import forecast_plot_data
from dataworth.plots.forecast_svg import curves_svg, forecasts_svg

if TYPE_CHECKING:
    from dataworth.report.study_report import RunReport


class Picture(NamedTuple):
    """One picture: its metric, and a ``data:`` address that holds the SVG."""

    metric: str
    label: str
    url: str


def pictures(reports: Sequence[RunReport], metrics: Sequence[str]) -> list[Picture]:
    """A picture of each metric that has a forecast in one of the runs, or else of the first.

    A run without a forecast is left out of a picture of forecasts.
    """
    wanted = [
        metric
        for metric in metrics
        if any(report.ahead[metric].forecast for report in reports if metric in report.ahead)
    ]
    return [_picture(reports, metric) for metric in wanted or metrics[:1]]


def _picture(reports: Sequence[RunReport], metric: str) -> Picture:
    forecasts = [
        forecast_plot_data(ahead.forecast)
        for ahead in (report.ahead.get(metric) for report in reports)
        if ahead is not None and ahead.forecast is not None
    ]
    if forecasts:
        svg = forecasts_svg(forecasts)
    else:
        svg = curves_svg([curve_plot_data(report.curve[metric]) for report in reports])
    code = base64.b64encode(svg.encode()).decode()
    label = reports[0].curve[metric].metric.title
    return Picture(metric, label, f"data:image/svg+xml;base64,{code}")
