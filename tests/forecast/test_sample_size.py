"""Targets that are met already: what was measured, as far as the draws are sure of it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

import dataworth as dw
from dataworth import Curve
from dataworth.forecast.sample_size import falling

SIZES = np.repeat([1000, 3000, 9000, 27_000, 80_000], 3)
RUNS = [
    [1.62, 1.59, 1.60],
    [1.18, 1.19, 1.182],
    [0.915, 0.926, 0.905],
    [0.643, 0.681, 0.663],
    [0.513, 0.520, 0.527],
]
LOSSES = np.ravel(RUNS)


@pytest.fixture(scope="module")
def forecast() -> dw.Forecast:
    return dw.forecast(Curve(SIZES, LOSSES), test_noise=0.02)


def test_a_target_that_is_just_met_is_not_certain(forecast: dw.Forecast) -> None:
    found = forecast.samples_for(0.521, assurance=0.9)
    assert found.met
    assert 27_000 < found.lower < found.median <= 80_000
    assert found.assured is not None
    assert 80_000 < found.assured < found.upper
    assert found.probability_reachable < 1
    for size, probability in ((found.assured, 0.9), (found.upper, 0.95)):
        met = float((forecast.log_losses([size]) <= math.log(0.521)).mean())
        assert met == pytest.approx(probability, abs=0.01)


def test_held_out_noise_makes_a_target_that_is_met_less_sure(forecast: dw.Forecast) -> None:
    surer = dw.forecast(Curve(SIZES, LOSSES)).samples_for(0.521)
    assert surer.upper < forecast.samples_for(0.521).upper


def test_a_wild_last_figure_that_meets_a_target_is_not_believed() -> None:
    curve = Curve(1000 * 2 ** np.arange(6), [1, 0.85, 0.72, 0.61, 0.52, 0.30])
    found = dw.forecast(curve).samples_for(0.301, assurance=0.9)
    assert found.met
    assert 16_000 < found.lower <= found.median <= 32_000
    assert found.assured is not None
    assert found.assured > 40_000
    assert found.upper > found.assured
    assert found.probability_reachable < 0.95


def test_a_target_met_long_ago_is_answered_by_the_first_measured_size(
    forecast: dw.Forecast,
) -> None:
    found = forecast.samples_for(0.7, assurance=0.9)
    assert found.met
    assert found.assured is not None
    assert 9_000 < found.lower < found.median < found.assured < found.upper < 35_000
    assert found.probability_reachable > 0.999


def test_a_harder_target_never_takes_fewer_samples(forecast: dw.Forecast) -> None:
    targets = np.concatenate([np.linspace(0.3, 0.6, 11), [0.519, 0.52, 0.521, 0.7, 1.0, 2.0]])
    found = [forecast.samples_for(float(target), assurance=0.8) for target in np.sort(targets)]
    for answer in found:
        assert answer.lower <= answer.median <= (answer.assured or 0) <= answer.upper
    for hard, easy in pairwise(found):
        assert hard.lower >= easy.lower
        assert hard.median >= easy.median
        assert hard.upper >= easy.upper
        assert hard.probability_reachable <= easy.probability_reachable


def test_of_many_sizes_one_that_was_measured_is_named() -> None:
    sizes = np.arange(500, 100_500, 500)
    values = (sizes / 500) ** -0.3
    for curve, target in (
        (Curve(sizes, values, np.zeros(200)), 0.4),
        (Curve(sizes, 1 - values, np.zeros(200), "accuracy"), 0.6),
    ):
        found = dw.forecast(curve).samples_for(target)
        assert found.met
        assert 10_500 < found.median <= 11_000


def test_a_share_of_equal_runs_meets_itself() -> None:
    sizes = np.repeat([100, 200, 400, 800], 3)
    shares = np.repeat([0.6, 0.75, 0.85, 0.9], 3)
    assert dw.forecast(Curve(sizes, shares, metric="accuracy")).samples_for(0.9).met


def test_what_has_been_met_can_be_met() -> None:
    losses = [1234.9, 1234.7, 1234.6, 1234.55, 1234.52]
    size = dw.forecast(Curve(100 * 2 ** np.arange(5), losses)).samples_for(1234.52)
    assert size.met
    assert size.median <= 1600
    assert size.probability_reachable >= 0.5


@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_sequence_that_falls(seed: int) -> None:
    random = np.random.default_rng(seed)
    values, weights = random.normal(size=(5, 7)), random.uniform(0.1, 2, 7)
    fitted = falling(values, weights)
    assert (np.diff(fitted, axis=1) <= 1e-12).all()
    assert falling(fitted, weights) == pytest.approx(fitted)

    def off(other: np.ndarray) -> np.ndarray:
        return np.asarray(((values - other) ** 2 * weights).sum(axis=1))

    for _ in range(200):
        other = fitted + np.sort(random.normal(scale=0.1, size=(5, 7)), axis=1)[:, ::-1]
        assert (off(fitted) <= off(other) + 1e-12).all()


@pytest.mark.parametrize(
    ("target", "sizes", "noise", "seeds"),
    [(0.93, 50 * 1.52 ** np.arange(12), 0.03, 3), (0.9, 50 * 3.0 ** np.arange(5), 0.08, 2)],
)
def test_targets_inside_the_measured_range_have_an_interval_that_holds(
    target: float, sizes: np.ndarray, noise: float, seeds: int
) -> None:
    runs = np.repeat(np.round(sizes), seeds)
    truth = (2 / (0.95 - target)) ** (1 / 0.8)
    held = 0
    for draw in range(12):
        random = np.random.default_rng(draw)
        values = (
            0.95
            - 2 * runs**-0.8
            - (0.05 + 2 * runs**-0.8) * np.expm1(random.normal(0, noise, len(runs)))
        )
        curve = Curve(runs, values, np.tile(np.arange(seeds), len(sizes)), metric="accuracy")
        found = dw.forecast(curve).samples_for(target)
        held += found.lower <= truth <= found.upper
        assert found.lower < found.median < found.upper
    assert held >= 9


def test_a_target_below_the_smallest_size_is_met_there_or_before() -> None:
    found = dw.forecast(Curve(SIZES, LOSSES)).samples_for(1.9)
    assert found.met
    assert found.lower < found.upper <= 1_100
    assert found.median <= 1_000


@pytest.mark.parametrize(
    ("errors", "target", "low", "high"),
    [
        ([0.1, 0.05, 0.02, 0.0, 0.0], 0.01, 400, 800),
        ([0.2, 0.11, 0.06, 0.03, 0.0], 0.015, 800, 1_600),
        ([0.3, 0.1, 0.0, 0.0, 0.0], 0.05, 200, 400),
    ],
)
def test_where_no_error_is_left_targets_are_answered(
    errors: list[float], target: float, low: float, high: float
) -> None:
    curve = Curve([100, 200, 400, 800, 1_600], errors, metric="error_rate")
    made = dw.forecast(curve)
    found = made.samples_for(target)
    assert low <= found.lower <= found.median <= found.upper <= high
    assert any("a bound and no end" in text for text in made.warnings)
    scores = Curve(curve.samples, 1 - curve.values, metric="accuracy")
    assert dw.forecast(scores).samples_for(1 - target).upper == pytest.approx(found.upper, rel=0.01)
