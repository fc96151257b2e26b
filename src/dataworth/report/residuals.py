"""Residuals of a regression: how large they are, and for which targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.metrics.labels import format_value, format_values
from dataworth.records.record import Record

_QUANTILES, _BY_TARGET = "residual_quantiles", "residuals_by_target"
_BIASED = 0.5
"""A mean residual of more than this share of the mean size is called a bias."""


@dataclass(frozen=True)
class ResidualRow:
    """A tenth of the held-out samples, as text: mean target, rows, mean residual, mean size."""

    target: str
    rows: str
    bias: str
    size: str
    heat: float
    """0 to 1: the size as a share of the largest one."""


@dataclass(frozen=True)
class ResidualTable:
    """What a page says of residuals at the largest size; means over seeds.

    Attributes
    ----------
    samples : int
    sentences : tuple of str
    rows : tuple of ResidualRow
    """

    samples: int
    sentences: tuple[str, ...]
    rows: tuple[ResidualRow, ...]


def residual_table(records: Sequence[Record]) -> ResidualTable | None:
    """Describe the residuals of the runs of the largest size; None where they have none."""
    largest = max(record.key.size for record in records)
    arrays = [record.arrays for record in records if record.key.size == largest]
    arrays = [each for each in arrays if _QUANTILES in each and _BY_TARGET in each]
    # Folds may have parts of other numbers.
    shapes = {each[_BY_TARGET].shape for each in arrays}
    if len(shapes) != 1 or any(each[_QUANTILES].shape != (101,) for each in arrays):
        return None
    quantiles = np.mean([each[_QUANTILES] for each in arrays], axis=0)
    table = np.mean([each[_BY_TARGET] for each in arrays], axis=0)
    if table.ndim != 2 or table.shape[1] != 4:
        return None
    return ResidualTable(largest, _in_words(quantiles, table), _rows(table))


def _in_words(quantiles: NDArray[np.float64], table: NDArray[np.float64]) -> tuple[str, ...]:
    low, quarter, three, high = format_values(*(float(quantiles[at]) for at in (5, 25, 75, 95)))
    said = [
        f"Half of the residuals (prediction less target) lie between {quarter} and {three}, "
        f"90 % between {low} and {high}."
    ]
    first, last = (float(table[at, 2]) for at in (0, -1))
    ends = [abs(float(table[at, 2])) > _BIASED * float(table[at, 3]) for at in (0, -1)]
    if first > 0 > last and all(ends):
        said.append(
            "The smallest targets are predicted too high and the largest too low, as a model does "
            "that has learned little of the extremes."
        )
    return tuple(said)


def _rows(table: NDArray[np.float64]) -> tuple[ResidualRow, ...]:
    largest = float(table[:, 3].max()) or 1.0
    return tuple(
        ResidualRow(
            format_value(target),
            f"{count:,.0f}",
            f"{'+' if bias > 0 else ''}{format_value(bias)}",
            format_value(size),
            round(size / largest, 3),
        )
        for target, count, bias, size in table.tolist()
    )
