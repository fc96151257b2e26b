"""Observations: what they know of their noise."""

from __future__ import annotations

import numpy as np
import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st
from law_curves import SIZES, curve_of, noisy, power

import dataworth as dw
from dataworth import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.prepare import prepare, readings

MANY = np.round(np.geomspace(100, 1e8, 36))


@given(st.floats(0.05, 2.0), st.floats(1.5, 4.0))
def test_a_straight_log_log_curve_has_no_scatter(c: float, ratio: float) -> None:
    sizes = np.round(1e6 * ratio ** np.arange(8.0))
    assert prepare(curve_of(sizes, (sizes / 1e6) ** -c)).scatter == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("spread", [0.01, 0.05])
def test_scatter_is_the_noise_of_single_runs(spread: float) -> None:
    found = [
        prepare(curve_of(MANY, noisy((MANY / 100) ** -0.3, spread, seed))).scatter
        for seed in range(30)
    ]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(spread, rel=0.15)


def test_sizes_that_lie_far_apart_are_runs_of_their_own() -> None:
    losses = noisy(power(SIZES), 0.02, 0)
    own = prepare(curve_of(SIZES, losses))
    assert own.noisy
    assert not own.repeated
    np.testing.assert_allclose(own.noise, own.scatter**2)
    assert own.run_noise == own.noise[-1]


def test_many_looks_at_one_run_do_not_show_their_noise() -> None:
    sizes = np.round(np.geomspace(1000, 8000, 24))
    looks = prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)), single_run=True)
    assert not looks.noisy
    assert (looks.noise == 0).all()


def test_seeds_show_noise_however_close_the_sizes() -> None:
    sizes = np.repeat(np.round(np.geomspace(1000, 2000, 12)), 4)
    observations = prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)))
    assert observations.repeated
    assert observations.noisy
    assert np.sqrt(observations.run_noise) == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize("count", [8, 19, 20, 21, 30, 60])
def test_noise_shows_that_sizes_are_runs_of_their_own(count: int) -> None:
    sizes = np.round(np.linspace(500, 15_000, count))
    (observations,) = readings(curve_of(sizes, noisy(power(sizes), 0.03, count)))
    assert observations.noisy
    assert observations.notes == ()


@pytest.mark.parametrize("count", [20, 21, 60])
def test_the_best_of_a_run_so_far_is_known_by_its_ties(count: int) -> None:
    sizes = np.round(np.geomspace(1000, 5000, count))
    best = np.minimum.accumulate(noisy(power(sizes), 0.05, 1))
    (observations,) = readings(curve_of(sizes, best))
    assert not observations.noisy
    assert "single_run=False" in observations.notes[0]
    assert prepare(curve_of(sizes, best), single_run=False).noisy


def test_clean_checkpoints_are_not_taken_for_noisy_ones() -> None:
    sizes = np.arange(1_000, 61_000, 1_000)

    def loss(n: float | np.ndarray) -> np.ndarray:
        return 0.5 + 0.5 * np.asarray(n / 60_000) ** -0.3

    predicted = dw.forecast(Curve(sizes, loss(sizes)), single_run=True).predict([120_000])
    assert predicted.lower[0] < loss(120_000) < predicted.upper[0]
    assert predicted.median[0] == pytest.approx(float(loss(120_000)), rel=0.01)


def test_sizes_that_show_no_noise_have_two_readings() -> None:
    sizes = np.round(np.geomspace(1000, 8000, 24))
    curve = curve_of(sizes, power(sizes))
    assert [each.noisy for each in readings(curve)] == [True, False]
    assert [each.noisy for each in readings(curve, single_run=True)] == [False]
    assert [each.noisy for each in readings(Curve(sizes, power(sizes), np.zeros(24)))] == [True]
    assert len(readings(curve_of(SIZES, power(SIZES)))) == 1
    made = dw.forecast(curve)
    (said,) = (text for text in made.warnings if "may be runs of their own" in text)
    assert "--single-run" in said
    ahead = [4 * sizes[-1]]
    checkpoints, separate = (
        dw.forecast(curve, single_run=single).log_losses(ahead)[:, 0] for single in (True, False)
    )
    mixed = made.log_losses(ahead)[:, 0]
    assert mixed[::5] == pytest.approx(separate[::5])
    mixed[::5] = checkpoints[::5]
    assert mixed == pytest.approx(checkpoints)


