"""MLflow against a real server on SQLite, which the test starts; skipped where it is missing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from errors import warns

import dataworth as dw
from dataworth.observers import MLflow
from dataworth.testing.observers import OBSERVER_CHECKS, ObserverCheck

pytest.importorskip("mlflow", reason="needs the extra mlflow")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    options = ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "artifacts"]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [*command, *options],
            cwd=folder,
            stdout=log,
            stderr=log,
            # Jobs of the server, which nothing here needs, are further processes.
            env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )
    uri = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 180
    try:
        while not _answers(uri):
            assert running.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.5)
        yield uri
    finally:
        running.terminate()
        running.wait(30)


def _answers(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def train(run: dw.Run) -> dict[str, float]:
    for step in (1, 2):
        run.report(step, loss=1 / step)
    if run.size == 40 and run.seed == 1:
        raise ValueError("no figures")
    return {"accuracy": 1 - run.size**-0.5}


def study(sizes: list[int], name: str) -> dw.Study:
    return dw.Study(1_000, train, metric="accuracy", sizes=sizes, seeds=2, name=name)


def runs_of(uri: str, experiment: str) -> tuple[list[Any], list[Any], Any]:
    """The parents, the children, and the client."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    runs = list(client.search_runs([found.experiment_id]))
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    return [run for run in runs if run not in children], children, client


@pytest.mark.parametrize("check", OBSERVER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: ObserverCheck, server: str) -> None:
    check(lambda: MLflow(server, "conformance"))


def test_a_parent_for_the_study_and_a_child_for_each_run(server: str, tmp_path: Path) -> None:
    sizes = [40, 80, 160, 320, 640]
    with warns("runs-failed"):
        study(sizes[:4], "mine").run(tmp_path / "run", observers=[MLflow(server, "whole")])
    with warns("runs-failed"):
        study(sizes, "mine").run(tmp_path / "run", observers=[MLflow(server, "whole")])
    (parent,), children, client = runs_of(server, "whole")
    assert (parent.info.run_name, parent.info.status) == ("mine", "FINISHED")
    assert parent.data.tags["dataworth.sizes"] == "(40, 80, 160, 320, 640)"
    assert parent.data.params["metric"] == "accuracy"
    points = client.get_metric_history(parent.info.run_id, "accuracy")
    assert {point.step for point in points} == set(sizes)
    files = {each.path for each in client.list_artifacts(parent.info.run_id)}
    assert files >= {"curve.csv", "curve.png", "forecast.json", "forecast.png", "study.toml"}

    assert len(children) == 10
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    by_run = {(run.data.params["samples"], run.data.params["seed"]): run for run in children}
    finished, failed = by_run["80", "1"], by_run["40", "1"]
    assert finished.data.metrics["accuracy"] == pytest.approx(1 - 80**-0.5)
    steps = client.get_metric_history(finished.info.run_id, "history/loss")
    assert [(point.step, point.value) for point in steps] == [(1, 1.0), (2, 0.5)]
    assert (finished.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert "no figures" in failed.data.tags["dataworth.failure"]


def test_a_server_that_is_away_loses_no_run_and_gets_all_later(server: str, tmp_path: Path) -> None:
    with warns("observer-failed", "MLflow"):
        study([50, 100], "later").run(
            tmp_path / "run", observers=[MLflow("http://127.0.0.1:9", "later")]
        )
    assert len(dw.run_curves(tmp_path / "run")["train"]) == 4
    study([50, 100], "later").run(tmp_path / "run", observers=[MLflow(server, "later")])
    (parent,), children, client = runs_of(server, "later")
    assert len(children) == 4
    files = {each.path for each in client.list_artifacts(parent.info.run_id)}
    assert "forecast.json" in files or "forecast.txt" in files


def test_two_models_have_a_forecast_each(server: str, tmp_path: Path) -> None:
    models = {"a": train, "b": lambda run: {"accuracy": 1 - 2 * run.size**-0.5}}
    sizes = [50, 100, 200, 400]
    several = dw.Study(1_000, models, metric="accuracy", sizes=sizes, seeds=1, name="two")
    several.run(tmp_path / "run", observers=[MLflow(server, "two")])
    (parent,), children, client = runs_of(server, "two")
    assert len(children) == 8
    assert {"a/accuracy", "b/accuracy"} <= set(parent.data.metrics)
    for model in "ab":
        inside = {each.path for each in client.list_artifacts(parent.info.run_id, model)}
        assert f"{model}/forecast.json" in inside


def test_a_study_with_a_goal_has_its_stop_as_a_tag(server: str, tmp_path: Path) -> None:
    def power(run: dw.Run) -> dict[str, float]:
        return {"error": run.size**-0.5}

    planned = dw.Study(1_000, power, held_out=0, name="planned")
    for budget in ("2 runs", "3 runs"):
        outcome = planned.run_in(
            tmp_path / "planned",
            goal=dw.Goal(at=1_000_000),
            budget=budget,
            observers=[MLflow(server, "planned")],
        )
    assert outcome.stop is not None
    (parent,), children, _ = runs_of(server, "planned")
    assert len(children) == 3
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["dataworth.stop"] == outcome.stop.message
    assert "3" in parent.data.tags["dataworth.budget"]
