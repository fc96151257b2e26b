"""Results of a forecast as text: short, with units, and equal by their numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest

import dataworth as dw
from dataworth import Curve


@pytest.fixture(scope="module")
def forecast() -> dw.Forecast:
    return dw.forecast(Curve([500, 1000, 2000, 4000], [0.62, 0.7, 0.765, 0.81], metric="accuracy"))


def test_a_prediction_prints_a_line_for_each_size(forecast: dw.Forecast) -> None:
    first, *lines = repr(forecast.predict([8_000, 16_000], level=0.8)).split("\n")
    assert first == "Prediction(accuracy, 80 % interval)"
    assert [line.split(":")[0] for line in lines] == ["  at 8,000", "  at 16,000"]
    median = forecast.predict([8_000]).median[0]
    assert lines[0].startswith(f"  at 8,000: {100 * median:.1f} % (")
    assert repr(forecast.predict(range(5_000, 25_000, 1_000))).endswith("and at 12 more sizes")


def test_a_size_for_a_target_prints_as_it_is_said(forecast: dw.Forecast) -> None:
    found = forecast.samples_for(0.9, assurance=0.5)
    text = repr(found)
    assert text.startswith("SampleSize(accuracy 90 %)\n")
    assert " samples (90 % interval " in text
    assert "reachable with probability" in text
    assert "with probability 50 %" in text
    assert max(map(len, text.split("\n"))) < 80
    assert "no number of samples" in repr(replace(found, median=math.inf, upper=math.inf))
    nothing = repr(replace(found, median=math.inf, lower=math.inf, upper=math.inf))
    assert nothing.count("no number of samples") == 1


def test_results_are_equal_by_their_numbers(forecast: dw.Forecast) -> None:
    found = forecast.samples_for(0.9)
    assert found == forecast.samples_for(0.9)
    assert found != forecast.samples_for(0.89)
    assert found == replace(found, metric=dw.Metric("other", True))
    assert asdict(found)["target"] == 0.9
    assert forecast.to_dict(targets=[0.9])["targets"][0]["metric"] == "accuracy"


def test_gains_and_ends_print_with_units(forecast: dw.Forecast) -> None:
    gain = repr(forecast.value_of(4_000, 20_000))
    assert gain.startswith("Value(accuracy from 4,000 to 20,000 samples: better by ")
    assert " percentage points, 90 % interval " in gain
    assert repr(forecast.stop_at(0.1, 1_000)).startswith("Stop(at 4,000 samples, 90 % interval")


def test_draws_that_hardly_ever_meet_a_target_do_not_say_with_how_many() -> None:
    forecast = dw.forecast(Curve([500, 1000, 2000, 4000, 8000], [0.38, 0.3, 0.235, 0.19, 0.155]))
    found = forecast.samples_for(1e-9)
    assert found.probability_reachable < 0.01
    assert found.if_reachable is None
