"""Classification: one class for each row; a model predicts a logit for each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.metrics import classification as metrics
from dataworth.tasks.base import Scored
from dataworth.tasks.labels import class_indices


@dataclass(frozen=True)
class Classification:
    """The task of finding the class of each row.

    Parameters
    ----------
    class_names : tuple of str
        One name for each class index. A data set that is given a task without names finds the
        classes that occur in its labels.
    """

    class_names: tuple[str, ...] = ()

    kind = "classification"
    output = "logits"
    metrics = ("loss", "accuracy", "macro_f1", "brier", "ece")

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def encode(self, y: ArrayLike) -> NDArray[np.int64]:
        """Class indices of labels: names of classes, class indices, or one-hot rows.

        Raises
        ------
        DataError
            If a label is missing or is none of the classes; the message names the row.
        """
        return class_indices(y, None, self.class_names or None, numbers_are_classes=True)[0]

    def strata(self, y: NDArray[Any]) -> NDArray[np.int64]:
        """The class indices: subsets hold each class in proportion to its share."""
        return np.asarray(y, np.int64)

    def identity(self) -> Mapping[str, Any]:
        """The kind and the number of classes."""
        return {"kind": self.kind, "classes": self.classes}

    def chance(self, y: NDArray[Any]) -> dict[str, float]:
        """The figures of predicting every class with its share of the labels.

        See `chance_of_counts`.
        """
        return chance_of_counts(np.bincount(np.asarray(y, np.int64), minlength=self.classes))

    def score(self, prediction: NDArray[Any], y: NDArray[Any]) -> Scored:
        """Score logits, shape (n, n_classes), against class indices, shape (n,).

        Gives the figures of `metrics` (see `dataworth.metrics.classification.Scores`) and the
        arrays "confusion", shape (n_classes, n_classes), and "class_losses", shape (n_classes,).
        Of so many classes that their confusions are not counted, it gives "class_errors", shape
        (n_classes,), instead.
        """
        scores = metrics.score(prediction, y)
        if scores.confusion is None:
            errors: dict[str, NDArray[Any]] = {"class_errors": scores.class_errors}
        else:
            errors = {"confusion": scores.confusion}
        return Scored(
            {name: getattr(scores, name) for name in self.metrics},
            {**errors, "class_losses": scores.class_losses},
        )


def entropy_of_counts(counts: ArrayLike) -> float:
    """The entropy of class shares in nats: the loss of predicting every class with its share.

    Parameters
    ----------
    counts : array_like of int, shape (n_classes,)
        Number of rows of each class; at least one row in all.
    """
    shares = _shares(counts)
    return abs(float(-(shares * np.log(shares)).sum()))


def chance_of_counts(counts: ArrayLike) -> dict[str, float]:
    """The figures of the best prediction that is the same for all rows.

    Parameters
    ----------
    counts : array_like of int, shape (n_classes,)
        Number of rows of each class; at least one row in all.

    Returns
    -------
    dict
        "loss": the entropy of the class shares, in nats; "accuracy": the largest share;
        "brier": one minus the sum of the squared shares.
    """
    shares = _shares(counts)
    return {
        "loss": entropy_of_counts(counts),
        "accuracy": float(shares.max()),
        "brier": abs(float(1.0 - (shares**2).sum())),
    }


def _shares(counts: ArrayLike) -> NDArray[np.float64]:
    """The shares of the classes that occur."""
    rows = np.asarray(counts, np.float64)
    rows = rows[rows > 0]
    return np.asarray(rows / rows.sum())
