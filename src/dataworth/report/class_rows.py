"""The class-by-size heat map and the confused pairs, as a page shows them."""

from __future__ import annotations

from typing import NamedTuple

from dataworth.report.class_figure import ClassFigure


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


def class_rows(figure: ClassFigure) -> list[ClassRow]:
    """One row per class that has held-out samples, the highest error first."""
    listed = figure.listed
    highest = max((float(figure.errors[index].max()) for index in listed), default=0.0) or 1.0
    return [_row(figure, index, highest) for index in listed]


def _row(figure: ClassFigure, index: int, highest: float) -> ClassRow:
    errors = figure.errors[index].tolist()
    gain = float(figure.gain[index])
    return ClassRow(
        number=index,
        name=figure.names[index],
        cells=tuple(HeatCell(f"{error * 100:.1f}", round(error / highest, 3)) for error in errors),
        error=errors[-1],
        gain=gain if gain == gain else 0.0,
        gain_text=f"{gain * 100:+.1f}" if gain == gain else "",
    )


def confused_rows(figure: ClassFigure) -> list[ConfusedRow]:
    """One row per confused pair, the most frequent first."""
    return [
        ConfusedRow(
            pair.true,
            pair.predicted,
            figure.names[pair.true],
            figure.names[pair.predicted],
            f"{pair.share * 100:.1f} % of the class, {pair.samples:.3g} samples",
        )
        for pair in figure.confused
    ]
