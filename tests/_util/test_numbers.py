from __future__ import annotations

import math

import pytest

from dataworth._util.numbers import (
    format_chance,
    format_count,
    format_count_rounded,
    format_count_short,
    format_digits,
    format_percent,
    format_share,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4, "0"),
        (697_931, "697,931"),
        (999_999_999_999, "999,999,999,999"),
        (1.5e12, "1.5e+12"),
        (1e30, "1e+30"),
        (1.7e308, "1.7e+308"),
    ],
)
def test_an_exact_count_has_all_its_digits_or_an_exponent(value: float, text: str) -> None:
    assert format_count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (900, "900"),
        (27_000, "27K"),
        (999_999, "1M"),
        (1.5e6, "1.5M"),
        (2e9, "2G"),
        (999e9, "999G"),
        (999.9e9, "1e+12"),
        (1e14, "1e+14"),
        (0.5, "0.5"),
    ],
)
def test_a_count_in_few_characters(value: float, text: str) -> None:
    assert format_count_short(value) == text


def test_a_count_in_a_sentence() -> None:
    assert format_count_rounded(12.0) == "12"
    assert format_count_rounded(123_456) == "123,000"
    assert format_count_rounded(math.inf) == "infinite"
    assert format_count_rounded(1e30) == "1e+30"


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.0, "0 %"), (0.004, "under 1 %"), (0.52, "52 %"), (0.996, "over 99 %"), (1.0, "100 %")],
)
def test_a_chance_is_never_rounded_to_certainty(probability: float, text: str) -> None:
    assert format_chance(probability) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.35642, 4, "0.3564"),
        (44_884.0, 4, "44,880"),
        (-1_240.0, 2, "-1,200"),
        (999.96, 4, "1,000"),
        (2.0, 4, "2"),
        (123.0, 2, "120"),
        (1.1930e-7, 4, "1.193e-07"),
        (2.101e10, 4, "21,010,000,000"),
        (2e15, 2, "2e+15"),
    ],
)
def test_digits_without_an_exponent_where_people_write_none(
    value: float, digits: int, text: str
) -> None:
    assert format_digits(value, digits) == text


def test_a_share_in_per_cent() -> None:
    assert format_share(0.0589) == "5.89 %"
    assert format_percent(0.1234, 1) == "12.3 %"
    assert format_percent(-0.001) == "0 %"
    assert format_percent(0.1234, 1, signed=True) == "+12.3 %"
