"""Tables in a terminal: no figure is ever cut, however narrow it is."""

from __future__ import annotations

from collections.abc import Mapping

import rich.box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from dataworth._util.numbers import format_digits
from dataworth.curves.curve import Curve

_WIDEST = 1_000


def new_table(*columns: str, text: int | None = 0) -> Table:
    """A table: numbers aligned to the right, the column `text` to the left."""
    table = Table(box=rich.box.SIMPLE, pad_edge=False)
    for index, column in enumerate(columns):
        if index == text:
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column, justify="right", no_wrap=True)
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table with all its figures and its text as it is, brackets and all.

    Only text is wrapped. A terminal that is too narrow for the figures gets row after row, each
    column on a line of its own; a file gets lines as long as they need to be.
    """
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max(map(cell_len, (str(column.header), *map(str, column.cells))))
    width = console.width
    needed = console.measure(table, options=console.options.update(width=_WIDEST, markup=False))
    if console.is_terminal and needed.minimum > width:
        _print_rows(console, table)
        return
    console.width = width if console.is_terminal else max(width, needed.maximum)
    console.print(table, markup=False)
    console.width = width


def _print_rows(console: Console, table: Table) -> None:
    for row in zip(*(column.cells for column in table.columns), strict=True):
        grid = Table.grid(padding=(0, 2))
        for _ in range(2):
            grid.add_column(overflow="fold")
        for column, cell in zip(table.columns, row, strict=True):
            grid.add_row(column.header, cell)
        console.print()
        console.print(grid, markup=False)
    console.print()


def curve_table(curve: Curve) -> Table:
    """The mean over seeds of the curve's metric, its spread, and the accuracy of classes.

    Of a loss it is the paper's table; other metrics have their names in its place.
    """
    name = "Loss" if curve.metric.name == "loss" else curve.metric.name
    accuracies = curve["accuracy"].summary() if "accuracy" in curve.others else []
    # The paper's columns are there even where the runs have no accuracy.
    accuracy = ["Accuracy"] if accuracies or name == "Loss" else []
    table = new_table(_of_sizes(curve), name, f"{name}_Std", *accuracy, "Seeds", text=None)
    table.pad_edge = True
    for index, point in enumerate(curve.summary()):
        shown = [f"{accuracies[index].mean:.4f}" if accuracies else ""] if accuracy else []
        spread = format_digits(point.std, 3) if point.runs > 1 else ""
        row = (f"{point.samples:,}", format_digits(point.mean, 4), spread, *shown, str(point.runs))
        table.add_row(*row)
    return table


def _of_sizes(curve: Curve) -> str:
    """The head of the column of sizes: the paper's, unless they count something else."""
    return "Dataset_Size" if curve.counted == "samples" else curve.counted.capitalize()


def models_table(curves: Mapping[str, Curve]) -> Table:
    """A row for each size and a column for each model: mean over seeds, and its spread."""
    summaries = {
        name: {point.samples: point for point in curve.summary()} for name, curve in curves.items()
    }
    first = next(iter(curves.values()))
    table = new_table(_of_sizes(first), *summaries, text=None)
    table.pad_edge = True
    table.title = f"{first.metric.name}, mean over seeds ± standard deviation"
    table.title_justify = "left"
    for size in sorted({size for points in summaries.values() for size in points}):
        cells = []
        for points in summaries.values():
            point = points.get(size)
            cell = "" if point is None else format_digits(point.mean, 4)
            if point is not None and point.runs > 1:
                cell = f"{cell} ± {format_digits(point.std, 2)}"
            cells.append(cell)
        table.add_row(f"{size:,}", *cells)
    return table


def published_table(reproduced: Curve, honest: Curve) -> Table:
    """The published figures, the same mistakes made here, and the loss without the mistakes."""
    from dataworth.reproductions.emnist_paper import PUBLISHED  # slow to import

    table = new_table(
        "Dataset_Size", "Published", "Reproduced", "Held-out loss, done right", text=None
    )
    table.pad_edge = True
    true = {point.samples: format_digits(point.mean, 4) for point in honest.summary()}
    for wrong in reproduced.summary():
        published = PUBLISHED.get(wrong.samples)
        said = "" if published is None else format_digits(published, 4)
        row = (
            f"{wrong.samples:,}",
            said,
            format_digits(wrong.mean, 4),
            true.get(wrong.samples, ""),
        )
        table.add_row(*row)
    return table
