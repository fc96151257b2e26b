"""The outlook: what narrows an interval, and by how much."""

from __future__ import annotations

import pytest

from dataworth.plan.outlook import Outlook


def outlook(spread: float = 0.2, noise: float = 0.02) -> Outlook:
    return Outlook({100: 1, 400: 1, 1_600: 1}, 100_000, spread, noise, 4.0)


def test_nothing_more_leaves_the_interval_of_the_forecast() -> None:
    assert outlook().after({}) == pytest.approx(0.2)


def test_more_runs_never_widen_it() -> None:
    found = [outlook().after(extra) for extra in ({1_600: 1}, {1_600: 3}, {1_600: 3, 6_400: 1})]
    assert 0.2 > found[0] > found[1] > found[2]


def test_distance_is_worth_more_than_seeds_of_a_quiet_curve() -> None:
    assert outlook(noise=0.01).after({6_400: 1}) < outlook(noise=0.01).after({1_600: 4})


def test_seeds_are_worth_more_the_noisier_the_runs() -> None:
    quiet, noisy = (outlook(noise=n).after({1_600: 4}) / 0.2 for n in (0.005, 0.1))
    assert noisy < quiet


def test_the_size_itself_leaves_the_noise_of_a_run() -> None:
    assert outlook().after({100_000: 1}) < 0.03
    assert outlook().after({100_000: 4}) < outlook().after({100_000: 1})


def test_a_larger_size_narrows_an_interval_less_that_is_narrow_already() -> None:
    kept = [outlook(spread=s, noise=0.001).after({6_400: 1}) / s for s in (0.02, 0.2, 2.0)]
    assert kept[0] > kept[1] > kept[2]


def test_the_chance_of_a_spread_is_even_at_the_one_that_is_expected() -> None:
    for extra in ({6_400: 1}, {1_600: 2}):
        expected = outlook().after(extra)
        assert outlook().chance(extra, expected) == pytest.approx(0.5)
        assert outlook().chance(extra, expected / 2) < 0.2
        assert outlook().chance(extra, 2 * expected) > 0.8
