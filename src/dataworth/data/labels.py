"""LabelColumn: what a column of labels looked like when it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError, LabelError

WHOLE_BELOW = 2**53
"""From here on, ``float64`` holds different whole numbers as one."""


def class_indices(
    y_train: ArrayLike, y_test: ArrayLike | None, class_names: Sequence[str] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, tuple[str, ...]]:
    """Class indices of training and held-out labels, and the name of each class.

    Parameters
    ----------
    y_train, y_test : array_like, shape (n,) or (n, n_classes)
        Integers, strings, or one-hot rows.
    class_names : sequence of str, optional
        See `Dataset`.

    Returns
    -------
    (ndarray of int64, ndarray of int64 or None, tuple of str)

    Raises
    ------
    DataError
        If labels are not classes; the message names the row.
    """
    train = _flat_labels(np.asarray(y_train), "y_train")
    test = None if y_test is None else _flat_labels(np.asarray(y_test), "y_test")
    pooled = train if test is None else np.concatenate([train, test])
    if pooled.dtype.kind in "iu" and (class_names is not None or _are_indices(pooled)):
        count = len(class_names) if class_names is not None else int(pooled.max()) + 1
        low, high = int(pooled.min()), int(pooled.max())
        if low < 0 or high >= count:
            raise DataError(
                f"labels run from {low} to {high}, and {count} class names were given; labels must "
                f"be class indices 0..{count - 1}.",
                code="label-out-of-range",
            )
        names = tuple(map(str, class_names)) if class_names else tuple(map(str, range(count)))
        return train.astype(np.int64), None if test is None else test.astype(np.int64), names
    values, indices = np.unique(pooled, return_inverse=True)
    names = tuple(str(value) for value in values)
    if class_names is not None:
        unknown = sorted(set(names) - set(map(str, class_names)))
        if unknown:
            raise DataError(
                f"labels {unknown[:5]} are not among the class names given.", code="label-unknown"
            )
        order = {str(name): index for index, name in enumerate(class_names)}
        indices = np.array([order[name] for name in names])[indices]
        names = tuple(map(str, class_names))
    indices = indices.astype(np.int64)
    return indices[: len(train)], None if test is None else indices[len(train) :], names


def _are_indices(labels: NDArray[Any]) -> bool:
    return bool(labels.min() >= 0 and labels.max() < max(2, len(labels)))


def _flat_labels(labels: NDArray[Any], which: str) -> NDArray[Any]:
    error = label_error(labels, lambda row: f"{which}, row {row}")
    if error is not None:
        raise error
    if _is_wide(labels):
        return np.asarray(labels.argmax(axis=1))
    labels = labels.reshape(-1) if labels.ndim == 2 else labels
    if labels.ndim != 1 or len(labels) == 0:
        raise DataError(
            f"{which} has shape {labels.shape}; expected one label per sample.", code="wrong-shape"
        )
    if labels.dtype.kind in "bf":
        return labels.astype(np.int64)
    return labels.astype(str) if labels.dtype.kind == "O" else labels


def label_error(labels: NDArray[Any], place: Callable[[int], str]) -> DataError | None:
    """The error for the first label that is no class: a fraction, or a row that is not one-hot.

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
    if _is_wide(labels):
        one_hot = (labels.sum(axis=1) == 1) & ((labels == 0) | (labels == 1)).all(axis=1)
        if one_hot.all():
            return None
        row = int(np.flatnonzero(~one_hot)[0])
        shape = labels.shape
        return DataError(
            f"{place(row)} is not one-hot (one 1, else 0), and the labels have shape {shape}.",
            code="label-not-one-hot",
            row=row,
        )
    if labels.dtype.kind != "f" or labels.ndim not in (1, 2):
        return None
    labels = labels.reshape(-1)
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
    return LabelError(message, code="label-not-a-class", labels=labels)


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