def test_the_spread_of_means_is_their_noise() -> None:
    sizes = np.array([1_000, 3_000, 9_000, 27_000])
    runs = power(sizes)[:, None] * np.array([0.98, 0.99, 1.0, 1.01, 1.02])
    each = prepare(Curve(np.repeat(sizes, 5), runs.ravel(), np.tile(np.arange(5), 4)))
    means, stds = runs.mean(axis=1), runs.std(axis=1, ddof=1)
    given = prepare(Curve(sizes, means, stds=stds, runs=5))
    assert given.noise == pytest.approx(each.noise, rel=1e-9)
    assert given.run_noise == pytest.approx(each.run_noise, rel=1e-9)
    alone = prepare(Curve(sizes, means, stds=stds))
    assert alone.noise == pytest.approx(5 * each.noise, rel=1e-9)
    assert "runs=" in alone.notes[0]
    shares = prepare(Curve(sizes, 1 - means / 9, stds=stds / 9, runs=5, metric="accuracy"))
    assert shares.noise == pytest.approx(each.noise, rel=1e-9)


OUTLIERS = {
    "untrained at the largest size": ([0.9, 0.8, 0.7, 0.61], {11: 2.303}, "seed 2 at 800 samples"),
    "diverged at the smallest size": ([0.9, 0.8, 0.7, 0.61], {0: 40.0}, "seed 0 at 100 samples"),
    "two of twelve": ([0.9, 0.8, 0.7, 0.61], {4: 2.0, 8: 2.1}, "seed 1 at 200 samples"),
}


@pytest.mark.parametrize("name", OUTLIERS)
def test_a_run_that_failed_does_not_decide(name: str) -> None:
    means, failed, said = OUTLIERS[name]
    sizes, seeds = np.repeat([100, 200, 400, 800], 3), np.tile([0, 1, 2], 4)
    sound = np.repeat(means, 3) * np.resize([1.0, 1.012, 0.991], 12)
    values = sound.copy()
    for row, value in failed.items():
        values[row] = value
    without = np.delete(np.arange(12), list(failed))
    expected = prepare(Curve(sizes[without], sound[without], seeds[without]))
    found = prepare(Curve(sizes, values, seeds))
    assert found.log_loss == pytest.approx(expected.log_loss)
    assert found.noise == pytest.approx(expected.noise)
    assert said in found.notes[0]
    errors = prepare(Curve(sizes, 100 - 2 * values, seeds, metric="accuracy"))
    assert said in " ".join(errors.notes)


def test_runs_without_an_error_make_no_outlier_of_the_others() -> None:
    sizes, seeds = np.repeat([100, 300, 900], 3), np.tile([0, 1, 2], 3)
    errors = np.array([0.1, 0.11, 0.09, 0.03, 0.02, 0.04, 0.0, 0.01, 0.0])
    found = prepare(Curve(sizes, errors, seeds, metric="error"))
    assert found.notes == ()
    assert np.exp(found.log_loss[-1]) == pytest.approx(errors[-3:].mean())
    errors[7] = 0.9
    assert "seed 1 at 900 samples" in prepare(Curve(sizes, errors, seeds, metric="error")).notes[0]


def test_runs_that_failed_at_every_size_are_said() -> None:
    sizes, seeds = np.repeat([200, 600, 1800, 5400], 5), np.tile(range(5), 4)
    errors = np.repeat([0.5, 0.36, 0.27, 0.21], 5) * np.tile([0.99, 1, 1.01, 1, 1], 4)
    errors[seeds > 2] = 0.9
    found = prepare(Curve(sizes, errors, seeds, metric="error"))
    assert "lie far apart, such as seed 3 at 5,400 samples" in found.notes[0]
    assert np.exp(found.log_loss[-1]) == pytest.approx(errors[-5:].mean())


