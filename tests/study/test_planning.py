"""A study with a goal: which runs are done, what is stored and said of them, and how it resumes."""

from __future__ import annotations

import json
import math
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises, warns

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.observers.base import Observer
from dataworth.observers.json_lines import JsonLines
from dataworth.plan.choice import Choice, Stop
from dataworth.plan.stored import stored_plan
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.study.planning import next_runs
from dataworth.study.run import Outcome
from dataworth.study.toml import read_studies

pytestmark = pytest.mark.usefixtures("no_picture")

Train = Callable[[dw.Run], dict[str, float]]
GOAL = dw.Goal(at=20_000, within=0.1)


def learns(floor: float = 0.05, noise: float = 0.01, fails_from: float = math.inf) -> Train:
    """A model whose error follows a power law."""

    def train(run: dw.Run) -> dict[str, float]:
        if run.size >= fails_from:
            raise ValueError("too many rows")
        random = np.random.default_rng([run.size, run.seed, round(1000 * floor)])
        drawn = math.exp(noise * random.standard_normal())
        return {"error": (floor + 2 * float(run.size) ** -0.4) * drawn}

    return train


def study(model: Any = None, rows: int = 20_000, **options: Any) -> dw.Study:
    given: dict[str, Any] = {"held_out": 0, "goal": GOAL, "name": "planned"}
    return dw.Study(rows, model or learns(), **(given | options))


