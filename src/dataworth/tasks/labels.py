"""From labels to class indices; and what a column of labels looked like when it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError, LabelError
from dataworth.tasks.missing import as_column, first_missing, without_objects

WHOLE_BELOW = 2**53
"""From here on, ``float64`` holds different whole numbers as one."""


def class_indices(
    y: ArrayLike,
    y_test: ArrayLike | None,
    class_names: Sequence[str] | None,
    *,
    numbers_are_classes: bool = False,
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, tuple[str, ...]]:
    """Class indices of training and held-out labels, and the name of each class.

    The classes are those that `class_names` names, else those that occur, sorted.

    Parameters
    ----------
    y, y_test : array_like, shape (n,) or (n, n_classes)
        Integers, strings, or one-hot rows. With `class_names`, integers are class indices.
    class_names : sequence of str, optional
        See `Dataset`.
    numbers_are_classes : bool
        Whether numbers that look like a quantity (see `looks_like_a_quantity`) are classes all
        the same.

    Returns
    -------
    (ndarray of int64, ndarray of int64 or None, tuple of str)

    Raises
    ------
    DataError
        If labels are not classes, or one is missing; the message names the row.
    LabelError
        If labels are numbers that look like a quantity, or texts that differ in most rows.
    """
    train = _flat_labels(y, "y")
    test = None if y_test is None else _flat_labels(y_test, "y_test")
    pooled = train if test is None else np.concatenate([train, test])
    if class_names is not None:
        names = tuple(map(str, class_names))
        indices = _indices_of_named(pooled, names)
    else:
        values, indices = np.unique(pooled, return_inverse=True)
        if not numbers_are_classes and _are_identifiers(pooled, len(values)):
            raise LabelError(
                f"{len(values):,} distinct texts in {len(pooled):,} rows, such as "
                f"{str(values[0])!r}, look like names of rows or free text, not like classes. Name "
                "another column; if they are quantities, write them as numbers; if each text is a "
                'class, say --task classification (task="classification" in Python).',
                code="target-unclear",
                labels=pooled,
            )
        if not numbers_are_classes and looks_like_a_quantity(pooled, len(values)):
            raise LabelError(
                f"{len(values):,} distinct numbers in {len(pooled):,} rows look like a quantity. "
                'If they are one, say --task regression (task="regression" in Python); if each '
                'number is a class, --task classification (task="classification").',
                code="target-unclear",
                labels=pooled,
            )
        names = tuple(str(value) for value in values)
    indices = indices.astype(np.int64)
    return indices[: len(train)], None if test is None else indices[len(train) :], names


def looks_like_a_quantity(labels: NDArray[Any], distinct: int) -> bool:
    """Whether labels are rather measurements or counts than classes.

    They are if they are numbers, and either more than 26 are distinct with fewer than 2 rows each
    on average, or more than 64 with fewer than 20. Data of so many classes have more rows of each.
    """
    return labels.dtype.kind in "iuf" and any(
        distinct > few and len(labels) < rows * distinct for few, rows in _QUANTITIES
    )


def _are_identifiers(labels: NDArray[Any], distinct: int) -> bool:
    """Whether labels are texts that hardly ever come twice."""
    few, rows = _QUANTITIES[0]
    return labels.dtype.kind in "US" and distinct > few and len(labels) < rows * distinct


_QUANTITIES = ((26, 2), (64, 20))
"""From more distinct numbers than the first on, classes have at least so many rows each."""


def _indices_of_named(labels: NDArray[Any], names: tuple[str, ...]) -> NDArray[np.int64]:
    if labels.dtype.kind in "iu":
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= len(names):
            raise DataError(
                f"labels run from {low} to {high}, and {len(names)} class names were given; labels "
                f"must be class indices 0..{len(names) - 1}.",
                code="label-not-a-class",
            )
        return labels.astype(np.int64)
    values, indices = np.unique(labels, return_inverse=True)
    occurring = [str(value) for value in values]
    unknown = sorted(set(occurring) - set(names))
    if unknown:
        raise DataError(
            f"labels {unknown[:5]} are not among the class names given.", code="label-not-a-class"
        )
    order = {name: index for index, name in enumerate(names)}
    return np.array([order[name] for name in occurring])[indices]


def _flat_labels(y: ArrayLike, which: str) -> NDArray[Any]:
    labels = as_column(y, which)
    if labels.ndim == 0:
        raise DataError(
            f"{which} is a {type(y).__name__}; expected a list or an array with one label per "
            "sample.",
            code="shape-mismatch",
        )
    error = label_error(labels, lambda row: f"{which}, row {row}")
    if error is not None:
        raise error
    labels = without_objects(labels)
    if _is_wide(labels):
        return np.asarray(labels.argmax(axis=1))
    labels = labels.reshape(-1) if labels.ndim == 2 else labels
    if labels.ndim != 1 or len(labels) == 0:
        raise DataError(
            f"{which} has shape {labels.shape}; expected one label per sample.",
            code="shape-mismatch",
        )
    return labels.astype(np.int64) if labels.dtype.kind in "bf" else labels


def label_error(labels: NDArray[Any], place: Callable[[int], str]) -> DataError | None:
    """The error for the first label that is not a class.

    That is a missing one, a fraction, or a row that is not one-hot.

    Parameters
    ----------
    labels : ndarray, shape (n,) or (n, n_classes)
    place : callable
        What the error calls a row, given its index from 0.

    Returns
    -------
    DataError or None
        None if nothing is wrong.
    """
    missing = first_missing(labels) if labels.ndim else None
    if missing is not None:
        return DataError(
            f"{place(missing)}: the label is missing. Give it a class, or remove the row.",
            code="value-missing",
        )
    strange = _strange(labels)
    if strange is not None:
        kind = type(labels[strange]).__name__
        return DataError(
            f"{place(strange)}: the label is a {kind}; expected a number or a text, the class of "
            'the sample. Of several classes each, give a matrix of 0 and 1 and task="multilabel".',
            code="wrong-type",
            row=strange,
        )
    labels = without_objects(labels)
    if _is_wide(labels):
        one_hot = (labels.sum(axis=1) == 1) & ((labels == 0) | (labels == 1)).all(axis=1)
        if one_hot.all():
            return None
        row = int(np.flatnonzero(~one_hot)[0])
        shape = labels.shape
        return DataError(
            f"{place(row)} is not one-hot (one 1, else 0), and the labels have shape {shape}.",
            code="label-not-a-class",
            row=row,
        )
    if labels.dtype.kind != "f" or labels.ndim not in (1, 2):
        return None
    labels = labels.reshape(-1).astype(np.float64)
    whole = np.isfinite(labels) & (labels == np.round(labels)) & (abs(labels) < WHOLE_BELOW)
    if whole.all():
        return None
    row = int(np.flatnonzero(~whole)[0])
    label = float(labels[row])
    limit = " below 2**53" if abs(label) >= WHOLE_BELOW else ""
    message = f"{place(row)}: the label is {label!r}; labels must be classes: whole numbers{limit}."
    if np.isfinite(labels).all():
        times_255 = labels * 255.0
        if np.abs(times_255 - np.round(times_255)).max() < 1e-3:
            message += (
                " Times 255 all of them are whole: the label column seems to have been divided by "
                "255 together with the pixels. Scale the pixel columns alone."
            )
        else:
            message += (
                ' If they are a quantity, say --task regression (task="regression" in Python).'
            )
    return LabelError(message, code="label-not-a-class", labels=labels)


def _strange(labels: NDArray[Any]) -> int | None:
    """The first row whose label is neither a number nor a text, but complex or a container."""
    if labels.dtype.kind in "cV" and labels.size:
        return 0
    if labels.dtype.kind != "O" or labels.ndim != 1:
        return None
    kinds = (list, tuple, set, frozenset, dict, np.ndarray, complex)
    return next((row for row, label in enumerate(labels) if isinstance(label, kinds)), None)


def _is_wide(labels: NDArray[Any]) -> bool:
    return labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "biuf"


_MOST_STEPS = 1_000


@dataclass(frozen=True)
class LabelColumn:
    """A summary of a raw column of numeric labels, before anything made classes of it.

    Attributes
    ----------
    rows : int
        Number of labels.
    distinct : int
        Number of different values.
    minimum, maximum : float
    whole : bool
        Whether every value is a whole number.
    times_255_whole : bool
        Whether every value times 255 is a whole number, to 1e-3.
    step : float or None
        The spacing, where the values are `minimum` plus whole multiples (up to 1,000) of one
        spacing; None where there is none.
    classes_after_int : int
        Number of different values after cutting off the fraction, as ``int()`` and
        ``keras.utils.to_categorical`` do.
    """

    rows: int
    distinct: int
    minimum: float
    maximum: float
    whole: bool
    times_255_whole: bool
    step: float | None
    classes_after_int: int

    @classmethod
    def of(cls, labels: ArrayLike) -> LabelColumn:
        """Summarise a one-dimensional column of finite numbers."""
        column = np.asarray(labels)
        values = np.unique(column.astype(np.float64, copy=False))
        return cls(
            rows=len(column),
            distinct=len(values),
            minimum=float(values[0]),
            maximum=float(values[-1]),
            whole=bool((values == np.round(values)).all()),
            times_255_whole=bool(np.abs(values * 255 - np.round(values * 255)).max() < 1e-3),
            step=_step(values),
            classes_after_int=len(np.unique(np.trunc(values))),
        )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> LabelColumn:
        """Read back what `to_mapping` gave."""
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return asdict(self)


def _step(values: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    if len(values) < 2:
        return None
    step = float(np.diff(values).min())
    multiples = (values - values[0]) / step
    # Labels stored as float32 are off by up to 6e-8 of their size; a tenth of a step is far more.
    regular = np.abs(multiples - np.round(multiples)).max() < 0.01 and multiples[-1] <= _MOST_STEPS
    return step if regular else None
