"""Regression: one number for each row; a model predicts its value, or quantiles of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import DataError
from dataworth.metrics import regression as figures
from dataworth.tasks.base import Scored
from dataworth.tasks.missing import as_column, first_missing, without_objects

_MEDIAN = 0.5
_PARTS = 10
"""Residuals are described for so many equal parts of the rows, by their targets."""


@dataclass(frozen=True)
class Regression:
    """The task of finding a number for each row.

    Parameters
    ----------
    quantiles : tuple of float
        The quantiles that a model predicts, one column each, rising; each above 0 and below 1.
        Without them a model predicts one value for each row.

    Raises
    ------
    DataError
        If `quantiles` are not rising numbers between 0 and 1.
    """

    quantiles: tuple[float, ...] = ()

    kind = "regression"
    output = "values"

    def __post_init__(self) -> None:
        try:
            levels = tuple(map(float, self.quantiles))
        except (TypeError, ValueError):
            levels = (math.nan,)
        bounds = (0.0, *levels, 1.0)
        if not all(low < high for low, high in pairwise(bounds)):
            raise DataError(
                f"quantiles = {self.quantiles!r}: expected rising numbers above 0 and below 1, "
                "such as (0.05, 0.5, 0.95).",
                code="value-out-of-range",
            )
        object.__setattr__(self, "quantiles", levels)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Of values "rmse", "mse", "mae", "r2"; of quantiles "pinball", then those of the median.

        Quantiles without the median have "pinball" alone.
        """
        if not self.quantiles:
            return ("rmse", "mse", "mae", "r2")
        return ("pinball", *(("rmse", "mse", "mae", "r2") if _MEDIAN in self.quantiles else ()))

    def encode(self, y: ArrayLike) -> NDArray[np.float64]:
        """Targets as ``float64``, shape (n,).

        Raises
        ------
        DataError
            If a target is missing, infinite or no number; the message names the row.
        """
        return values_of(y, "y")

    def strata(self, y: NDArray[Any]) -> None:
        """None: subsets are random."""
        del y

    def identity(self) -> Mapping[str, Any]:
        """The kind, and the quantiles if any."""
        quantiles = {"quantiles": list(self.quantiles)} if self.quantiles else {}
        return {"kind": self.kind, **quantiles}

    def chance(self, y: NDArray[Any]) -> dict[str, float]:
        """The figures of the best prediction that is the same for all rows.

        Of values: "mse" is the variance about the mean, "rmse" its root, "mae" the mean distance
        from the median, and "r2" 0. Of quantiles: all figures are those of the quantiles of `y`.
        """
        targets = np.asarray(y, np.float64)
        if self.quantiles:
            constant = np.quantile(targets, self.quantiles)
            return self.score(np.tile(constant, (len(targets), 1)), targets).scores
        mse = float(np.var(targets))
        mae = float(np.mean(np.abs(targets - np.median(targets))))
        return {"rmse": math.sqrt(mse), "mse": mse, "mae": mae, "r2": 0.0}

    def score(self, prediction: NDArray[Any], y: NDArray[Any]) -> Scored:
        """Score values, shape (n,) or (n, 1), or quantiles, shape (n, n_quantiles).

        The arrays describe the residuals, prediction less target, of a prediction of one value
        for each row: ``residual_quantiles``, shape (101,), the quantiles 0 to 1 in hundredths;
        ``residuals_by_target``, shape (k, 4), for each tenth of the rows in the order of their
        targets: the mean target, the number of rows, the mean residual and its mean size.

        Raises
        ------
        DataError
            If the prediction has another shape.
        """
        targets = np.asarray(y, np.float64)
        columns = np.asarray(prediction, np.float64)
        if columns.ndim == 1:
            columns = columns[:, None]
        expected = (len(targets), len(self.quantiles) or 1)
        if columns.shape != expected:
            raise DataError(
                f"the prediction has shape {np.shape(prediction)}; expected {expected}: one row "
                f"for each target and {_columns(self.quantiles)}.",
                code="shape-mismatch",
            )
        if not self.quantiles:
            return Scored(figures.score(columns[:, 0], targets), _residuals(columns[:, 0], targets))
        scores = {"pinball": figures.pinball(columns, targets, self.quantiles)}
        if _MEDIAN in self.quantiles:
            scores |= figures.score(columns[:, self.quantiles.index(_MEDIAN)], targets)
        return Scored(scores, {})


def _residuals(
    prediction: NDArray[np.float64], targets: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """How residuals are distributed, in all and by the size of the target."""
    residuals = prediction - targets
    if not np.isfinite(residuals).all():
        return {}
    order = np.argsort(targets, kind="stable")
    parts = [part for part in np.array_split(order, _PARTS) if len(part)]
    table = [
        (targets[part].mean(), len(part), residuals[part].mean(), np.abs(residuals[part]).mean())
        for part in parts
    ]
    return {
        "residual_quantiles": np.quantile(residuals, np.linspace(0, 1, 101)),
        "residuals_by_target": np.array(table, np.float64),
    }


def values_of(y: ArrayLike, which: str) -> NDArray[np.float64]:
    """Numbers as ``float64``, shape (n,).

    Parameters
    ----------
    y : array_like, shape (n,) or (n, 1)
    which : str
        What an error calls them.

    Raises
    ------
    DataError
        If one is missing, infinite or no number; the message names the row.
    """
    column = as_column(y, which)
    column = column.reshape(-1) if column.ndim == 2 and column.shape[1] == 1 else column
    if column.ndim != 1 or len(column) == 0:
        raise DataError(
            f"{which} has shape {column.shape}; expected one number per sample.",
            code="shape-mismatch",
        )
    row = first_missing(column)
    if row is not None:
        raise DataError(
            f"{which}, row {row}: the target is missing. Fill the gap, or remove the row.",
            code="value-missing",
        )
    column = without_objects(column)
    if column.dtype.kind not in "biuf":
        row = _first_text(column)
        raise DataError(
            f"{which}, row {row}: the target is {str(column[row])!r}; regression expects numbers.",
            code="not-numeric",
        )
    values = column.astype(np.float64)
    infinite = ~np.isfinite(values)
    if infinite.any():
        row = int(infinite.argmax())
        raise DataError(
            f"{which}, row {row}: the target is {column[row]}; regression expects finite numbers. "
            "Correct it, or remove the row.",
            code="not-finite",
        )
    return values


def _first_text(column: NDArray[Any]) -> int:
    """The first row that is not a number; 0 if all look like numbers written as text."""
    for row, value in enumerate(column.tolist()):
        try:
            float(value)
        except (TypeError, ValueError):
            return row
    return 0


def _columns(quantiles: Sequence[float]) -> str:
    if not quantiles:
        return "one column"
    return f"one column for each of the quantiles {', '.join(map(str, quantiles))}"
