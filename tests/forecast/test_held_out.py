"""The noise of shares of held-out rows, from their number."""

from __future__ import annotations

import math

import numpy as np
import pytest

import dataworth as dw
from dataworth import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.held_out import held_out_needed, noise_of_held_out

SIZES = [100, 200, 400, 800, 1600]
SHARES = [0.62, 0.71, 0.77, 0.82, 0.855]


def test_the_noise_is_the_binomial_standard_error_in_the_unit_of_the_metric() -> None:
    share = Curve(SIZES, SHARES, metric="accuracy")
    percent = Curve(SIZES, 100 * np.array(SHARES), metric="accuracy")
    wanted = math.sqrt(0.855 * 0.145 / 2000)
    assert noise_of_held_out(share, 2000) == pytest.approx(wanted, rel=0.01)
    assert noise_of_held_out(percent, 2000) == pytest.approx(100 * wanted, rel=0.01)
    told = dw.forecast(share, test_noise=noise_of_held_out(share, 2000)).predict([3200])
    assert dw.forecast(share, held_out=2000).predict([3200]).upper == pytest.approx(told.upper)


def test_so_many_rows_widen_the_interval_by_a_tenth() -> None:
    curve = Curve(SIZES, SHARES, metric="accuracy")
    plain = dw.forecast(curve)
    needed = held_out_needed(plain, 3200)
    widths = [
        float(np.ptp([said.lower[0], said.upper[0]]))
        for said in (each.predict([3200]) for each in (plain, dw.forecast(curve, held_out=needed)))
    ]
    assert widths[1] / widths[0] == pytest.approx(1.1, abs=0.07)


@pytest.mark.parametrize("options", [{"held_out": 500}, {"held_out": 500, "test_noise": 0.01}])
def test_what_does_not_say_the_noise_is_refused(options: dict[str, float]) -> None:
    name = "accuracy" if "test_noise" in options else "loss"
    curve = Curve(SIZES, SHARES if name == "accuracy" else SHARES[::-1], metric=name)
    with pytest.raises(ForecastError) as raised:
        dw.forecast(curve, **options)  # type: ignore[arg-type]
    assert raised.value.code == "options-conflict"
