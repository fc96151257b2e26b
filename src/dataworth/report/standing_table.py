"""The table of several runs: which is better at which size, and where they cross."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dataworth.report.metric_names import figures
from dataworth.report.run_report import RunReport
from dataworth.report.sentences import crossing_in_words

if TYPE_CHECKING:
    from dataworth.comparison_answers import Standing

_TIMES = (1, 3, 10)


class StandingCell(NamedTuple):
    """One run at one size."""

    median: str
    interval: str
    best: str
    """The probability that it is the best of all."""


class StandingTable(NamedTuple):
    """Rows of text, a row per run; and a sentence per pair of runs."""

    sizes: tuple[float, ...]
    rows: tuple[tuple[str, tuple[StandingCell, ...]], ...]
    crossings: tuple[str, ...]


def standing_table(reports: Sequence[RunReport]) -> StandingTable | None:
    """Compare runs at the largest measured size, three times and ten times it.

    Returns
    -------
    StandingTable or None
        None for one run, or if one of them has no forecast.
    """
    forecasts = {report.name: report.ahead["loss"].forecast for report in reports}
    made = {name: forecast for name, forecast in forecasts.items() if forecast is not None}
    if len(made) < 2 or len(made) < len(reports):
        return None
    from dataworth.comparison import compare

    comparison = compare(made)
    sizes = tuple(comparison.largest * times for times in _TIMES)
    columns = [{each.name: _cell(each) for each in comparison.standings(size)} for size in sizes]
    rows = tuple((name, tuple(column[name] for column in columns)) for name in made)
    return StandingTable(
        sizes, rows, tuple(crossing_in_words(each) for each in comparison.crossings())
    )


def _cell(standing: Standing) -> StandingCell:
    median, lower, upper = figures(standing.median, standing.lower, standing.upper)
    best = f"{standing.probability_best * 100:.0f} %"
    return StandingCell(median, f"{lower} to {upper}", best)
