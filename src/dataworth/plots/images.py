"""Plot of a few sample images of each class."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dataworth._util import display
from dataworth._util.printable import short_name
from dataworth.errors import DataError
from dataworth.plots.style import axes_to_show, new_axes
from dataworth.records.store import Store

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SAMPLES, _ACROSS, _GAP = 4, 4, 0.35


class LabelledSamples(Protocol):
    """What is read of a data set whose samples are drawn; see `dataworth.Dataset`."""

    @property
    def x(self) -> NDArray[Any]:
        """Features, shape (n, ...)."""

    @property
    def y(self) -> NDArray[np.int64]:
        """Class indices, shape (n,)."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name per class."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample's features."""

    @property
    def scale(self) -> float | None:
        """What brings the features to 0 to 1."""

    @property
    def name(self) -> str:
        """What messages call the data."""


@dataclass(frozen=True, eq=False)
class ImagePlotData:
    """The images of the plot.

    Attributes
    ----------
    names : tuple of str
        One per class.
    images : ndarray of uint8, shape (n_classes, n_samples, height, width)
        Blank where a class has fewer samples.
    """

    names: tuple[str, ...]
    images: NDArray[np.uint8]


def image_plot_data(
    thing: LabelledSamples | str | os.PathLike[str], *, classes: int | None = None
) -> ImagePlotData:
    """Collect samples of each class of a data set, or those stored in a run directory.

    Parameters
    ----------
    thing : Dataset or path
        Anything with the attributes of `LabelledSamples`, or a run directory.
    classes : int, optional
        Use only this many classes, the first ones.

    Raises
    ------
    DataError
        If the samples are not images, or have no classes.
    StudyError
        If there is no run directory at that path.
    """
    if not isinstance(thing, str | os.PathLike):
        return ImagePlotData(thing.class_names[:classes], _samples(thing, classes))
    with Store(Path(thing)) as store:
        names, images = store.require("class_names", list[str]), store.array("sample_images")
    if images is None:
        raise DataError(f"{thing}: the samples of this study are not images.", code="not-images")
    return ImagePlotData(tuple(names[:classes]), images[:classes])


def _samples(dataset: LabelledSamples, classes: int | None) -> NDArray[np.uint8]:
    shape = dataset.shape[:2] if dataset.shape[2:] == (1,) else dataset.shape
    if len(shape) != 2:
        raise DataError(
            f"{dataset.name}: samples of shape {dataset.shape} are not images.", code="not-images"
        )
    if not dataset.class_names:
        raise DataError(
            f"{dataset.name}: the samples have no classes to be drawn by.", code="no-classes"
        )
    count = len(dataset.class_names[:classes])
    images = np.zeros((count, _SAMPLES, *shape), np.uint8)
    for index in range(count):
        rows = np.flatnonzero(dataset.y == index)[:_SAMPLES]
        shown = dataset.x[rows].reshape(-1, *shape) * (255.0 * (dataset.scale or 1.0))
        images[index, : len(rows)] = np.clip(shown, 0, 255)
    return images


def draw_images(data: ImagePlotData, axes: Axes | None = None) -> Axes:
    """Plot a few images of each class, dark on white, to the right of the name of the class.

    Parameters
    ----------
    data : ImagePlotData
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure of one column's width.

    Returns
    -------
    matplotlib.axes.Axes
    """
    classes = len(data.images)
    across, down, cell, samples = _layout(data)
    axes = new_axes(_size(data)) if axes is None else axes
    for index in range(classes):
        row, column = divmod(index, across)
        left, top = column * cell, row * 1.1
        name = short_name(data.names[index]).replace("$", r"\$")
        axes.text(left + 0.85, top + 0.5, name, ha="right", va="center", fontsize=7)
        strip = np.hstack(list(data.images[index]))
        place = (left + 1, left + 1 + samples, top + 1, top)
        axes.imshow(strip, cmap="gray_r", extent=place, vmin=0, vmax=255, interpolation="none")
    axes.set(xlim=(0, across * cell - _GAP), ylim=(down * 1.1, 0), aspect="equal")
    axes.set_axis_off()
    return axes


@display.draw.register("Dataset")
def plot_images(thing: LabelledSamples | str | os.PathLike[str], axes: Axes | None = None) -> Axes:
    """Plot a few images of each class of a data set or a run directory; see `draw_images`."""
    data = image_plot_data(thing)
    return draw_images(data, axes_to_show(axes, _size(data)))


def _layout(data: ImagePlotData) -> tuple[int, int, float, int]:
    """Classes in a row, rows, images from one class to the next, and images of a class."""
    classes, samples = data.images.shape[:2]
    across = min(_ACROSS, classes)
    return across, math.ceil(classes / across), samples + 1 + _GAP, samples


def _size(data: ImagePlotData) -> tuple[float, float]:
    """Width and height of a figure, in inches."""
    across, down, cell, _ = _layout(data)
    return 3.5, max(0.5, 3.5 * down * 1.1 / (across * cell))
