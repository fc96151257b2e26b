from __future__ import annotations

import math

import pytest

from dataworth.forecast.results import BacktestRow
from dataworth.report.tables import _with_spread, backtest_table


def _row(method: str, seen: float, predicted: float) -> BacktestRow:
    return BacktestRow(method, seen, 800.0, predicted, 0.5, math.log(predicted / 0.5))


def test_methods_are_ordered_by_their_mean_error() -> None:
    rows = [
        _row("last-value", 400, 0.7),
        _row("last-value", 200, 0.9),
        _row("forecast", 400, 0.51),
        _row("forecast", 200, 0.45),
        _row("power-3", 400, 0.52),
        _row("power-3", 200, 0.6),
    ]
    table = backtest_table(rows)
    assert table is not None
    assert (table.hidden, table.actual, table.origins) == (800.0, 0.5, (400.0, 200.0))
    assert [line.method for line in table.lines] == [
        "this forecast",
        "power-3",
        "last value stays (baseline)",
    ]
    assert table.lines[0].cells == ("0.510 (+2.0 %)", "0.450 (-10.0 %)")
    assert [line.error for line in table.lines] == pytest.approx([0.06, 0.12, 0.6])
    assert [line.kind for line in table.lines] == ["forecast", "law", "baseline"]


def test_a_prediction_of_nothing_is_off_by_all_there_was() -> None:
    rows = [BacktestRow("power-2", 400, 800, 0.0, 0.5, -math.inf), _row("forecast", 400, 0.6)]
    table = backtest_table(rows)
    assert table is not None
    assert table.lines[-1].cells == ("0",)
    assert table.lines[-1].error == 1


def test_a_short_curve_has_no_backtest() -> None:
    assert backtest_table([]) is None


@pytest.mark.parametrize(
    ("mean", "std", "text"),
    [
        (86.3042, 2.1, "86.3 ± 2.1"),
        (89.75, 1.44, "89.8 ± 1.4"),
        (0.1345, 0.00475, "0.1345 ± 0.0047"),
        (0.4197, 0.0, "0.4197 ± 0"),
        (1234.5, 120.0, "1,234 ± 120"),
        (0.5, float("nan"), "0.5"),
    ],
)
def test_a_mean_has_the_digits_of_its_deviation(mean: float, std: float, text: str) -> None:
    assert _with_spread(mean, std) == text
