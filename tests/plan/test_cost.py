"""The cost of runs: the power law and its error."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from planned_study import done, failed, key_of, power_law

from dataworth.plan.budget import Budget
from dataworth.plan.cost import Costs, fit_cost
from dataworth.plan.spending import Spending
from dataworth.records.record import COMPILE_SECONDS


def test_a_power_law_is_found() -> None:
    sizes = [100, 400, 1_600, 6_400]
    law = fit_cost(sizes, [1e-4 * n**1.3 for n in sizes])
    assert law is not None
    cost = law.at(25_600)
    assert abs(math.log(cost.seconds / (1e-4 * 25_600**1.3))) < 2 * cost.error
    assert law.exponent == pytest.approx(1.3, abs=0.15)


def test_the_error_grows_with_the_distance_and_falls_with_the_runs() -> None:
    few = fit_cost([100], [1.0])
    many = fit_cost([100, 1_000, 10_000], [1.0, 10.0, 100.0])
    assert few is not None
    assert many is not None
    assert few.at(100).error < few.at(1_000).error < few.at(100_000).error
    assert many.at(100_000).error < few.at(100_000).error
    assert few.at(1_000).most > few.at(1_000).seconds


def test_the_time_of_starting_small_runs_does_not_hide_the_growth() -> None:
    sizes = [100, 400, 1_600, 6_400, 25_600]
    law = fit_cost(sizes, [0.5 + 1e-3 * n for n in sizes])
    assert law is not None
    assert law.at(102_400).seconds == pytest.approx(102.9, rel=0.4)


def test_the_loading_of_libraries_by_the_first_run_is_none_of_the_next_ones() -> None:
    sizes = [700, 3_000, 12_000, 34_000]
    times = [5e-3 * n for n in sizes]
    law, slow = fit_cost(sizes, times), fit_cost(sizes, [30.0, *times[1:]])
    assert law is not None
    assert slow is not None
    assert slow.at(190_000).seconds == pytest.approx(law.at(190_000).seconds, rel=0.3)


def test_a_constant_time_of_each_run_is_no_slow_growth() -> None:
    sizes = [743, 2_971, 11_886, 33_617]
    law = fit_cost(sizes, [20 + 1e-3 * n for n in sizes])
    assert law is not None
    assert law.at(190_000).seconds == pytest.approx(210, rel=0.2)


@pytest.mark.parametrize("seconds", [0.0, math.nan, -1.0])
def test_times_that_say_nothing_are_left_out(seconds: float) -> None:
    assert fit_cost([100], [seconds]) is None


def test_compiling_counts_as_far_as_each_run_does_it() -> None:
    def seconds(compiling: list[float]) -> float:
        records = [
            replace(each, seconds=each.seconds + more, facts={COMPILE_SECONDS: more})
            for each, more in zip(runs, compiling, strict=True)
        ]
        return Costs(records, ["a"]).of("a", 40_000).seconds

    runs = [done(key_of("a", n, 0), power_law()) for n in (1_000, 4_000, 16_000)]
    alone = seconds([0.0, 0.0, 0.0])
    assert seconds([30.0, 0.0, 0.0]) == pytest.approx(alone)
    assert seconds([30.0, 8.0, 9.0]) == pytest.approx(alone + 8.0, rel=0.2)


def test_a_model_without_a_run_costs_what_others_cost_with_a_larger_error() -> None:
    records = [done(key_of("a", n, 0), power_law()) for n in (100, 1_000)]
    costs = Costs([*records, failed(key_of("b", 100, 0))], ["a", "b"])
    assert costs.of("b", 1_000).seconds == costs.of("a", 1_000).seconds
    assert costs.of("b", 1_000).error > costs.of("a", 1_000).error


def test_samples_stand_for_time_where_none_is_known() -> None:
    costs = Costs([], ["a"])
    spending = Spending(None, costs, [], [], 1)
    assert not costs.known
    assert spending.price([("a", 100), ("a", 300)]) == 400
    assert math.isnan(spending.seconds_of(key_of("a", 100, 0)))


def test_prices_are_shares_of_what_is_left_by_the_limit_that_is_nearest() -> None:
    records = [done(key_of("a", n, 0), power_law()) for n in (1_000, 4_000)]
    costs = Costs(records, ["a"])
    samples = Spending(Budget(samples=25_000), costs, records, [key_of("a", 16_000, 0)], 1)
    assert samples.price([("a", 2_000)]) == pytest.approx(0.5)
    runs = Spending(Budget(runs=4, samples=1e9), costs, records, [], 1)
    assert runs.price([("a", 2_000)]) == pytest.approx(0.5)
    spent = Spending(Budget(runs=2), costs, records, [], 1)
    assert spent.price([("a", 1)]) == math.inf


def test_two_workers_have_twice_the_time_but_no_run_can_be_split() -> None:
    records = [done(key_of("a", n, 0), power_law()) for n in (1_000, 4_000)]
    costs = Costs(records, ["a"])
    one, two = (Spending(Budget(seconds=2.0), costs, records, [], slots) for slots in (1, 2))
    several = [("a", 4_000)] * 2
    assert two.price(several) < 0.6 * one.price(several)
    assert two.price([("a", 16_000)]) > 0.8 * one.price([("a", 16_000)])
