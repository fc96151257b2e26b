"""Style of all plots: colours, size, and tick labels.

The colours are those of Okabe and Ito 2008, which colour-blind readers can distinguish.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dataworth._util.extras import require
from dataworth._util.numbers import format_count_short, format_digits
from dataworth.metrics.labels import digits_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
COLORS = (BLUE, ORANGE, GREEN, PINK, SKY)
STYLES = ("-", "--", ":")
"""Of lines, where there are more curves than colours."""
GREY, LIGHT = "#5f6368", "#e3e3e3"
COLUMN = (3.5, 2.6)
"""Inches: one column of a paper in two columns."""
_TEXT, _TICKS = 9.0, 8.0
_TITLE_POINTS = 10.0
"""Room between the axes and their title."""
_COMPRESSION = 3
_SHORT = 0.3
"""A log axis of fewer decades gets the ticks of a linear one."""


def _ignore_settings_of_folder() -> None:
    """Take Matplotlib's defaults if its settings are from the current folder.

    That may be a run directory of another person. A program that uses pyplot has chosen the folder.
    """
    import matplotlib

    if "matplotlib.pyplot" in sys.modules:
        return
    if Path(matplotlib.matplotlib_fname()).resolve().parent == Path.cwd():
        matplotlib.rcdefaults()


def new_axes(size: tuple[float, float] = COLUMN) -> Axes:
    """Create axes of one column's width of a paper, without pyplot's global state."""
    require("matplotlib", "pictures")
    from matplotlib.figure import Figure

    _ignore_settings_of_folder()
    return _axes_of(Figure(figsize=size, dpi=300, layout="constrained"))


def axes_to_show(axes: Axes | None, size: tuple[float, float] = COLUMN) -> Axes:
    """The axes that are given, or new ones that a notebook shows at the end of the cell.

    A notebook shows the figures of pyplot, and those alone; elsewhere `new_axes` makes them.
    """
    if axes is not None:
        return axes
    require("matplotlib", "pictures")
    if "ipykernel" not in sys.modules:
        return new_axes(size)
    import matplotlib

    if "inline" not in matplotlib.get_backend():
        return new_axes(size)
    from matplotlib import pyplot

    return _axes_of(pyplot.figure(figsize=size, dpi=150, layout="constrained"))


def _axes_of(figure: Figure) -> Axes:
    axes = figure.subplots()
    axes.tick_params(labelsize=_TICKS)
    axes.xaxis.label.set_fontsize(_TEXT)
    axes.yaxis.label.set_fontsize(_TEXT)
    return axes


def tidy(axes: Axes) -> None:
    """Remove the top and right spines, and add a light grid."""
    axes.grid(visible=True, which="major", color=LIGHT, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def give_title(axes: Axes, text: str) -> None:
    """Write a title, as it is, above the axes and the words at their top; nothing for no text."""
    if text:
        shown = text.replace("$", r"\$")
        axes.set_title(shown, fontsize=_TICKS, loc="left", color=GREY, wrap=True, pad=_TITLE_POINTS)


def label_log_axes(axes: Axes, scale: float = 1.0) -> None:
    """Label log axes with plain numbers: 30K instead of 3 x 10^4, 0.5 instead of 5 x 10^-1.

    The vertical axis shows `scale` times its values, on a linear axis too: 100 for shares in per
    cent.
    """
    from matplotlib.ticker import (
        AutoLocator,
        FuncFormatter,
        LogLocator,
        NullLocator,
    )

    low, high = sorted(axes.get_ylim())
    if axes.get_yscale() == "log" and low > 0:
        # The ratio itself would overflow for ends that are 300 decades apart.
        decades = np.log10(high) - np.log10(low)
        subs: tuple[float, ...] = (1, 2, 5) if decades < 2.5 else (1,)
        if decades < 1.2:
            subs = (1, 1.5, 2, 3, 4, 5, 7)
        # So short a range contains hardly any number of one digit.
        short = decades < _SHORT
        axes.yaxis.set_major_locator(AutoLocator() if short else LogLocator(subs=subs))
        axes.yaxis.set_minor_locator(NullLocator())
        span = high - low
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: format_digits(scale * value, digits_for(value, span)))
        )
    elif scale != 1:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{scale * value:.6g}"))
    left, right = axes.get_xlim()
    across: tuple[float, ...] = (1, 3) if np.log10(right) - np.log10(left) < 3.5 else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=across))
    # Each tick takes time to lay out, and those between the labels say nothing.
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(format_count_short))


def image_bytes(axes: Axes, format: str = "png") -> bytes:
    """The figure that `axes` belong to, encoded as "png", "svg" or "pdf"."""
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes that were removed from their figure have no picture"
    with io.BytesIO() as buffer:
        if format == "png":
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from PIL import Image

            # Figure.savefig draws twice: the first time only to lay the axes out.
            canvas: Any = FigureCanvasAgg(figure)
            canvas.draw()
            # Opaque, and compressed fast: the file is a fifth larger than at the highest level.
            picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
            picture.save(buffer, "png", compress_level=_COMPRESSION, dpi=(figure.dpi, figure.dpi))
        else:
            from matplotlib import rc_context

            # The same figure is the same file: no date, and no random names of its parts.
            date = {"Date": None} if format == "svg" else {"CreationDate": None}
            with rc_context({"svg.hashsalt": "dataworth"}):
                figure.savefig(buffer, format=format, metadata=date)
        return buffer.getvalue()
