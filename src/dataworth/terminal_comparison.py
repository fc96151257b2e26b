"""A comparison as a terminal shows it: who is better where, and who overtakes whom."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from dataworth.comparison import Comparison
from dataworth.report.metric_names import figures
from dataworth.report.sentences import crossing_in_words
from dataworth.sample_counts import exact_count
from dataworth.terminal_forecast import say, show_warnings
from dataworth.terminal_table import new_table, print_table


def show_comparison(
    console: Console, comparison: Comparison, sizes: Sequence[float], level: float
) -> None:
    """Print the standings at some sizes, the crossings, and what to beware of."""
    for size in sizes:
        say(console, f"At {exact_count(size)} samples:")
        print_table(console, standings_table(comparison, size, level))
    for crossing in comparison.crossings(level):
        say(console, crossing_in_words(crossing))
    for name, forecast in comparison.forecasts.items():
        show_warnings(console, forecast, sizes, of=name)


def standings_table(comparison: Comparison, size: float, level: float) -> Table:
    """All learners at one size, the best first, and how far the others are behind it."""
    interval = f"{level:.0%} interval"
    table = new_table("learner", comparison.metric, interval, "best with", "behind", interval)
    standings = comparison.standings(size, level)
    for row, standing in enumerate(standings):
        median, lower, upper = figures(standing.median, standing.lower, standing.upper)
        behind, within = "", ""
        if row:
            gap = comparison.difference(standings[0].name, standing.name, size, level)
            behind, within = f"{gap.median:.2g}", f"{gap.lower:.2g} to {gap.upper:.2g}"
        table.add_row(
            standing.name,
            median,
            f"{lower} to {upper}",
            f"{standing.probability_best:.0%}",
            behind,
            within,
        )
    return table
