from __future__ import annotations

import math

import pytest

from dataworth.metrics.labels import format_exact, format_value, format_values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.500"),
        (0.0812, "0.0812"),
        (2.345, "2.35"),
        (12.34, "12.3"),
        (12.0, "12.0"),
        (155.0, "155"),
        (-4321, "-4,320"),
        (999_000_000, "999,000,000"),
        (999.7, "1,000"),
        (999_900_000, "1e+09"),
        (-1.234e10, "-1.23e+10"),
        (1.7e308, "1.7e+308"),
    ],
)
def test_a_figure_has_three_digits(value: float, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.99, "0.990"), (0.9993, "0.99930"), (0.999971, "0.999971"), (1.0, "1.00"), (0.0, "0")],
)
def test_a_share_near_1_says_what_it_lacks(value: float, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.3, 0.2999, 0.3001), ["0.30000", "0.29990", "0.30010"]),
        ((0.5, 0.45, 0.56), ["0.500", "0.450", "0.560"]),
        ((25.31, 25.28), ["25.31", "25.28"]),
        ((52_345.0, 52_310.0), ["52,345", "52,310"]),
        ((1234.5, 1234.7, 1234.6), ["1,234.50", "1,234.70", "1,234.60"]),
        ((0.3, 0.3 + 1e-12), ["0.300", "0.300"]),
        ((0.3, math.inf), ["0.300", "infinite"]),
        ((0.0, 0.001), ["0", "0.001"]),
    ],
)
def test_values_side_by_side_are_told_apart(values: list[float], texts: list[str]) -> None:
    assert format_values(*values) == texts


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.3, "0.3"), (0.29995, "0.29995"), (0.9999997, "0.9999997"), (2e4, "20,000")],
)
def test_what_was_given_keeps_its_digits(value: float, text: str) -> None:
    assert format_exact(value) == text


def test_values_that_are_no_shares_do_not_show_what_they_lack_to_1() -> None:
    assert format_values(1.16, 0.993, 1.31, ends_at_1=False) == ["1.16", "0.993", "1.31"]
    assert format_values(0.995, 0.993)[1] == "0.9930"
