"""Plot of the error of every class against the number of training samples."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth._util.printable import short_name
from dataworth.errors import StudyError
from dataworth.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SKY,
    axes_to_show,
    label_log_axes,
    new_axes,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dataworth.records.record import Record

Floats = NDArray[np.float64]
_DRAWN = 1_000
"""Number of classes that have a line at most."""
MOST = 100
"""Number of classes that a page lists at most."""


class Confused(NamedTuple):
    """A pair of classes that the model confuses."""

    true: int
    predicted: int
    samples: float
    """Held-out samples of `true` classified as `predicted`, mean over seeds."""
    share: float
    """`samples` as a share of the class's held-out samples."""


@dataclass(frozen=True, eq=False)
class ClassPlotData:
    """The numbers of the plot; errors and losses are means over seeds.

    Attributes
    ----------
    names : tuple of str
        One per class.
    sizes : ndarray of int64, shape (n_sizes,)
    errors, losses : ndarray, shape (n_classes, n_sizes)
        Share misclassified, and cross-entropy in nats; NaN for a class without samples.
    gain : ndarray, shape (n_classes,)
        Fall of the error of each class when the training samples double: minus the least squares
        slope of the error against log2(size) over the last three sizes.
    confused : tuple of Confused
        The most frequent confusions at the largest size, most frequent first.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    errors: Floats
    losses: Floats
    gain: Floats
    confused: tuple[Confused, ...]

    @property
    def listed(self) -> list[int]:
        """The classes that a page lists: the `MOST` of highest error, the highest first."""
        return [int(index) for index in self.worst(MOST) if self.errors[index, -1] >= 0]

    @property
    def pictured(self) -> list[int]:
        """The classes whose images a page shows: those listed, and those in `confused`."""
        pairs = (index for pair in self.confused for index in (pair.true, pair.predicted))
        return list(dict.fromkeys([*self.listed, *pairs]))

    def worst(self, count: int) -> NDArray[np.int64]:
        """The classes with the highest error at the largest size, highest first."""
        last = np.nan_to_num(self.errors[:, -1], nan=-1.0)
        return np.argsort(-last, kind="stable")[:count]


def class_plot_data(
    records: Sequence[Record], names: Sequence[str], *, pairs: int = 12
) -> ClassPlotData:
    """Compute the numbers of the plot of classes.

    Parameters
    ----------
    records : sequence of Record
        The runs of one study, at least one, with their arrays (`Store.records`).
    names : sequence of str
        The classes.
    pairs : int
        Number of confused pairs to return at most.
    """
    groups: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.key.size].append(record)
    sizes = sorted(groups)
    classes = len(names)
    losses = [_stacked(groups[size], "class_losses", (classes,)) for size in sizes]
    if all("class_errors" in record.arrays for record in records):
        # Of so many classes, confusions are not counted.
        of_runs = [_stacked(groups[size], "class_errors", (classes,)) for size in sizes]
        confused: tuple[Confused, ...] = ()
    else:
        confusions = [_stacked(groups[size], "confusion", (classes, classes)) for size in sizes]
        of_runs = [_errors(counts) for counts in confusions]
        confused = _most_confused(confusions[-1].mean(axis=0), pairs)
    errors = np.stack([each.mean(axis=0) for each in of_runs], axis=1)
    return ClassPlotData(
        names=tuple(name[:_LONGEST_NAME] for name in names),
        sizes=np.array(sizes, np.int64),
        errors=errors,
        losses=np.stack([each.mean(axis=0) for each in losses], axis=1),
        gain=_gain(np.array(sizes), errors),
        confused=confused,
    )


def _stacked(records: Sequence[Record], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of each of several runs, shape (n_runs, *shape).

    Raises
    ------
    StudyError
        If a run has none, or one of another shape.
    """
    arrays = [record.arrays.get(name) for record in records]
    for record, array in zip(records, arrays, strict=True):
        found = None if array is None else array.shape
        if found != shape:
            raise StudyError(
                f"size {record.key.size:,}, seed {record.key.seed}: its array {name!r} has the "
                f"shape {found}; expected {shape}, one row for each name in 'class_names'.",
                code="entry-invalid",
                entry="class_names",
            )
    return np.stack([array for array in arrays if array is not None])


def _errors(confusion: NDArray[np.int64]) -> Floats:
    """Share of each true class's samples that are misclassified; NaN without samples."""
    total = confusion.sum(axis=-1)
    right = np.full(total.shape, np.nan)
    np.divide(np.diagonal(confusion, axis1=-2, axis2=-1), total, out=right, where=total > 0)
    return 1.0 - right


def _gain(sizes: NDArray[np.int64], errors: Floats) -> Floats:
    if len(sizes) < 2:
        return np.full(len(errors), np.nan)
    x = np.log2(sizes[-3:].astype(np.float64))
    x -= x.mean()
    return np.asarray(-(errors[:, -len(x) :] @ x) / (x @ x))


def _most_confused(confusion: Floats, pairs: int) -> tuple[Confused, ...]:
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:pairs]
    total = confusion.sum(axis=1)
    found = []
    for flat in order:
        true, predicted = divmod(int(flat), wrong.shape[1])
        count = float(wrong[true, predicted])
        if count > 0:
            found.append(Confused(true, predicted, count, count / float(total[true])))
    return tuple(found)


_LONGEST_NAME = 4_000
"""Characters of a name; plots and tables show fewer of them."""
_NAMED = (ORANGE, BLUE, GREEN, PINK, SKY)
_GAP = 0.055


def plot_classes(directory: str | os.PathLike[str], axes: Axes | None = None) -> Axes:
    """Plot the error of each class of a run directory; see `draw_classes`.

    Raises
    ------
    StudyError
        If the directory has no finished run.
    """
    from dataworth.records.store import Store  # slow to import, and most plots read none

    with Store(Path(directory)) as store:
        records, names = store.records(arrays=True), store.require("class_names", list[str])
    data = class_plot_data(records, names)
    return draw_classes(data, axes_to_show(axes))


def draw_classes(data: ClassPlotData, axes: Axes | None = None) -> Axes:
    """Plot a line per class; the five with the highest error are coloured and labelled.

    Parameters
    ----------
    data : ClassPlotData
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure of one column's width.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes() if axes is None else axes
    worst = data.worst(len(_NAMED)).tolist()
    for index in data.worst(_DRAWN).tolist():
        if index not in worst:
            axes.plot(data.sizes, data.errors[index], color=GREY, alpha=0.3, lw=0.7)
    top = min(1.0, 1.05 * float(np.nanmax(data.errors))) or 1.0
    heights = _apart([float(data.errors[index, -1]) for index in worst], top * _GAP)
    for index, colour, height in zip(worst, _NAMED, heights, strict=False):
        axes.plot(data.sizes, data.errors[index], color=colour, lw=1.6)
        name = short_name(data.names[index]).replace("$", r"\$")
        place = (1.02, height / top)
        axes.annotate(name, place, xycoords="axes fraction", color=colour, fontsize=8, va="center")
    axes.set(xscale="log", xlabel="training samples", ylabel="share misclassified", ylim=(0, top))
    axes.set_xlim(right=float(data.sizes[-1]))
    label_log_axes(axes)
    tidy(axes)
    return axes


def _apart(heights: list[float], gap: float) -> list[float]:
    """Move heights, given in falling order, down until all are at least `gap` apart."""
    placed: list[float] = []
    for height in heights:
        placed.append(min(height, placed[-1] - gap) if placed else height)
    return placed
