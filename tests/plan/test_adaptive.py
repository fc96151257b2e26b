"""The adaptive plan: what it asks for, when it stops, and that it is reproducible."""

from __future__ import annotations

import math
import re

import pytest
from planned_study import curve_of, done, failed, key_of, planner_of, play, power_law

from dataworth.forecast.api import forecast
from dataworth.plan.adaptive import Adaptive, size_ladder
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice
from dataworth.plan.goal import Goal
from dataworth.records.record import RunKey


def stop_of(planner: Adaptive) -> tuple[str, str]:
    assert planner.last is not None
    assert planner.last.stop is not None
    return planner.last.stop.kind, planner.last.stop.message


def test_a_goal_is_met_for_less_than_a_grid_and_the_truth_lies_within() -> None:
    planner, law = planner_of(Goal(at=100_000, within=0.15)), power_law()
    records = play(planner, {"a": law}, noise=0.01)
    assert stop_of(planner)[0] == "met"
    grid = 3 * sum(100_000 // 3**i for i in range(5))
    assert sum(record.key.size for record in records) < grid / 3
    ahead = forecast(curve_of("a", records)).predict([100_000])
    assert ahead.lower[0] <= law(100_000) <= ahead.upper[0]
    assert (ahead.upper[0] - ahead.lower[0]) / 2 <= 0.15 * ahead.median[0] * 1.001


def test_it_begins_with_three_small_sizes_and_goes_on_to_larger_ones() -> None:
    planner = planner_of(Goal(at=100_000, within=0.05))
    records = play(planner, {"a": power_law()}, noise=0.005)
    sizes = [record.key.size for record in records]
    assert sizes[:3] == sorted(sizes[:3])
    assert sizes[2] < 100_000 / 10
    assert max(sizes) > 2 * sizes[2]


def test_noise_is_met_with_seeds_and_a_quiet_curve_with_distance() -> None:
    goal = Goal(at=8_000, within=0.04)
    most: dict[float, int] = {}
    for noise in (0.002, 0.08):
        planner = planner_of(goal, Budget(samples=60_000), most=8_000)
        records = play(planner, {"a": power_law(0.2)}, noise=noise)
        at_largest = max(record.key.size for record in records)
        most[noise] = sum(record.key.size == at_largest for record in records)
    assert most[0.08] > most[0.002]


@pytest.mark.parametrize(
    "budget",
    [
        Budget(samples=20_000),
        Budget(runs=4),
        Budget(seconds=3.0),
        Budget(money=1, price_per_hour=1_000),
    ],
)
def test_a_budget_is_kept_and_named(budget: Budget) -> None:
    planner = planner_of(Goal(at=10_000_000, within=0.001), budget)
    records = play(planner, {"a": power_law()})
    assert stop_of(planner)[0] == "spent"
    assert budget.describe() in stop_of(planner)[1]
    assert len(records) >= 3
    assert sum(record.key.size for record in records) <= (budget.samples or 1e9)
    assert len(records) <= (budget.runs or 1e9)
    limit = 1.3 * min(budget.seconds or math.inf, budget.worker_seconds)
    assert sum(record.seconds for record in records) <= limit


def test_a_budget_smaller_than_a_run_ends_before_it() -> None:
    planner = planner_of(Goal(at=100_000), Budget(samples=10))
    assert planner.next([], [], 1) == []
    assert stop_of(planner)[0] == "spent"
    assert "no room for a run of a on 69 samples" in stop_of(planner)[1]


def test_a_goal_that_is_met_already_asks_for_nothing() -> None:
    records = [
        done(key_of("a", n, s), power_law(), 0.01)
        for n in size_ladder(64, 100_000)
        for s in range(3)
    ]
    planner = planner_of(Goal(at=100_000, within=0.1))
    assert planner.next(records, [], 1) == []
    assert stop_of(planner)[0] == "met"


def test_a_goal_beyond_the_data_says_how_many_rows_it_would_take() -> None:
    planner = planner_of(Goal(at=10_000_000, within=0.05), most=20_000)
    records = play(planner, {"a": power_law()}, noise=0.01)
    kind, message = stop_of(planner)
    assert kind == "no-help"
    assert "the goal is the 90 % interval at 10,000,000 samples" in message
    assert "The largest size, 20,000, was used" in message
    assert planner.last is not None
    assert any("there are 20,000: the forecast goes on from there" in n for n in planner.last.notes)
    assert max(record.key.size for record in records) == 20_000


def test_small_sizes_alone_do_not_meet_a_goal_as_a_curve_may_be_flat_there() -> None:
    def law(size: int) -> float:
        return 0.5 / math.sqrt(max(size / 5_000, 1.0))

    planner = planner_of(Goal(at=50_000, within=0.1))
    records = play(planner, {"a": law}, noise=1e-4)
    assert max(record.key.size for record in records) > 5_000


def test_without_a_budget_no_seed_is_added_at_sizes_far_below_that_of_the_goal() -> None:
    planner = planner_of(Goal(at=10_000_000, within=0.02), most=20_000)
    records = play(planner, {"a": power_law()}, noise=0.05)
    assert len({record.key.size for record in records}) == len(records)


def test_a_model_whose_runs_all_fail_is_given_up_and_the_others_go_on() -> None:
    planner = planner_of(Goal(at=50_000, within=0.1), models=["a", "b"], most=50_000)
    records = play(planner, {"a": power_law(), "b": power_law()}, fails=lambda k: k.learner == "b")
    assert stop_of(planner)[0] == "met"
    assert planner.last is not None
    assert any("all 3 runs of b failed" in n and "no such leaf" in n for n in planner.last.given_up)
    assert sum(record.key.learner == "b" for record in records) == 3


def test_models_that_all_fail_end_the_plan() -> None:
    planner = planner_of(Goal(at=50_000))
    records = play(planner, {"a": power_law()}, fails=lambda _: True)
    assert len(records) == 3
    assert stop_of(planner)[0] == "failed"


def test_sizes_at_which_runs_fail_are_left_alone() -> None:
    def too_large(key: RunKey) -> bool:
        return key.size > 10_000

    planner = planner_of(Goal(at=100_000, within=0.01))
    records = play(planner, {"a": power_law()}, fails=too_large)
    assert sum(too_large(record.key) for record in records) < 20
    assert planner.next(records, [], 1) == []


def test_a_target_is_decided_either_way() -> None:
    law = power_law(0.1)
    for goal, chance in ((Goal(target=0.3), 1.0), (Goal(target=0.09, at=100_000), 0.0)):
        planner = planner_of(goal)
        play(planner, {"a": law}, noise=0.01)
        kind, message = stop_of(planner)
        assert kind == "met"
        said = re.search(r"probability of ([0-9.e-]+)[.,]( with [0-9,]+ samples)?", message[60:])
        assert said is not None
        assert abs(float(said[1].rstrip(".")) - chance) <= 0.1
        assert (said[2] is not None) == (chance == 1)


def test_the_same_records_give_the_same_plan_and_a_resumed_study_goes_on_with_it() -> None:
    goal, law = Goal(at=100_000, within=0.1), power_law()
    records = play(planner_of(goal), {"a": law})
    for count in range(len(records)):
        # A new planner, as after a restart, and records in another order.
        (key,) = planner_of(goal).next(records[:count][::-1], [], 1)
        assert key == records[count].key


def test_several_workers_get_different_runs_and_none_that_is_under_way() -> None:
    planner = planner_of(Goal(at=100_000, within=0.05), models=["a", "b"])
    first = planner.next([], [], 4)
    assert len(set(first)) == 4
    more = planner.next([], first, 2)
    assert not set(first) & set(more)
    records = [done(key, power_law()) for key in [*first, *more]]
    running = planner.next(records, [], 2)
    assert running
    assert not set(running) & set(planner.next(records, running, 2))


def test_free_workers_get_what_comes_next_if_the_runs_under_way_turn_out_as_expected() -> None:
    records = [done(key_of("a", n, 0), power_law()) for n in (400, 1_600, 6_400)]
    goal = Goal(at=10_000_000)
    way = [choice.key for choice in planner_of(goal).plan(records).choices]
    batch = planner_of(goal).next(records, [], 4)
    assert len(set(batch)) == len(batch) > len(way)
    assert batch[: len(way)] == way
    assert planner_of(goal).next(records, way, 4 - len(way)) == batch[len(way) :]


def test_a_batch_keeps_within_the_budget() -> None:
    records = [done(key_of("a", n, 0), power_law()) for n in (400, 1_600, 6_400)]
    budget = Budget(samples=60_000)
    keys = planner_of(Goal(at=10_000_000), budget).next(records, [], 8)
    assert keys
    assert sum(key.size for key in keys) <= 60_000 - 8_400


def test_a_run_says_what_it_is_expected_to_do() -> None:
    planner = planner_of(Goal(at=100_000, within=0.05))
    records = [done(key_of("a", n, 0), power_law()) for n in (400, 1_600, 6_400)]
    choice = planner.plan(records).choices[0]
    assert choice.width_after < choice.width_now
    assert choice.seconds == pytest.approx(choice.key.size / 1e4, rel=0.5)
    assert "larger size" in choice.reason


def test_a_run_of_no_time_is_not_about_under_a_thousandth_of_a_second() -> None:
    said = [Choice(key_of("a", 9, 0), s, math.nan, math.nan, "").describe() for s in (1e-5, 2.0)]
    assert ", under 0.001 s;" in said[0]
    assert ", about 2 s;" in said[1]


def test_costs_of_zero_are_planned_by_samples() -> None:
    law = power_law()
    records = [done(key_of("a", n, 0), law, rate=float("inf")) for n in (400, 1_600, 6_400)]
    assert planner_of(Goal(at=100_000), Budget(seconds=60)).next(records, [], 1)


def test_a_failed_run_is_done_with_another_seed() -> None:
    planner = planner_of(Goal(at=100_000))
    (first,) = planner.next([], [], 1)
    (second,) = planner.next([failed(first)], [], 1)
    assert (second.size, second.seed) == (first.size, first.seed + 1)


def test_a_ladder_ends_at_the_largest_size() -> None:
    assert size_ladder(100, 400) == [100, 141, 200, 283, 400]
    assert size_ladder(400, 400) == [400]
    assert size_ladder(500, 400) == [400]
