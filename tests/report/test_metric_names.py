from __future__ import annotations

import pytest

from dataworth.report.metric_names import axis_label, figure, metric_name


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


def test_a_metric_has_a_name_and_a_unit_and_an_unknown_one_its_own() -> None:
    assert metric_name("loss") == "held-out loss"
    assert axis_label("loss") == "held-out loss (nats)"
    assert axis_label("perplexity") == "perplexity"
