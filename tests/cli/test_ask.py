"""`dataworth ask` and `dataworth tell`: a study of a command for another scheduler."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataworth.cli.ask import NOTHING_LEFT
from dataworth.cli.main import main
from dataworth.records.store import Store

TRAIN = """
import json, sys
rows = open(sys.argv[1]).read().split()
json.dump({"error_rate": 2 * len(rows) ** -0.4 + 0.002 * int(sys.argv[2])}, open(sys.argv[3], "w"))
"""
STUDY = f"""
name = "asked"
data = 500
model = "$ {sys.executable} train.py {{rows.txt}} {{seed}} {{metrics}}"
metric = "error_rate"
sizes = [40, 80, 160]
seeds = 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(TRAIN)
    Path("study.toml").write_text(STUDY)
    return tmp_path


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["ask", *arguments])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("folder")
def test_a_loop_of_ask_command_and_tell_does_the_whole_study(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, asked = ask(capsys, "study.toml", "--count", "2")
    sizes = []
    while code == 0:
        for run in asked["runs"]:
            assert len(np.load(run["rows"])) == run["size"]
            subprocess.run(run["command"], shell=True, check=True)
            assert main(["tell", asked["directory"], run["key"], "--metrics", run["metrics"]]) == 0
            assert f"{run['size']} samples" in capsys.readouterr().out
            sizes.append(run["size"])
        code, asked = ask(capsys, "runs/asked")
    assert code == NOTHING_LEFT
    assert (asked["runs"], asked["done"], asked["running"]) == ([], True, 0)
    assert sorted(sizes) == [40, 80, 160]
    assert len(Path("runs/asked/curve.csv").read_text().splitlines()) == 4


@pytest.mark.usefixtures("folder")
def test_a_failure_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    _, asked = ask(capsys, "study.toml", "--count", "3")
    (key, *_) = [run["key"] for run in asked["runs"]]
    assert main(["tell", "runs/asked", key, "--failed", "out of memory", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"key": key, "status": "failed"}
    code, asked = ask(capsys, "runs/asked")
    assert (code, asked["done"], asked["running"]) == (NOTHING_LEFT, False, 2)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", ["", "{", "[1]", '{"error_rate": NaN}', '{"accuracy": 0.9}'])
def test_metrics_that_are_none_are_refused_and_the_run_stays_reserved(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    _, asked = ask(capsys, "study.toml")
    key = asked["runs"][0]["key"]
    Path("metrics.json").write_text(text)
    assert main(["tell", "runs/asked", key, "--metrics", "metrics.json"]) == 2
    assert main(["tell", "runs/asked", key, "--metrics", "nowhere.json"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 2
    Path("metrics.json").write_text('{"error_rate": 0.2}')
    assert main(["tell", "runs/asked", key, "--metrics", "metrics.json"]) == 0


@pytest.mark.usefixtures("folder")
def test_a_run_directory_takes_no_out(capsys: pytest.CaptureFixture[str]) -> None:
    ask(capsys, "study.toml")
    assert main(["ask", "runs/asked", "--out", "other"]) == 2
    assert main(["ask", "study.toml", "--count", "0"]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_run_that_is_told_twice_or_unknown_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, asked = ask(capsys, "study.toml")
    key = asked["runs"][0]["key"]
    Path("metrics.json").write_text('{"error_rate": 0.2}')
    assert main(["tell", "runs/asked", key, "--metrics", "metrics.json"]) == 0
    capsys.readouterr()
    Path("metrics.json").write_text('{"error_rate": 0.9}')
    for told, said in (
        (key, "is finished already"),
        ("0" * 32, "no run '000"),
        ("x", "no run 'x'"),
    ):
        assert main(["tell", "runs/asked", told, "--metrics", "metrics.json"]) == 2
        assert main(["tell", "runs/asked", told, "--failed", "late"]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 2
        assert error.count(said) == 2
    with Store(Path("runs/asked")) as store:
        assert [dict(record.scores) for record in store.records(None)] == [{"error_rate": 0.2}]
