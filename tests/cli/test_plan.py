"""``dataworth run`` with a goal, and ``dataworth plan``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataworth.cli.main import FAILED, main
from dataworth.records.store import Store

pytestmark = pytest.mark.usefixtures("no_picture", "no_forecast")

TRAIN = """
import math

import numpy as np


def train(run):
    random = np.random.default_rng([run.size, run.seed])
    return {"error": (0.05 + 2 * run.size**-0.4) * math.exp(0.01 * random.standard_normal())}


def steeper(run):
    return {"error": 0.15 + 3 * run.size**-0.6 + run.seed * 1e-4}


def broken(run):
    raise ValueError("no such column")
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "power.py").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)
    return "power.py"


def run(*options: str, model: str = "power.py:train") -> int:
    data = ["--data", "20000", "--model", model, "--out", "out"]
    return main(["run", *data, *options])


def document(capsys: pytest.CaptureFixture[str], code: int = 0, *command: str) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert main([*command, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def sizes_in(directory: str) -> list[int]:
    with Store(directory) as store:
        return [record.key.size for record in store.records()]


@pytest.mark.usefixtures("model")
def test_a_size_alone_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--at", "20k") == 0
    output = capsys.readouterr()
    assert "within 5 % of the loss or error" in output.err
    assert output.err.count("next: ") == len(sizes_in("out"))
    assert output.out.startswith("At 20,000 samples: ")
    found = document(capsys, 0, "run", "out")
    (study,) = found["studies"]
    assert study["trained"] == 0
    assert study["plan"]["goal"] == {"at": 20_000, "level": 0.9}
    assert study["plan"]["stop"]["kind"] == "met"


@pytest.mark.usefixtures("model")
def test_a_table_needs_no_sizes_and_no_seeds(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((800, 3))
    lines = [
        f"{a:.3f},{b:.3f},{c:.3f},{'yes' if a + b * c > 0 else 'no'}" for a, b, c in x.tolist()
    ]
    (tmp_path / "churn.csv").write_text("\n".join(["a,b,c,churned", *lines]) + "\n")
    (tmp_path / "trees.py").write_text(
        "from sklearn.ensemble import RandomForestClassifier\n\n\n"
        "def build():\n    return RandomForestClassifier(10)\n"
    )
    data = ["--data", "churn.csv", "--label", "churned", "--model", "trees.py:build"]
    assert main(["run", *data, "--at", "5000", "--budget", "5 runs", "--quiet"]) == 0
    assert 3 <= len(sizes_in("runs/churn")) <= 5


@pytest.mark.usefixtures("model")
def test_the_best_of_several_models_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--at", "20000", "--model", "power.py:steeper", "--quiet") == 0
    assert capsys.readouterr().out.startswith("train ")
    found = document(capsys, 0, "plan", "out")
    assert found["goal"] == {"at": 20_000, "level": 0.9, "sure": 0.9}
    assert "train is the best" in found["state"]


@pytest.mark.usefixtures("model")
def test_a_target_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--target", "0.2", "--metric", "error", "--quiet") == 0
    assert capsys.readouterr().out.startswith("Error 0.2 ")
    assert document(capsys, 0, "plan", "out")["goal"] == {"target": 0.2, "level": 0.9}


@pytest.mark.usefixtures("model")
def test_a_spent_budget_says_what_an_hour_would_buy_and_a_larger_one_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--at", "20000", "--within", "0.1%", "--budget", "4 runs", "--quiet") == 0
    assert "One more hour" in capsys.readouterr().out
    found = document(capsys, 0, "plan", "out")
    assert found["spent"]["runs"] == 4
    assert found["next"] == []
    assert found["hour"]
    assert document(capsys, 0, "plan", "out", "--budget", "8 runs")["next"]
    # The next run is the one that the plan explains.
    first = document(capsys, 0, "plan", "out", "--budget", "5 runs")["next"][0]
    before = sizes_in("out")
    assert main(["run", "out", "--budget", "5 runs", "--quiet"]) == 0
    assert len(sizes_in("out")) == 5
    (new,) = list(set(sizes_in("out")) - set(before)) or [first["size"]]
    assert new == first["size"]
    assert first["expected_interval"] <= first["interval"]


@pytest.mark.usefixtures("model")
def test_a_grid_is_explained_for_a_goal_and_stays_a_grid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--sizes", "100,300,900", "--seeds", "2", "--quiet") == 0
    assert sizes_in("out") == [100, 100, 300, 300, 900, 900]
    with Store("out") as store:
        meta = store.meta()
    assert main(["plan", "out", "--at", "20k", "--within", "2%", "--budget", "1M samples"]) == 0
    shown = capsys.readouterr().out
    assert "Done: 6 runs" in shown
    assert "interval after it" in shown
    command = "dataworth run out --at 20000 --within 2% --budget '1M samples'"
    assert shown.splitlines()[-1].endswith(command)
    with Store("out") as store:
        assert store.meta() == meta
    assert sizes_in("out") == [100, 100, 300, 300, 900, 900]
    options = ["--at", "20k", "--within", "2%", "--budget", "7 runs"]
    (first, *_) = document(capsys, 0, "plan", "out", *options)["next"]
    assert main(["run", "out", *options, "--quiet"]) == 0
    (new,) = set(sizes_in("out")) - {100, 300, 900}
    assert new > 900
    assert first["size"] > 900


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "20000", "--budget", "10 samples"], "no room for a run"),
        (["--at", "20000", "--budget", "soon"], "soon"),
        (["--at", "0"], "at = 0"),
        (["--within", "2%"], "--at N"),
        (
            ["--at", "100", "--target", "0.1", "--metric", "error", "--within", "2%"],
            "within",
        ),
        (["--at", "20000", "--sure", "90%"], "--within"),
        (["--at", "20000", "--price-per-hour", "3"], "--budget"),
        (["--budget", "2h"], "--at SIZE"),
        (["--target", "95%"], "--target 95%: say which metric is meant"),
        (["--target", "95"], "--target 95: say which metric is meant"),
        (["--target", "95", "--metric", "accuracy"], "95 per cent is --target 95%"),
    ],
)
def test_bad_input_is_one_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options, "--quiet") == FAILED
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("model")
def test_a_model_whose_runs_all_fail_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--at", "20000", model="power.py:broken") == 3
    assert capsys.readouterr().err.count("No model is left") == 1
    assert main(["plan", "out"]) == 0
    assert capsys.readouterr().out.count("all 3 runs of broken failed") == 1


@pytest.mark.usefixtures("model")
def test_a_plan_needs_a_goal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--sizes", "100,300", "--seeds", "1", "--quiet") == 0
    assert main(["plan", "out"]) == FAILED
    assert "--at N" in capsys.readouterr().err
