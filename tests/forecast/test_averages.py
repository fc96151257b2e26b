"""Averages over the runs of each size, however many runs each has."""

from __future__ import annotations

import numpy as np
import pytest
from law_curves import power

from dataworth import Curve
from dataworth.forecast.averages import averaged
from dataworth.forecast.prepare import prepare

RUNS = np.array([1, 3, 2, 3, 9, 1, 2])
SIZES = 1000 * 2 ** np.arange(len(RUNS))


def losses() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [
        float(power([size])[0]) * np.exp(0.01 * rng.normal(size=runs))
        for size, runs in zip(SIZES, RUNS, strict=True)
    ]


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_each_size_is_averaged_by_itself(metric: str) -> None:
    rows = losses()
    values = rows if metric == "loss" else [1 - row / 4 for row in rows]
    errors = rows if metric == "loss" else [1 - row for row in values]
    found = averaged(Curve(np.repeat(SIZES, RUNS), np.concatenate(values), metric=metric))
    np.testing.assert_array_equal(found.sizes, SIZES)
    np.testing.assert_array_equal(found.runs, RUNS)
    np.testing.assert_array_equal(found.freedom, RUNS - 1)
    np.testing.assert_array_equal(found.means, [row.mean() for row in errors])
    np.testing.assert_array_equal(
        found.spread, [((row / row.mean() - 1) ** 2).sum() for row in errors]
    )


@pytest.mark.parametrize("rounding", [0.0, 1e-7])
def test_runs_of_the_largest_size_that_are_alike_count_as_one(rounding: float) -> None:
    rng = np.random.default_rng(6)
    values = power(np.repeat(SIZES, 3)) * np.exp(0.01 * rng.normal(size=3 * len(SIZES)))
    values[-3:] = values[-1] * (1 + rounding * np.array([0, 1, 2]))
    found = averaged(Curve(np.repeat(SIZES, 3), values))
    assert found.runs.tolist() == [3] * (len(SIZES) - 1) + [1]
    assert (found.freedom[-1], found.spread[-1]) == (0, 0)
    assert any("count as one run" in note for note in found.notes)
    observations = prepare(Curve(np.repeat(SIZES, 3), values))
    # Its noise is that of one run of its neighbours.
    assert observations.noise[-1] == pytest.approx(3 * observations.noise[-2], rel=0.5)
    noisy = averaged(Curve(np.repeat(SIZES, 3), values * np.exp(1e-4 * rng.normal(size=21))))
    assert noisy.runs.tolist() == [3] * len(SIZES)


def test_means_that_were_given_are_weighted_by_their_runs() -> None:
    sizes, means = np.repeat(SIZES, 2), power(np.repeat(SIZES, 2))
    means[::2] *= 1.02
    runs = np.resize([1, 3, 4], len(sizes))
    found = averaged(Curve(sizes, means, stds=0.02 * means, runs=runs))
    weighted = [np.average(means[at : at + 2], weights=runs[at : at + 2]) for at in range(0, 14, 2)]
    np.testing.assert_array_equal(found.means, weighted)
    np.testing.assert_array_equal(found.runs, runs[::2] + runs[1::2])


def test_a_log_of_many_steps_is_averaged_at_once() -> None:
    steps = np.arange(1, 100_001)
    found = averaged(Curve(steps, steps**-0.3))
    np.testing.assert_array_equal(found.means, steps**-0.3)
    assert (found.runs == 1).all()
    assert (found.spread == 0).all()
