"""What a notebook shows of a data set, a curve, a forecast, a comparison and findings."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dataworth._util import display
from dataworth.curves.curve import Curve
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.findings import Finding
from dataworth.forecast.compare import Comparison
from dataworth.forecast.forecast import Forecast
from dataworth.plots.curve import curve_plot_data, draw_curve
from dataworth.plots.forecast import (
    draw_forecast,
    draw_forecasts,
    forecast_plot_data,
    named_plot_data,
)
from dataworth.plots.images import ImagePlotData, draw_images, image_plot_data
from dataworth.report.page import rendered
from dataworth.report.sentences import (
    TIMES,
    best_in_words,
    crossings_in_words,
    headline,
    worth_in_words,
)
from dataworth.report.tables import measured_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_CLASSES = 16


@display.html.register("Dataset")
def dataset_html(dataset: Dataset) -> str:
    """Size, form, classes, and a few images of the first classes if the samples are images."""
    held_out = 0 if dataset.y_test is None else len(dataset.y_test)
    facts = {
        "samples": f"{dataset.samples:,}",
        "official held-out": f"{held_out:,}" if held_out else "none",
        "one sample": f"{' x '.join(map(str, dataset.shape))}, {dataset.sample_type}",
        **({"classes": f"{dataset.classes:,}"} if dataset.classes else {"task": dataset.task.kind}),
    }
    try:
        figure = image_plot_data(dataset, classes=_CLASSES)
    except DataError:
        return rendered("notebook.html", title=dataset.name, facts=facts)
    return rendered("notebook.html", title=dataset.name, facts=facts, picture=_images(figure))


@display.html.register("Curve")
def curve_html(curve: Curve) -> str:
    """The table and the picture of a curve."""
    picture = _png(draw_curve(curve_plot_data(curve)))
    return rendered(
        "notebook.html", title=curve.name or "curve", table=measured_table(curve), picture=picture
    )


@display.html.register("Forecast")
def forecast_html(forecast: Forecast) -> str:
    """The answer in one sentence, its warnings and its picture."""
    last = float(forecast.observations.sizes[-1])
    return rendered(
        "notebook.html",
        title=headline(forecast),
        notes=[note[:1].upper() + note[1:] for note in forecast.warnings_at([last * TIMES])],
        picture=_png(draw_forecast(forecast_plot_data(forecast))),
    )


@display.html.register("Comparison")
def comparison_html(comparison: Comparison) -> str:
    """Which model is the best, where they cross, what samples are worth, and the picture."""
    return rendered(
        "notebook.html",
        title=best_in_words(comparison, comparison.common),
        notes=[
            *crossings_in_words(comparison),
            *(
                worth_in_words(each, comparison.counted)
                for each in comparison.worth(comparison.common)
            ),
        ],
        picture=_png(draw_forecasts(named_plot_data(comparison.forecasts))),
    )


@display.html.register("Findings")
def findings_html(findings: Sequence[Finding]) -> str:
    """Findings, one after the other."""
    return rendered(
        "notebook.html",
        title=f"{len(findings)} finding{'' if len(findings) == 1 else 's'}",
        findings=findings,
    )


def _images(figure: ImagePlotData) -> str:
    return _png(draw_images(figure)) if np.any(figure.images) else ""


def _png(axes: Axes) -> str:
    """The figure of these axes as a ``data:`` address."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format="png", dpi=150)
        return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
