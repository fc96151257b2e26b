"""The table of a curve: one row per size, as a page shows it."""

from __future__ import annotations

import math
from typing import NamedTuple

from dataworth.curve import Curve

_COLUMNS = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "brier": "Brier",
    "ece": "Calibration error",
    "train_loss": "Training loss",
}


class MeasuredTable(NamedTuple):
    """Headings, and rows of text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def measured_table(curve: Curve) -> MeasuredTable:
    """Mean and standard deviation of the loss over seeds, and the means of other metrics."""
    names = [name for name in _COLUMNS if name in curve.others]
    others = [curve[name].summary() for name in names]
    rows = []
    for index, point in enumerate(curve.summary()):
        spread = "" if math.isnan(point.std) else f"{point.std:.2g}"
        rest = (f"{column[index].mean:.4f}" for column in others)
        rows.append((f"{point.samples:,}", str(point.runs), f"{point.mean:.4g}", spread, *rest))
    columns = ("Samples", "Runs", "Loss (nats)", "Std over seeds")
    return MeasuredTable((*columns, *(_COLUMNS[name] for name in names)), tuple(rows))
