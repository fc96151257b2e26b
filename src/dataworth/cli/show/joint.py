"""A joint law as a terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataworth.cli.show.forecast import echo
from dataworth.cli.show.tables import new_table, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from dataworth.report.joint import JointAnswers
    from dataworth.report.tables import MeasuredTable


def show_joint(console: Console, answers: JointAnswers, *, details: bool = False) -> None:
    """Print the answer, predictions and the best splits; with details the law."""
    forecast = answers.forecast
    echo(console, answers.headline(), *answers.sentences(), "")
    echo(console, f"{answers.measured()}. The model of the largest run with more samples:")
    _print(console, answers.predictions())
    echo(console, "Best split of a budget of operations (6 for each parameter and sample):")
    _print(console, answers.splits())
    if details:
        echo(console, f"Law: the {forecast.fit.form} form (see dataworth.laws.joint)")
        table = new_table("parameter", "fitted", "90 % interval")
        for name, found in forecast.law.items():
            table.add_row(name, f"{found.value:.4g}", f"{found.lower:.4g} to {found.upper:.4g}")
        print_table(console, table)


def _print(console: Console, rows: MeasuredTable) -> None:
    table = new_table(*rows.columns, text=None)
    for row in rows.rows:
        table.add_row(*row)
    print_table(console, table)