class Heard(Observer):
    """Remembers what a plan says; `stop_after` so many runs it interrupts the study."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.events: list[tuple[str, Any]] = []
        self.stop_after = stop_after

    def on_choice(self, choice: Choice) -> None:
        self.events.append(("choice", choice))

    def on_notice(self, text: str) -> None:
        self.events.append(("notice", text))

    def on_stop(self, stop: Stop) -> None:
        self.events.append(("stop", stop))

    def on_record(self, record: Record) -> None:
        self.events.append(("run", record.key))
        if len(self.of("run")) == self.stop_after:
            raise KeyboardInterrupt

    def of(self, event: str) -> list[Any]:
        return [value for name, value in self.events if name == event]


def keys_in(directory: Path) -> list[RunKey]:
    """The keys of all runs of a directory."""
    with Store(directory) as store:
        return [record.key for record in store.records(None)]


def plan_in(directory: Path) -> dict[str, Any]:
    with Store(directory) as store:
        found = stored_plan(store)
    assert found is not None
    return found.to_dict()


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Heard]:
    """A study that has met its goal; its directory is only read."""
    heard = Heard()
    directory = tmp_path_factory.mktemp("met") / "run"
    return study().run_in(directory, progress=heard), heard


def test_a_goal_is_met_without_sizes_and_seeds(met: tuple[Outcome, Heard]) -> None:
    outcome, _ = met
    assert outcome.stop is not None
    assert outcome.stop.kind == "met"
    assert outcome.curve is not None
    assert len(outcome.curve) == outcome.trained
    assert sum(outcome.curve.samples.tolist()) < 2 * 20_000
    ahead = dw.forecast(outcome.curve).predict([20_000])
    assert (ahead.upper[0] - ahead.lower[0]) / 2 <= 0.1 * ahead.median[0] * 1.001


def test_observers_hear_of_each_choice_before_its_run(met: tuple[Outcome, Heard]) -> None:
    outcome, heard = met
    names = [name for name, _ in heard.events]
    assert names == ["choice", "run"] * outcome.trained + ["stop"]
    assert [choice.key for choice in heard.of("choice")] == heard.of("run")
    assert heard.of("stop") == [outcome.stop]


def test_each_choice_is_stored_with_its_reason(met: tuple[Outcome, Heard]) -> None:
    outcome, heard = met
    plan = plan_in(outcome.directory)
    assert plan["goal"] == GOAL.to_dict()
    assert plan["choices"] == [choice.to_dict() for choice in heard.of("choice")]
    assert all(each["reason"] for each in plan["choices"])
    first, last = plan["choices"][0], plan["choices"][-1]
    assert first["interval"] is None
    assert last["expected_interval"] <= last["interval"]
    assert plan["stop"] == heard.of("stop")[0].to_dict()
    assert plan["intervals"]["train"] <= 0.1


def test_the_study_file_has_the_goal_and_neither_sizes_nor_seeds(
    met: tuple[Outcome, Heard],
) -> None:
    values = tomllib.loads((met[0].directory / "study.toml").read_text("utf-8"))
    assert values["goal"] == GOAL.to_dict()
    assert not {"sizes", "seeds", "budget"} & set(values)


def test_a_study_file_can_have_a_goal_and_a_budget(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text('data = "digits"\nmodel = "linear"\nbudget = "2h"\n[goal]\nat = 5000\n')
    (read,) = read_studies(file)
    assert read.goal == dw.Goal(at=5_000)
    assert read.budget == dw.Budget(seconds=7_200)


def test_a_stopped_study_goes_on_with_its_plan(tmp_path: Path) -> None:
    model, stopped = learns(), []
    for count in (2, 1):
        with pytest.raises(KeyboardInterrupt):
            study(model).run_in(tmp_path, progress=(heard := Heard(stop_after=count)))
        stopped += heard.of("run")
    # Without the goal: the directory has it.
    outcome = study(model, goal=None).run_in(tmp_path)
    assert outcome.stop is not None
    assert outcome.stop.kind == "met"
    chosen = [each["key"] for each in plan_in(tmp_path)["choices"]]
    assert chosen[:3] == [key.digest for key in stopped]
    assert sorted(chosen) == sorted(key.digest for key in keys_in(tmp_path))


def test_the_same_records_give_the_same_next_runs(
    met: tuple[Outcome, Heard], tmp_path: Path
) -> None:
    outcome, heard = met
    resolved, done = study().resolve(), heard.of("run")
    with Store(outcome.directory) as store:
        records = {record.key: record for record in store.records()}
        meta = {name: value for name, value in store.meta().items() if name != "plan"}
    for count, key in enumerate(done):
        with Store(tmp_path / f"{count}", write=True) as store:
            store.set_meta(meta)
            for before in reversed(done[:count]):
                store.add(records[before])
            assert next_runs(resolved, store, 1).next([], 1) == [key]


def test_a_goal_that_is_met_already_needs_no_run(
    met: tuple[Outcome, Heard], tmp_path: Path
) -> None:
    first = met[0]
    shutil.copytree(first.directory, tmp_path, dirs_exist_ok=True)
    again = study().run_in(tmp_path, progress=(heard := Heard()))
    assert again.trained == 0
    assert again.stop == first.stop
    assert [name for name, _ in heard.events] == ["stop"]


def test_another_goal_uses_all_runs_that_are_there(tmp_path: Path) -> None:
    model = learns()
    first = study(model, goal=None, sizes=[500, 2_000], seeds=2).run_in(tmp_path)
    assert first.stop is None
    study(model).run_in(tmp_path)
    tight = study(model).run_in(tmp_path, goal=dw.Goal(at=20_000, within=0.05))
    assert tight.curve is not None
    keys = keys_in(tmp_path)
    assert {500, 2_000} <= {key.size for key in keys}
    assert len(set(keys)) == len(keys)
    plan = plan_in(tmp_path)
    assert plan["goal"]["within"] == 0.05
    assert [each["goal"] for each in plan["before"]] == [GOAL.to_dict()]


def test_a_target_stays_one_of_its_metric(tmp_path: Path) -> None:
    train = learns()

    def both(run: dw.Run) -> dict[str, float]:
        error = train(run)["error"]
        return {"loss": 3 * error, "error": error}

    goal = dw.Goal(target=0.1)
    study(both, metric="error", goal=goal, budget="9 runs").run_in(tmp_path)
    again = study(both, goal=None).planned(tmp_path)
    assert (again.goal, again.metric) == (goal, "error")
    with raises("options-conflict", StudyError, "a target of error, 0.1, and the metric is now"):
        study(both, metric="loss", goal=None).planned(tmp_path)
    other = dw.Goal(target=0.3)
    assert study(both, metric="loss", goal=None).planned(tmp_path, other).metric == "loss"


def test_a_study_with_sizes_stays_a_grid_where_there_is_a_plan(
    met: tuple[Outcome, Heard], tmp_path: Path
) -> None:
    shutil.copytree(met[0].directory, tmp_path, dirs_exist_ok=True)
    grid = study(goal=None, sizes=[100, 300], seeds=2).run_in(tmp_path)
    assert grid.stop is None
    assert grid.trained == 4
    values = tomllib.loads((tmp_path / "study.toml").read_text("utf-8"))
    assert values["sizes"] == [100, 300]


def test_sizes_and_seeds_limit_a_plan(tmp_path: Path) -> None:
    outcome = study(sizes=[100, 400, 1_600, 6_400], seeds=[3, 4]).run_in(tmp_path)
    assert {key.size for key in keys_in(tmp_path)} <= {100, 400, 1_600, 6_400}
    assert {key.seed for key in keys_in(tmp_path)} <= {3, 4}
    assert outcome.stop is not None


@pytest.mark.parametrize("budget", ["2 runs", dw.Budget(samples=300)])
def test_a_budget_is_kept_and_a_larger_one_goes_on(budget: str | dw.Budget, tmp_path: Path) -> None:
    model = learns()
    few = study(model).run_in(tmp_path, goal=GOAL, budget=budget)
    assert few.stop is not None
    assert few.stop.kind == "spent"
    keys = keys_in(tmp_path)
    assert len(keys) <= 2 or sum(key.size for key in keys) <= 300
    more = study(model, goal=None).run_in(tmp_path, budget="100 runs")
    assert more.stop is not None
    assert more.stop.kind == "met"
    assert plan_in(tmp_path)["budget"] == {"runs": 100}


def test_a_budget_smaller_than_one_run_is_an_error_and_nothing_is_run(tmp_path: Path) -> None:
    with raises("no-runs", StudyError, "5 samples"):
        study(budget=dw.Budget(samples=5)).run(tmp_path)
    assert keys_in(tmp_path) == []


def test_a_budget_needs_a_goal(tmp_path: Path) -> None:
    with raises("option-missing", StudyError, "budget"):
        study(goal=None).run(tmp_path, budget="2h")


def test_a_model_whose_runs_all_fail_is_given_up(tmp_path: Path) -> None:
    heard = Heard()
    broken = study(learns(fails_from=0))
    outcome = broken.run_in(tmp_path, progress=heard)
    assert outcome.stop is not None
    assert outcome.stop.kind == "failed"
    assert len(outcome.failed) == 3
    with raises("runs-failed", StudyError, "too many rows"):
        broken.run(tmp_path)


def test_one_of_several_models_that_fails_leaves_the_others(tmp_path: Path) -> None:
    models = {"good": learns(), "broken": learns(fails_from=0)}
    heard = Heard()
    with warns("runs-failed"):
        curves = study(models).run(tmp_path, progress=heard)
    assert list(curves) == ["good"]
    (notice,) = heard.of("notice")
    assert "all 3 runs of broken failed" in notice
    assert heard.of("stop")[0].kind == "met"


def test_failed_runs_are_done_again_if_asked(tmp_path: Path) -> None:
    study(learns(fails_from=0)).run_in(tmp_path)
    model = learns(fails_from=0)
    heard = Heard()
    study(model).run_in(tmp_path, progress=heard, retry_failed=True)
    with Store(tmp_path) as store:
        assert {record.attempt for record in store.records("failed")} == {2}


def test_a_goal_beyond_the_data_says_so(tmp_path: Path) -> None:
    heard = Heard()
    outcome = study(rows=2_000, goal=dw.Goal(at=10_000_000, within=0.01)).run_in(
        tmp_path, progress=heard
    )
    assert outcome.stop is not None
    assert outcome.stop.kind == "no-help"
    assert any("there are 2,000" in notice for notice in heard.of("notice"))
    assert max(key.size for key in keys_in(tmp_path)) == 2_000


def test_a_deterministic_model_gets_one_more_seed_of_the_whole_pool(tmp_path: Path) -> None:
    def train(run: dw.Run) -> dict[str, float]:
        noise = float(np.random.default_rng(run.rows).standard_normal())
        # The same rows give the same figure.
        same = float(np.random.default_rng(np.sort(run.rows)).standard_normal())
        return {"error": 0.05 + 2 * run.size**-0.4 * math.exp(0.03 * same) + 1e-12 * noise}

    study(train, rows=1_000, goal=dw.Goal(at=4_000, within=0.02), budget="25 runs").run_in(tmp_path)
    sizes = [key.size for key in keys_in(tmp_path)]
    assert sizes.count(1_000) == 2
    assert len(sizes) > 8


def test_the_best_of_one_model_is_no_question(tmp_path: Path) -> None:
    with raises("options-conflict", StudyError, "train"):
        study(goal=dw.Goal(at=1_000, sure=0.9)).run(tmp_path)


def test_a_metric_that_is_unclear_ends_the_study_and_loses_no_run(tmp_path: Path) -> None:
    def train(run: dw.Run) -> dict[str, float]:
        return {"error": 1 / run.size, "accuracy": 0.5}

    with raises("metric-unclear", StudyError):
        study(train).run(tmp_path)
    assert len(keys_in(tmp_path)) == 1


def test_several_workers_do_several_runs(tmp_path: Path) -> None:
    (tmp_path / "power_for_workers.py").write_text(
        "def train(run):\n    return {'error': 0.05 + 2 * run.size**-0.4 + run.seed * 1e-4}\n"
    )
    outcome = study(f"{tmp_path / 'power_for_workers.py'}:train").run_in(
        tmp_path / "run", workers=2
    )
    assert outcome.stop is not None
    assert outcome.stop.kind == "met"
    assert len(plan_in(tmp_path / "run")["choices"]) == outcome.trained


def test_json_lines_hold_choices_and_the_stop(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    outcome = study(budget="2 runs").run_in(tmp_path / "run", observers=[JsonLines(log)])
    assert outcome.stop is not None
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    chosen = [line for line in lines if line["event"] == "choice"]
    assert len(chosen) == outcome.trained
    assert chosen[0]["interval"] is None
    assert [line["kind"] for line in lines if line["event"] == "stop"] == [outcome.stop.kind]
