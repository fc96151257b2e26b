"""Multilabel classification: for each row, which of several labels it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError
from dataworth.metrics import multilabel as figures
from dataworth.tasks.base import Scored
from dataworth.tasks.missing import as_column, first_missing, without_objects


@dataclass(frozen=True)
class Multilabel:
    """The task of finding which labels each row has: none, one or several.

    A model predicts the log-odds of each label. Labels are independent of each other in the
    metrics, apart from "accuracy", the share of rows of which every label is right.
    """

    kind = "multilabel"
    output = "label_logits"
    metrics = ("loss", "accuracy", "macro_f1", "micro_f1", "hamming_loss")

    def encode(self, y: ArrayLike) -> NDArray[np.uint8]:
        """Targets as columns of 0 and 1, ``uint8``, shape (n, n_labels).

        Parameters
        ----------
        y : array_like, shape (n, n_labels)
            0 and 1, or False and True; one column for each of two or more labels.

        Raises
        ------
        DataError
            If a target is missing or another value; the message names the row.
        """
        column = as_column(y, "y") if not isinstance(y, list) else _rows(y)
        if column.ndim != 2 or column.shape[1] < 2 or len(column) == 0:
            raise DataError(
                f"y has shape {column.shape}; multilabel expects one column for each of two or "
                "more labels.",
                code="shape-mismatch",
            )
        missing = first_missing(column)
        if missing is not None:
            raise DataError(
                f"y, row {missing}: a label is missing. Give it 0 or 1, or remove the row.",
                code="value-missing",
            )
        values = without_objects(column)
        wrong = ~((values == 0) | (values == 1)).all(axis=1)
        if values.dtype.kind not in "biuf" or wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                f"y, row {row} is {column[row].tolist()}; multilabel expects 0 or 1 for each "
                "label.",
                code="label-not-a-class",
                row=row,
            )
        return values.astype(np.uint8)

    def strata(self, y: NDArray[Any]) -> None:
        """None: subsets are random."""
        del y

    def identity(self) -> Mapping[str, Any]:
        """The kind."""
        return {"kind": self.kind}

    def chance(self, y: NDArray[Any]) -> dict[str, float]:
        """The figures of the best prediction that is the same for all rows.

        "loss": the mean entropy of the labels' shares; "accuracy": the share of the commonest set
        of labels; "hamming_loss": the mean share of the rarer value.
        """
        return figures.chance(np.asarray(y))

    def score(self, prediction: NDArray[Any], y: NDArray[Any]) -> Scored:
        """Score log-odds, shape (n, n_labels), against 0 and 1 of the same shape.

        Raises
        ------
        DataError
            If the prediction has another shape.
        """
        targets = np.asarray(y)
        if np.shape(prediction) != targets.shape:
            raise DataError(
                f"the prediction has shape {np.shape(prediction)}; expected {targets.shape}: the "
                "log-odds of each label.",
                code="shape-mismatch",
            )
        return Scored(figures.score(np.asarray(prediction, np.float64), targets), {})


def _rows(y: list[Any]) -> NDArray[Any]:
    """Rows of labels as an array; a row that is missing is a row of missing labels."""
    lengths = {len(row) for row in y if hasattr(row, "__len__")}
    if len(lengths) != 1:
        return np.empty((len(y), 0))
    width = lengths.pop()
    return np.array([[None] * width if row is None else list(row) for row in y], dtype=object)
