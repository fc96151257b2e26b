"""What a forecast and a comparison are asked, refused by the same checks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth._util import validation as checks
from dataworth.errors import ForecastError


@pytest.mark.parametrize("sizes", ["a", None, 1j, 10**400, [3, math.inf], -5, 0, [[1]], {}])
def test_sizes_that_are_no_numbers_of_samples(sizes: Any) -> None:
    with raises("value-out-of-range", ForecastError, "^sizes"):
        checks.check_sizes(sizes)


@pytest.mark.parametrize("sizes", [5, [5], (5.0,), np.array([5])])
def test_a_single_size_is_a_list_of_one(sizes: Any) -> None:
    assert checks.check_sizes(sizes).tolist() == [5.0]


@pytest.mark.parametrize(
    ("given", "listed"),
    [((), []), ((1, 2), [1, 2]), (iter([1]), [1]), (0.4, [0.4]), ("low", ["low"]), (None, [None])],
)
def test_one_or_more_are_a_list(given: Any, listed: list[Any]) -> None:
    assert checks.as_list(given) == listed
    assert checks.as_list(np.arange(2.0)) == [0.0, 1.0]


@pytest.mark.parametrize("value", [0, 1, 90, math.nan, "a", None, [0.5], True, np.complex64(0.5)])
def test_what_is_no_probability(value: Any) -> None:
    with raises("value-out-of-range", ForecastError, "^assurance"):
        checks.check_probability("assurance", value)
    assert checks.check_probability("level", np.float32(0.5)) == 0.5


@pytest.mark.parametrize("value", [-1, 0.5, "a", None, True])
def test_what_is_no_seed_of_a_forecast(value: Any) -> None:
    with raises("value-out-of-range", ForecastError, "^seed"):
        checks.check_seed(value)
    assert checks.check_seed(np.int64(2**40)) == 2**40
