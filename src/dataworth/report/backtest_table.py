"""The table of a backtest: what each method said of a size that was hidden from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dataworth.report.metric_names import figure

if TYPE_CHECKING:
    from dataworth.laws import BacktestRow

_NAMES = {
    "forecast": "this forecast",
    "last-value": "last value stays (baseline)",
    "power-absolute": "plain power law, unweighted fit (baseline)",
}


class BacktestLine(NamedTuple):
    """One method: what it predicted from each origin, and how far off it was on average."""

    method: str
    cells: tuple[str, ...]
    error: float
    """Mean over the origins of how far off it was, as a share of the true loss."""
    kind: str
    """ "forecast", "baseline" or "law"."""


class BacktestTable(NamedTuple):
    """Methods, the best first."""

    hidden: float
    actual: float
    origins: tuple[float, ...]
    lines: tuple[BacktestLine, ...]


def backtest_table(rows: Sequence[BacktestRow]) -> BacktestTable | None:
    """Put a backtest's rows into a table; None where the curve is too short for one."""
    if not rows:
        return None
    origins = tuple(sorted({row.fitted_up_to for row in rows}, reverse=True))
    methods = dict.fromkeys(row.method for row in rows)
    lines = [_line([row for row in rows if row.method == method], origins) for method in methods]
    lines.sort(key=lambda line: line.error)
    return BacktestTable(rows[0].hidden, rows[0].actual, origins, tuple(lines))


def mean_error(rows: Sequence[BacktestRow]) -> float:
    """How far off a method was on average, as a share of the true loss."""
    with np.errstate(over="ignore"):
        return float(np.mean(np.abs(np.expm1([row.log_error for row in rows]))))


def _line(rows: Sequence[BacktestRow], origins: tuple[float, ...]) -> BacktestLine:
    method = rows[0].method
    by_origin = {row.fitted_up_to: row for row in rows}
    cells = tuple(_cell(by_origin.get(origin)) for origin in origins)
    kind = "forecast" if method == "forecast" else "baseline" if method in _NAMES else "law"
    return BacktestLine(_NAMES.get(method, method), cells, mean_error(rows), kind)


def _cell(row: BacktestRow | None) -> str:
    if row is None:
        return ""
    if not math.isfinite(row.log_error):
        return figure(row.predicted)
    return f"{figure(row.predicted)} ({math.expm1(row.log_error) * 100:+.1f} %)"
