from __future__ import annotations

import math

import pytest

from dataworth.report.metric_names import axis_label, figure, metric_name, short_count, whole_count


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.500"),
        (0.0812, "0.0812"),
        (2.345, "2.35"),
        (12.34, "12.3"),
        (-4321, "-4,320"),
        (999_000_000, "999,000,000"),
        (999_900_000, "1e+09"),
        (-1.234e10, "-1.23e+10"),
        (1.7e308, "1.7e+308"),
    ],
)
def test_a_figure_has_three_digits(value: float, text: str) -> None:
    assert figure(value) == text


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
    assert short_count(value) == text


def test_a_count_in_a_sentence() -> None:
    assert whole_count(12.0) == "12"
    assert whole_count(123_456) == "123,000"
    assert whole_count(math.inf) == "infinite"
    assert whole_count(1e30) == "1e+30"


def test_a_metric_has_a_name_and_a_unit_and_an_unknown_one_its_own() -> None:
    assert metric_name("loss") == "held-out loss"
    assert axis_label("loss") == "held-out loss (nats)"
    assert axis_label("perplexity") == "perplexity"
