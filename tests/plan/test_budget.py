"""Budgets: text, tables and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from errors import raises

from dataworth.errors import StudyError
from dataworth.plan.budget import Budget


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("2h", Budget(seconds=7_200)),
        ("30m", Budget(seconds=1_800)),
        ("90 min", Budget(seconds=5_400)),
        ("1.5 hours", Budget(seconds=5_400)),
        ("45s", Budget(seconds=45)),
        ("2 days", Budget(seconds=172_800)),
        ("500 runs", Budget(runs=500)),
        ("1M samples", Budget(samples=1e6)),
        ("250_000 samples", Budget(samples=250_000)),
        ("2h, 500 runs", Budget(seconds=7_200, runs=500)),
    ],
)
def test_text_is_read(text: str, budget: Budget) -> None:
    assert Budget.parse(text) == budget
    assert Budget.from_dict(text) == Budget.from_dict(budget.to_dict()) == budget


def test_money_buys_time_of_workers() -> None:
    budget = Budget.parse("6 money", price_per_hour=1.5)
    assert budget.worker_seconds == 4 * 3_600
    assert budget.describe() == "6 at 1.5 an hour"


def test_one_run_is_none_of_several() -> None:
    assert Budget(runs=1).describe() == "1 run"
    assert Budget(runs=2, samples=1_000).describe() == "1,000 samples and 2 runs"


@pytest.mark.parametrize("text", ["", "2", "2 weeks", "h", "-2h", "2h 30m", "1.2.3 h", 7, None])
def test_other_text_is_refused(text: Any) -> None:
    with raises("value-out-of-range", StudyError, "budget = .*2h"):
        Budget.parse(text)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "option-missing"),
        ({"seconds": 0}, "value-out-of-range"),
        ({"runs": float("inf")}, "value-out-of-range"),
        ({"money": 5}, "option-missing"),
        ({"price_per_hour": 5}, "option-missing"),
    ],
)
def test_a_budget_without_a_limit_is_refused(options: dict[str, Any], code: str) -> None:
    with raises(code, StudyError, "budget"):
        Budget(**options)


def test_a_price_without_a_budget_of_money_is_refused() -> None:
    with raises("option-without-effect", StudyError, "price_per_hour"):
        Budget.parse("2h", price_per_hour=3)
