"""Between the targets of a task and what an estimator is fitted on and predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError


@dataclass(frozen=True, eq=False)
class ClassColumns:
    """The classes of a subset, which may be fewer than those of the task.

    An estimator is fitted on numbers from 0 on, without gaps: XGBoost takes no others.

    Attributes
    ----------
    found : ndarray of int64, shape (n_found,)
        The class index of each number.
    classes : int
        Number of classes of the task.
    """

    found: NDArray[np.int64]
    classes: int

    def log_probabilities(self, shares: Any, known: Any, name: str) -> NDArray[np.float64]:
        """Log-probabilities of all classes from an estimator's ``predict_proba``.

        Probabilities are clipped to the smallest step of their number type above 0 and below 1, as
        ``sklearn.metrics.log_loss`` does; so is 0, the probability of a class without samples.

        Parameters
        ----------
        shares : ndarray of float, shape (n, n_known)
        known : ndarray of int, shape (n_known,)
            The estimator's ``classes_``, which order the columns.
        name : str
            What a message calls the estimator.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        columns = np.asarray(shares)
        if columns.dtype.kind != "f":
            columns = columns.astype(np.float64)
        if columns.ndim != 2 or columns.shape[1] != len(known):
            raise StudyError(
                f"{name}: predict_proba returned shape {columns.shape}; expected one column for "
                f"each of its {len(known)} classes.",
                code="invalid-outputs",
            )
        step = np.finfo(columns.dtype).eps
        every = self.every(columns, known, 0.0)
        clipped = np.clip(every, step, 1 - step).astype(np.float64)
        return np.asarray(np.log(clipped))

    def of_labels(self, predicted: Any, name: str) -> NDArray[np.float64]:
        """Log-probabilities of 0 and 1, clipped, from an estimator's ``predict``.

        Raises
        ------
        StudyError
            If a prediction is none of the numbers of the classes that the estimator was fitted on.
        """
        labels = np.asarray(predicted).reshape(-1)
        numbers = np.arange(len(self.found))
        strange = np.flatnonzero(~np.isin(labels, numbers))
        if len(strange):
            raise StudyError(
                f"{name}: predict returned {labels[strange[0]]!r} for row {strange[0]}; expected "
                f"one of the classes in the y of fit, whole numbers from 0 to {numbers[-1]}.",
                code="invalid-outputs",
            )
        shares = (labels[:, None] == numbers).astype(np.float64)
        return self.log_probabilities(shares, numbers, name)

    def every(self, columns: NDArray[Any], known: Any, otherwise: float) -> NDArray[Any]:
        """Columns of all classes, from those of the estimator's ``classes_``."""
        every = np.full((len(columns), self.classes), otherwise, columns.dtype)
        every[:, self.found[np.asarray(known, np.int64)]] = columns
        return every


@dataclass(frozen=True, eq=False)
class LabelColumns:
    """The labels of a subset: those that some of its rows have and others have not.

    Of the others nothing can be learned: what all rows of the subset have is predicted.

    Attributes
    ----------
    first : ndarray of uint8, shape (n_labels,)
        The labels of the first row.
    varying : ndarray of int64
        The columns that an estimator is fitted on: none, or two or more. A single one is repeated,
        since estimators take one column for a target of another type.
    """

    first: NDArray[np.uint8]
    varying: NDArray[np.int64]

    @classmethod
    def of(cls, y: NDArray[np.uint8]) -> LabelColumns:
        """The labels of the targets of a subset, shape (n, n_labels)."""
        varying = np.flatnonzero((y != y[0]).any(axis=0))
        return cls(y[0], np.repeat(varying, 2) if len(varying) == 1 else varying)

    def log_odds(self, estimator: Any, features: Any) -> NDArray[np.float64]:
        """The log-odds of all labels, clipped as probabilities are; shape (n, n_labels)."""
        rows = features.shape[0] if hasattr(features, "shape") else len(features)
        shares = np.tile(self.first.astype(np.float64), (rows, 1))
        step = np.finfo(np.float64).eps
        if len(self.varying):
            found = _shares_of_labels(estimator, features)
            step = np.finfo(found.dtype).eps
            shares[:, self.varying] = found
        clipped = np.clip(shares, step, 1 - step)
        return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _shares_of_labels(estimator: Any, features: Any) -> NDArray[Any]:
    """Probabilities of the labels that an estimator was fitted on, shape (n, n_varying)."""
    if not hasattr(estimator, "predict_proba"):
        labels = estimator.predict(features)
        return np.asarray(labels.toarray() if hasattr(labels, "toarray") else labels, np.float64)
    shares = estimator.predict_proba(features)
    if isinstance(shares, list):
        # Forests and neighbours give a pair of columns for each label.
        return np.stack([np.asarray(each)[:, -1] for each in shares], axis=1)
    return np.asarray(shares)


def as_features(x: Any, scale: float) -> Any:
    """Features as estimators take them: images in one row each; other forms as they are.

    Parameters
    ----------
    x : ndarray, frame, sparse matrix or list
    scale : float
        What `Dataset` multiplies features by.
    """
    if not isinstance(x, np.ndarray):
        return x
    flat = x.reshape(len(x), -1)
    return flat if scale == 1.0 else np.multiply(flat, scale, dtype=np.float32)
