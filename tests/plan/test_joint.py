"""The choice of runs for a joint law: budget kept, reproducible, better than cheap runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from dataworth.errors import ForecastError
from dataworth.forecast.joint import forecast_joint
from dataworth.plan.joint import next_joint_runs

Floats = NDArray[np.float64]
SAMPLES, PARAMETERS = (
    grid.ravel() for grid in np.meshgrid(np.geomspace(1e8, 1e11, 9), np.geomspace(1e7, 1e10, 8))
)
COSTS = 6 * SAMPLES * PARAMETERS
AT = np.array([4e11]), np.array([4e10])
BUDGET = 0.1 * float(COSTS.sum())


def loss(samples: Floats, parameters: Floats) -> Floats:
    """As of Farseer (arXiv 2506.10972): larger models use data otherwise; no form is exact."""
    exponent = 0.30 + 0.008 * np.log(parameters / 1e7)
    return np.asarray(1.7 + 400 * parameters**-0.34 + 60 * (samples / 1e4) ** -exponent)


LOSSES = loss(SAMPLES, PARAMETERS) * np.exp(
    0.003 * np.random.default_rng(0).standard_normal(len(COSTS))
)


def played() -> list[list[int]]:
    """Batches of runs until the budget is spent."""
    values = np.full(len(COSTS), math.nan)
    batches = []
    while runs := next_joint_runs(SAMPLES, PARAMETERS, values, at=AT, budget=BUDGET):
        values[runs] = LOSSES[runs]
        batches.append(runs)
    return batches


def error_of(runs: list[int]) -> float:
    forecast = forecast_joint(SAMPLES[runs], PARAMETERS[runs], LOSSES[runs])
    return abs(math.log(forecast.predict(*AT).median[0] / loss(*AT)[0]))


def test_the_budget_is_kept_and_buys_more_than_cheap_runs_do() -> None:
    batches = played()
    runs = [run for batch in batches for run in batch]
    assert len(set(runs)) == len(runs)
    assert COSTS[runs].sum() <= BUDGET
    cheap = np.argsort(COSTS)
    cheap = cheap[np.cumsum(COSTS[cheap]) <= BUDGET]
    assert error_of(runs) < error_of(cheap.tolist())
    assert len(runs) < len(cheap)


def test_it_begins_with_runs_that_lie_apart_and_cost_little() -> None:
    values = np.full(len(COSTS), math.nan)
    first = next_joint_runs(SAMPLES, PARAMETERS, values, at=AT, budget=BUDGET)
    assert COSTS[first].sum() <= 0.1 * BUDGET
    assert len(set(SAMPLES[first])) >= 3
    assert len(set(PARAMETERS[first])) >= 3
    # The plan goes on alike where a part of a batch is done.
    values[first[:3]] = LOSSES[first[:3]]
    assert next_joint_runs(SAMPLES, PARAMETERS, values, at=AT, budget=BUDGET) == first[3:]


def test_a_budget_without_room_for_a_run_gives_none() -> None:
    values = np.full(len(COSTS), math.nan)
    least = 0.9 * float(COSTS.min())
    assert next_joint_runs(SAMPLES, PARAMETERS, values, at=AT, budget=least) == []


def test_costs_of_the_user_decide_what_has_room() -> None:
    values = np.full(len(COSTS), math.nan)
    runs = next_joint_runs(
        SAMPLES, PARAMETERS, values, at=AT, budget=4.0, costs=np.ones(len(COSTS))
    )
    assert len(runs) == 4


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"values": [1.0]}, "shape-mismatch"),
        ({"at": ([1e9], [1e8, 1e9])}, "shape-mismatch"),
        ({"budget": 0.0}, "value-out-of-range"),
        ({"budget": math.nan}, "value-out-of-range"),
        ({"samples": -SAMPLES}, "value-out-of-range"),
        ({"costs": np.zeros(len(COSTS))}, "value-out-of-range"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, object], code: str) -> None:
    given = {
        "samples": SAMPLES,
        "parameters": PARAMETERS,
        "values": LOSSES,
        "at": AT,
        "budget": BUDGET,
    }
    with pytest.raises(ForecastError) as caught:
        next_joint_runs(**(given | changed))  # type: ignore[arg-type]
    assert caught.value.code == code
