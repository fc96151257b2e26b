"""Dataset: features, targets, an optional official held-out split, and a fingerprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util import display
from dataworth.data.base import RowNumbers
from dataworth.data.columns import column_of_rows
from dataworth.data.fingerprint import fingerprint
from dataworth.errors import DataError
from dataworth.tasks.base import Task
from dataworth.tasks.prepare import prepare

if TYPE_CHECKING:
    from dataworth._util.display import Axes


class Schema(NamedTuple):
    """The form of one sample's features."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples with targets, and held-out samples where the source has an official split.

    Parameters
    ----------
    x : ndarray, shape (n, ...)
        Features of the samples that may be trained on. ``uint8`` images stay ``uint8`` (they may be
        memory-mapped); anything else becomes ``float32``.
    y : array_like, shape (n,) or (n, n_classes)
        Targets. Of classes: integers, strings, or one-hot rows, stored as class indices,
        ``int64``; of regression: numbers, stored as ``float64``.
    x_test, y_test : optional
        The official held-out split. Without one, a study holds out rows of `x`.
    task : {"classification", "regression"} or Task, optional
        What is predicted: classes by default. Numbers that look like a quantity (more than 26
        distinct ones with fewer than 2 rows each on average, or more than 64 with fewer than 20)
        are refused unless the task is given.
    groups : array_like, shape (n,), optional
        What each sample comes from, such as a customer or a writer. Whole groups are held out.
    time : array_like, shape (n,), optional
        When each sample was recorded: numbers, times, or text that sorts by time. The latest
        samples are held out.
    class_names : sequence of str, optional
        One name per class; integer labels are then class indices. Without it, the classes are the
        labels that occur, sorted.
    name : str
        What tables and pictures call the data.
    scale : float, optional
        What a learner multiplies the features by while it reads them; 1/255 for ``uint8``
        features unless given, else 1.
    source : mapping, optional
        Where the data come from (JSON values); stored in the run directory.
    known_fingerprint : str, optional
        The fingerprint, where a source has it from its cache and need not read the data again.

    Attributes
    ----------
    task : Task
        What is predicted; a `Classification` has the names of the classes.

    Raises
    ------
    DataError
        If lengths or shapes disagree, a target is missing or does not fit the task, or a feature
        is not finite.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    x_test: NDArray[Any] | None
    y_test: NDArray[Any] | None
    task: Task
    groups: NDArray[Any] | None
    time: NDArray[Any] | None
    name: str
    scale: float
    source: Mapping[str, Any]
    known_fingerprint: str | None

    def __init__(
        self,
        x: ArrayLike,
        y: ArrayLike,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        *,
        task: Task | str | None = None,
        groups: ArrayLike | None = None,
        time: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        name: str = "custom",
        scale: float | None = None,
        source: Mapping[str, Any] | None = None,
        known_fingerprint: str | None = None,
    ) -> None:
        if (x_test is None) != (y_test is None):
            given, missing = ("y_test", "x_test") if x_test is None else ("x_test", "y_test")
            raise DataError(
                f"{given} was given without {missing}; give both, or neither.",
                code="option-missing",
            )
        features = _features(x, "x")
        held_features = None if x_test is None else _features(x_test, "x_test")
        if held_features is not None and held_features.shape[1:] != features.shape[1:]:
            raise DataError(
                f"x holds samples of shape {features.shape[1:]} and x_test of shape "
                f"{held_features.shape[1:]}; both must be the same.",
                code="shape-mismatch",
            )
        found, targets, held_targets = prepare(task, y, y_test, class_names)
        _check_lengths(features, targets, "")
        if held_features is not None and held_targets is not None:
            _check_lengths(held_features, held_targets, "_test")
        if scale is None:
            scale = 1.0 / 255.0 if features.dtype == np.uint8 else 1.0
        values = {
            "x": features,
            "y": targets,
            "x_test": held_features,
            "y_test": held_targets,
            "task": found,
            "groups": column_of_rows(groups, "groups", len(features)),
            "time": column_of_rows(time, "time", len(features)),
            "name": name,
            "scale": float(scale),
            "source": dict(source or {}),
            "known_fingerprint": known_fingerprint,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def samples(self) -> int:
        """Number of samples that may be trained on or held out (rows of `x`)."""
        return len(self.x)

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name per class index; empty where the task has no classes."""
        return tuple(getattr(self.task, "class_names", ()))

    @property
    def classes(self) -> int:
        """Number of classes; 0 where the task has none."""
        return len(self.class_names)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample's features."""
        return tuple(self.x.shape[1:])

    @property
    def schema(self) -> Schema:
        """Shape and dtype of one sample's features."""
        return Schema(self.shape, self.x.dtype)

    @property
    def strata(self) -> NDArray[np.int64] | None:
        """A class index for each row, by which subsets are stratified; None for none."""
        return self.task.strata(self.y)

    def take(self, rows: RowNumbers) -> tuple[NDArray[Any], NDArray[Any]]:
        """Features and encoded targets of `rows`; the arrays themselves if these are all rows."""
        if len(rows) == len(self) and np.array_equal(rows, np.arange(len(self))):
            return self.x, self.y
        return self.x[rows], self.y[rows]

    def targets(self, rows: RowNumbers) -> NDArray[Any]:
        """Encoded targets of `rows`, without a look at the features."""
        return self.y[rows]

    @cached_property
    def official_test(self) -> Dataset | None:
        """The official held-out samples as a data set, where the source has them."""
        if self.x_test is None or self.y_test is None:
            return None
        # The arrays were checked when this data set was made.
        test = object.__new__(Dataset)
        without = dict.fromkeys(("x_test", "y_test", "groups", "time", "known_fingerprint"))
        own = {name: getattr(self, name) for name in ("task", "name", "scale", "source")}
        vars(test).update({"x": self.x_test, "y": self.y_test} | without | own)
        return test

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits (SHA-256) of all arrays, the class names and the scale."""
        if self.known_fingerprint is not None:
            return self.known_fingerprint
        arrays = {
            name: getattr(self, name) for name in ("x", "y", "x_test", "y_test", "groups", "time")
        }
        # Without a column beside the samples, these are the digits of every version so far.
        columns = [name for name in ("groups", "time") if arrays[name] is not None]
        return fingerprint((*self.class_names, *columns), self.scale, arrays)

    def __repr__(self) -> str:
        held_out = "none" if self.x_test is None else f"{len(self.x_test):,}"
        classes = f"classes={self.classes}" if self.classes else f"task={self.task.kind!r}"
        return (
            f"Dataset({self.name!r}, samples={self.samples:,}, shape={self.shape}, "
            f"dtype={self.x.dtype}, {classes}, official held-out={held_out})"
        )

    def plot_images(self, axes: Axes | None = None) -> Axes:
        """Draw a few images of each class, on the given axes or on a new figure."""
        drawn: Axes = display.draw(self, axes)
        return drawn

    def _repr_html_(self) -> str:
        return str(display.html(self))


def _check_lengths(x: NDArray[Any], y: NDArray[Any], which: str) -> None:
    if len(x) != len(y):
        raise DataError(
            f"x{which} has {len(x):,} samples and y{which} {len(y):,} targets; they must be as "
            "many. Were files of different splits put together?",
            code="length-mismatch",
        )


def _features(x: ArrayLike, which: str) -> NDArray[Any]:
    array = x if isinstance(x, np.ndarray) else np.asarray(x)
    if array.ndim < 2 or len(array) == 0:
        raise DataError(
            f"{which} has shape {array.shape}; expected (samples, ...) with at least one sample.",
            code="wrong-shape",
        )
    if array.dtype == np.uint8:
        return array
    try:
        features = np.asarray(array, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{which} holds something that is not a number: {error}.", code="not-numeric"
        ) from None
    finite = np.isfinite(features).reshape(len(features), -1).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise DataError(
            f"{which} holds NaN or infinity in {int((~finite).sum()):,} samples, the first in row "
            f"{row}; remove those samples or fill the gaps.",
            code="not-finite",
            row=row,
        )
    return features
