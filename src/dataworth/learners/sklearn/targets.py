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
                code="outputs-not-probabilities",
            )
        step = np.finfo(columns.dtype).eps
        every = self.every(columns, known, 0.0)
        clipped = np.clip(every, step, 1 - step).astype(np.float64)
        return np.asarray(np.log(clipped))

    def of_labels(self, predicted: Any) -> NDArray[np.float64]:
        """Log-probabilities of 0 and 1, clipped, from an estimator's ``predict``."""
        labels = np.asarray(predicted).reshape(-1).astype(np.int64)
        numbers = np.arange(len(self.found))
        shares = (labels[:, None] == numbers).astype(np.float64)
        return self.log_probabilities(shares, numbers, "")

    def every(self, columns: NDArray[Any], known: Any, otherwise: float) -> NDArray[Any]:
        """Columns of all classes, from those of the estimator's ``classes_``."""
        every = np.full((len(columns), self.classes), otherwise, columns.dtype)
        every[:, self.found[np.asarray(known, np.int64)]] = columns
        return every


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
