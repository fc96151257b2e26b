"""What no number of samples improves on, in words."""

from __future__ import annotations

import numpy as np
import pytest

from dataworth.curves.curve import Curve
from dataworth.forecast.api import forecast
from dataworth.report.advice import least_loss, model_or_data
from dataworth.report.sentences import headline

SIZES = 100 * 3 ** np.arange(5)


@pytest.mark.parametrize(
    ("best", "said"),
    [
        ((0.935, 0.98, 0.99998), "is not expected to exceed 98.0 % (90 % interval 93.5 to 100.0)."),
        ((0.962, 0.99999, 1.0), "No limit of accuracy shows below 100 %, however many samples"),
    ],
)
def test_an_accuracy_has_no_digits_that_nobody_knows(best: tuple[float, ...], said: str) -> None:
    made = forecast(Curve(SIZES, 1 - 2 * SIZES**-0.4, metric="accuracy"))
    assert said in least_loss(made, best)


@pytest.mark.parametrize(
    ("metric", "values", "said"),
    [
        ("error", [0.1, 0.05, 0.02, 0, 0], "error is 0:"),
        ("accuracy", [0.9, 0.97, 0.99, 1, 1], "100 %:"),
    ],
)
def test_of_perfect_figures_no_gain_is_promised(
    metric: str, values: list[float], said: str
) -> None:
    found = forecast(Curve([100, 200, 400, 800, 1_600], values, metric=metric))
    assert found.perfect_from == 800
    assert headline(found).startswith("From 800 samples on, ")
    assert said in headline(found)
    assert "do not show" in model_or_data(found)
