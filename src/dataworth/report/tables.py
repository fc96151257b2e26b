"""The table of several runs: which is better at which size, and where they cross."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dataworth._util.numbers import format_chance, format_digits, format_percent
from dataworth.metrics.labels import format_value
from dataworth.metrics.spoken import axis_label, shown_scale, values
from dataworth.report.sentences import best_in_words, crossings_in_words, worth_in_words

if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.forecast.compare import Standing
    from dataworth.forecast.results import BacktestRow
    from dataworth.metrics.metric import Metric
    from dataworth.plots.classes import ClassPlotData
    from dataworth.report.study_report import RunReport

_MOST_DECIMALS = 8
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
        return format_value(row.predicted)
    error = format_percent(math.expm1(row.log_error), 1, signed=True)
    return f"{format_value(row.predicted)} ({error})"


class HeatCell(NamedTuple):
    """One class at one size."""

    text: str
    heat: float
    """0 to 1: the error as a share of the highest error in the map."""


class ClassRow(NamedTuple):
    """One class."""

    number: int
    name: str
    cells: tuple[HeatCell, ...]
    error: float
    gain: float
    gain_text: str


class ConfusedRow(NamedTuple):
    """A pair of classes."""

    true: int
    predicted: int
    true_name: str
    predicted_name: str
    text: str


def class_rows(data: ClassPlotData) -> list[ClassRow]:
    """One row per class that has held-out samples, the highest error first."""
    listed = data.listed
    highest = max((float(data.errors[index].max()) for index in listed), default=0.0) or 1.0
    return [_row(data, index, highest) for index in listed]


def _row(data: ClassPlotData, index: int, highest: float) -> ClassRow:
    errors = data.errors[index].tolist()
    gain = float(data.gain[index])
    return ClassRow(
        number=index,
        name=data.names[index],
        cells=tuple(HeatCell(f"{error * 100:.1f}", round(error / highest, 3)) for error in errors),
        error=errors[-1],
        gain=gain if gain == gain else 0.0,
        gain_text=f"{round(gain * 100, 1) + 0.0:+.1f}" if gain == gain else "",
    )


def confused_rows(data: ClassPlotData) -> list[ConfusedRow]:
    """One row per confused pair, the most frequent first."""
    return [
        ConfusedRow(
            pair.true,
            pair.predicted,
            data.names[pair.true],
            data.names[pair.predicted],
            f"{format_percent(pair.share, 1)} of the class, {pair.samples:.3g} "
            f"{'sample' if pair.samples == 1 else 'samples'}",
        )
        for pair in data.confused
    ]


class MeasuredTable(NamedTuple):
    """Headings, and rows of text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def measured_table(curve: Curve) -> MeasuredTable:
    """Mean and standard deviation of the metric over seeds, and the means of other metrics."""
    names = [name for name, values in curve.others.items() if np.isfinite(values).any()]
    others = [curve[name].summary() for name in names]
    rows = []
    for index, point in enumerate(curve.summary()):
        spread = "" if math.isnan(point.std) else format_digits(point.std, 2)
        rest = (f"{column[index].mean:.4f}" for column in others)
        rows.append(
            (f"{point.samples:,}", str(point.runs), format_digits(point.mean, 4), spread, *rest)
        )
    columns = ("Samples", "Runs", heading(curve.metric.axis_label), "Std over seeds")
    rest = (heading(curve[name].metric.title) for name in names)
    return MeasuredTable((*columns, *rest), tuple(rows))


def short_table(curve: Curve, metric: str) -> MeasuredTable:
    """A metric's mean and standard deviation, then those of the curve's own metric; per cent."""
    names = dict.fromkeys((metric, curve.metric.name))
    summaries = {name: curve[name].summary() for name in names}
    rows = []
    for index, point in enumerate(summaries[metric]):
        cells = [f"{point.samples:,}", str(point.runs)]
        for name in names:
            scale = shown_scale(curve[name].metric)
            each = summaries[name][index]
            cells.append(_with_spread(scale * each.mean, scale * each.std))
        rows.append(tuple(cells))
    headings = (heading(axis_label(curve[name].metric)) for name in names)
    return MeasuredTable((heading(f"training {curve.counted}"), "Runs", *headings), tuple(rows))


def _with_spread(mean: float, std: float) -> str:
    """A mean to the last digit of its deviation, which has two: 89.8 ± 1.4."""
    if not (math.isfinite(mean) and std > 0):
        return format_digits(mean, 4) if math.isnan(std) else _rounded(mean, std)
    decimals = 1 - math.floor(math.log10(std))
    if not 0 <= decimals <= _MOST_DECIMALS:
        return _rounded(mean, std)
    return f"{mean:,.{decimals}f} ± {std:,.{decimals}f}"


def _rounded(mean: float, std: float) -> str:
    return f"{format_digits(mean, 4)} ± {format_digits(std, 2)}"


def heading(label: str) -> str:
    """A metric as the heading of a column: all of a table is measured on held-out rows."""
    short = label.removeprefix("held-out ")
    return short[:1].upper() + short[1:]


_TIMES = (1, 3, 10)


class StandingCell(NamedTuple):
    """One run at one size."""

    median: str
    interval: str
    best: str
    """The probability that it is the best of all."""


class StandingTable(NamedTuple):
    """Rows of text, a row per run; and a sentence per pair of runs."""

    caption: str
    sizes: tuple[float, ...]
    rows: tuple[tuple[str, tuple[StandingCell, ...]], ...]
    best: str
    """Which is the best at the largest size, in a sentence."""
    sentences: tuple[str, ...]
    """The crossings, and what samples of one are worth in samples of another."""


def standing_table(reports: Sequence[RunReport], metric: str | None = None) -> StandingTable | None:
    """Compare runs at the largest measured size, three times and ten times it.

    Parameters
    ----------
    reports : sequence of RunReport
    metric : str, optional
        The metric to compare by; that of the curves by default.

    Returns
    -------
    StandingTable or None
        None for one run, or if one of them has no forecast.
    """
    looked = {
        report.name: report.ahead.get(metric or report.curve.metric.name) for report in reports
    }
    available = {name: ahead.forecast for name, ahead in looked.items() if ahead and ahead.forecast}
    if len(available) < 2 or len(available) < len(reports):
        return None
    from dataworth.forecast.compare import compare

    comparison = compare(available)
    sizes = tuple(comparison.largest * times for times in _TIMES)
    columns = [
        {each.name: _standing_cell(each, comparison.metric) for each in comparison.standings(size)}
        for size in sizes
    ]
    rows = tuple((name, tuple(column[name] for column in columns)) for name in available)
    return StandingTable(
        heading(axis_label(comparison.metric)),
        sizes,
        rows,
        best_in_words(comparison, comparison.largest),
        (
            *crossings_in_words(comparison),
            *(
                worth_in_words(each, comparison.counted)
                for each in comparison.worth(comparison.common)
            ),
        ),
    )


def _standing_cell(standing: Standing, metric: Metric) -> StandingCell:
    median, lower, upper = values(metric, standing.median, standing.lower, standing.upper)
    best = format_chance(standing.probability_best)
    return StandingCell(median, f"{lower} to {upper}", best)
