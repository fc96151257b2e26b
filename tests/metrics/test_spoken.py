"""Differences of values as people say them."""

from __future__ import annotations

import pytest

from dataworth.metrics.registry import named
from dataworth.metrics.spoken import difference, name_of


@pytest.mark.parametrize(
    ("metric", "numbers", "texts"),
    [
        ("accuracy", (0.026, 0.016, 0.036), ["2.6", "1.6", "3.6"]),
        ("loss", (0.019, -2.5e-6, 0.041), ["0.019", "0", "0.041"]),
        ("rmse", (10_321.0, 4_712.0, 15_011.0), ["10,000", "4,700", "15,000"]),
        ("rmse", (0.0, 0.0, 0.0), ["0", "0", "0"]),
    ],
)
def test_a_difference_has_two_digits_and_no_exponent(
    metric: str, numbers: tuple[float, ...], texts: list[str]
) -> None:
    assert difference(named(metric), *numbers) == texts


def test_errors_of_quantities_have_their_usual_names() -> None:
    assert [name_of(named(name)) for name in ("rmse", "mae", "mse")] == ["RMSE", "MAE", "MSE"]
