"""Writing a forecast's picture to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataworth.errors import StudyError
from dataworth.report.forecast_figure import draw_forecast, forecast_figure
from dataworth.whole_file import picture, write_whole

if TYPE_CHECKING:
    from dataworth.laws import Forecast

_FORMATS = (".png", ".svg", ".pdf")


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
    path = Path(out)
    if path.suffix.lower() not in _FORMATS:
        raise StudyError(f"{path}: expected a name that ends in {', '.join(_FORMATS)}.")
    axes = draw_forecast(forecast_figure(forecast, sizes=sizes, targets=targets))
    content = picture(axes, path.suffix[1:].lower())
    return write_whole(path, content, "Choose another place with --out.")
