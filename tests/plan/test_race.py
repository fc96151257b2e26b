"""The race of models: equal sizes, halving within a budget, and what it says at its end."""

from __future__ import annotations

from collections import Counter

import pytest
from planned_study import Law, done, key_of, planner_of, play, power_law

from dataworth.plan.adaptive import Adaptive
from dataworth.plan.budget import Budget
from dataworth.plan.goal import Goal
from dataworth.records.record import Record, RunKey

MOST = 50_000
GOAL = Goal(at=MOST, sure=0.9)
LAWS: dict[str, Law] = {
    name: power_law(floor)
    for name, floor in {"a": 0.2, "b": 0.12, "c": 0.1, "d": 0.11, "e": 0.18, "f": 0.14}.items()
}
BUDGET = Budget(samples=0.2 * len(LAWS) * MOST)


def racing(budget: Budget | None = BUDGET, goal: Goal = GOAL) -> Adaptive:
    return planner_of(goal, budget, list(LAWS), most=MOST)


@pytest.fixture(scope="module")
def raced() -> tuple[Adaptive, list[Record]]:
    """A race that has ended, within a fifth of the cost of training all on everything."""
    planner = racing()
    return planner, play(planner, LAWS, noise=0.01)


def stop_of(planner: Adaptive) -> tuple[str, str]:
    assert planner.last is not None
    assert planner.last.stop is not None
    return planner.last.stop.kind, planner.last.stop.message


def test_each_rung_has_one_size_and_the_better_half_of_the_one_before(
    raced: tuple[Adaptive, list[Record]],
) -> None:
    _, records = raced
    rungs = Counter(record.key.size for record in records)
    assert [rungs[size] for size in sorted(rungs)][:4] == [6, 6, 6, 3]
    assert {record.key.seed for record in records} == {0}
    assert "c" in {r.key.learner for r in records if r.key.size == max(rungs)}


def test_the_budget_is_kept_and_used(raced: tuple[Adaptive, list[Record]]) -> None:
    _, records = raced
    trained = sum(record.key.size for record in records)
    assert BUDGET.samples is not None
    assert 0.7 * BUDGET.samples < trained <= BUDGET.samples


def test_the_end_names_the_leader_and_how_surely_it_is_the_best(
    raced: tuple[Adaptive, list[Record]],
) -> None:
    planner, _ = raced
    kind, message = stop_of(planner)
    assert kind in ("spent", "met")
    assert "c is the best with a probability of 0." in message


def test_a_resumed_race_goes_on_with_the_run_it_would_have_had(
    raced: tuple[Adaptive, list[Record]],
) -> None:
    _, records = raced
    for count in (5, 12, 14, 18, len(records) - 1):
        (key,) = racing().next(records[:count][::-1], [], 1)
        assert key == records[count].key


def test_the_runs_of_a_rung_are_done_side_by_side(raced: tuple[Adaptive, list[Record]]) -> None:
    _, records = raced
    rung = [record.key for record in records[12:18]]
    assert racing().next(records[:12], [], 8) == rung
    assert racing().next(records[:12], rung[:4], 4) == rung[4:]
    assert racing().next(records[:13], rung[1:], 4) == []


def test_without_a_budget_only_models_that_are_unlikely_to_be_the_best_are_left_out() -> None:
    laws: dict[str, Law] = {"a": power_law(0.1), "b": power_law(0.1001), "c": power_law(0.6)}
    planner = planner_of(GOAL, None, list(laws), most=MOST)
    records = play(planner, laws, noise=0.03)
    largest = {n: max(r.key.size for r in records if r.key.learner == n) for n in laws}
    assert largest["a"] == largest["b"] == MOST
    assert largest["c"] < MOST / 4
    kind, message = stop_of(planner)
    assert kind == "met" or "No further run would help" in message


def test_models_as_good_as_the_best_need_no_decision() -> None:
    laws: dict[str, Law] = {"a": power_law(0.1), "b": power_law(0.1001)}
    planner = planner_of(Goal(at=MOST, sure=0.8, within=0.3), None, list(laws), most=MOST)
    records = play(planner, laws, noise=0.01)
    assert stop_of(planner)[0] == "met"
    assert "or as good" in stop_of(planner)[1]
    assert max(record.key.size for record in records) < MOST


def test_a_model_that_fails_at_large_sizes_is_left_out_and_said_to_be() -> None:
    def fails(key: RunKey) -> bool:
        return key.learner == "c" and key.size > 500

    planner = racing()
    records = play(planner, LAWS, noise=0.01, fails=fails)
    assert planner.last is not None
    assert any(note.startswith("c is left out") for note in planner.last.notes)
    assert sum(fails(record.key) for record in records) == 2


def test_a_budget_without_room_for_the_first_runs_ends_the_race() -> None:
    planner = racing(Budget(samples=30))
    assert planner.next([], [], 1) == []
    kind, message = stop_of(planner)
    assert kind == "spent"
    assert "no room for the first runs" in message


def test_a_grid_that_is_there_is_continued_by_seeds_of_its_largest_size() -> None:
    laws: dict[str, Law] = {"a": power_law(0.1), "b": power_law(0.1001)}
    sizes = (500, 5_000, MOST)
    grid = [done(key_of(m, n, s), laws[m], 0.03) for m in laws for n in sizes for s in (0, 1)]
    keys = planner_of(GOAL, None, list(laws), most=MOST).next(grid, [], 8)
    assert keys == [key_of(m, MOST, 2) for m in laws]
