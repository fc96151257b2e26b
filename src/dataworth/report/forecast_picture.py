"""Writing a forecast's picture to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataworth.option_checks import picture_file
from dataworth.report.forecast_figure import draw_forecast, forecast_figure
from dataworth.whole_file import picture, write_whole

if TYPE_CHECKING:
    from dataworth.laws import Forecast


def write_forecast_picture(
    forecast: Forecast,
    out: str | os.PathLike[str],
    *,
    sizes: Sequence[float] = (),
    targets: Sequence[float] = (),
) -> Path:
    """Draw a forecast into a PNG, SVG or PDF file, by its name's ending.

    Parameters
    ----------
    forecast : Forecast
    out : path
        The file; an old one is replaced once the new one is whole.
    sizes, targets : sequence of float
        See `forecast_figure`.

    Raises
    ------
    StudyError
        If the ending is none of these, or the file cannot be written.
    """
    path = picture_file(Path(out))
    axes = draw_forecast(forecast_figure(forecast, sizes=sizes, targets=targets))
    content = picture(axes, path.suffix[1:].lower())
    return write_whole(path, content, "Choose another place with --out.")
