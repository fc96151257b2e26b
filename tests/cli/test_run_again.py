"""A study that is run again when all of its runs are finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataworth.cli.main import main

FILES = ("curve.csv", "curve.png", "report.html", "forecast.svg")
MODEL = """
def train(run):
    return {"loss": 0.2 + run.size ** -0.5}
"""


@pytest.mark.usefixtures("no_forecast")
def test_draws_again_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cheap_model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    command = ["run", "--data", "1000", "--model", "cheap_model:train", "--metric", "loss"]
    command += ["--sizes", "50,100,200,400,800", "--seeds", "2", "--out", "runs"]
    assert main(command) == 0
    written = {name: (tmp_path / "runs" / name).stat().st_mtime_ns for name in FILES}
    assert main(command) == 0
    assert {name: (tmp_path / "runs" / name).stat().st_mtime_ns for name in FILES} == written
    for name in FILES:
        (tmp_path / "runs" / name).unlink()
        assert main(command) == 0
        assert (tmp_path / "runs" / name).is_file()
