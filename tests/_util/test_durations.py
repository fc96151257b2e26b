"""Durations as text."""

from __future__ import annotations

import math

import pytest

from dataworth._util.durations import format_clock, format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2351, "0.235 s"),
        (45.0, "45 s"),
        (119.0, "119 s"),
        (210.0, "3.5 min"),
        (7_200.0, "2 h"),
        (360_000.0 * 12, "1,200 h"),
        (math.inf, "no finite time"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(5.4, "0:05"), (60, "1:00"), (3_661, "1:01:01")])
def test_a_clock_has_hours_where_there_are_any(seconds: float, text: str) -> None:
    assert format_clock(seconds) == text