def test_of_two_runs_the_one_that_rises_is_the_outlier() -> None:
    sizes, seeds = np.repeat([100, 200, 400, 800], 2), np.tile([0, 1], 4)
    values = [0.9, 0.91, 0.8, 0.79, 0.7, 0.71, 0.61, 2.303]
    assert "seed 1 at 800 samples" in prepare(Curve(sizes, values, seeds)).notes[0]
    # Seeds that lie far apart everywhere have no outlier.
    wide = [0.9, 1.8, 0.8, 1.5, 0.7, 1.6, 0.61, 1.4]
    assert prepare(Curve(sizes, wide, seeds)).notes == ()


def test_repeated_sizes_are_no_looks_at_one_run() -> None:
    sizes = np.repeat(SIZES, 3)
    with raises("options-conflict", ForecastError):
        prepare(curve_of(sizes, noisy(power(sizes), 0.02, 0)), single_run=True)


def test_noise_of_sizes_far_from_repeated_ones_is_that_of_the_nearest() -> None:
    sizes = [100, 100, 200, 200, 400, 400, 400_000, 800_000]
    observations = prepare(curve_of(sizes, [1, 1.1, 0.9, 0.8, 0.7, 0.75, 0.3, 0.28]))
    assert 0.03 < np.sqrt(observations.run_noise) < 0.1


def test_losses_that_no_learning_curve_has_are_refused() -> None:
    with raises("loss-out-of-range", ForecastError, r"1e-20.*1e\+20"):
        prepare(curve_of([1000, 2000], [1e20, 1e-20]))
    with raises("loss-out-of-range", ForecastError):
        prepare(curve_of([10, 10, 20], [1.7e308, 1.7e308, 1.0]))


@pytest.mark.parametrize("repeated", [slice(None, 3), slice(-3, None)])
def test_a_few_sizes_with_many_seeds_show_the_noise_of_all(repeated: slice) -> None:
    runs = np.ones(len(SIZES), int)
    runs[repeated] = 10
    sizes = np.repeat(SIZES, runs)
    observations = prepare(curve_of(sizes, noisy(power(sizes), 0.1, 0)))
    assert np.sqrt(observations.run_noise) == pytest.approx(0.1, rel=0.4)
    np.testing.assert_allclose(observations.noise * runs, observations.run_noise, rtol=0.8)


def test_the_noise_of_a_few_repeats_lies_between_theirs_and_the_scatter_of_the_sizes() -> None:
    quiet = np.array([1.0, 0.8, 0.64, 0.512, 0.4096])
    sizes = [100, 200, 400, 800, 1600]
    once = prepare(curve_of(sizes, quiet * [1, 1.05, 0.95, 1.05, 1]))
    for apart in (0.001, 0.3):
        values = [*quiet * [1, 1.05, 0.95, 1.05, 1], 0.4096 * (1 + apart)]
        twice = prepare(curve_of([*sizes, 1600], values))
        pair = 2 * (apart / 2 / (1 + apart / 2)) ** 2
        low, high = sorted([pair, twice.scatter**2])
        assert low < twice.run_noise < high
        assert twice.noise[-1] == pytest.approx(twice.run_noise / 2)
        assert not twice.repeated
    assert once.run_noise == pytest.approx(once.scatter**2)


def test_a_second_run_of_the_largest_size_narrows_the_interval_there() -> None:
    sizes = np.array([250, 500, 1000, 2000, 4000])
    losses = noisy(power(sizes), 0.05, 1)
    once = dw.forecast(curve_of(sizes, losses))
    alike = dw.forecast(curve_of([*sizes, 4000], [*losses, losses[-1] * 1.01]))
    widths = [np.log(f.predict([5000]).upper / f.predict([5000]).lower)[0] for f in (once, alike)]
    assert widths[1] < 0.95 * widths[0]
