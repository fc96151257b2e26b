"""Curves out again: as frames, Parquet, LaTeX and text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from errors import raises

import dataworth as dw
from dataworth._util import frames
from dataworth.errors import DataError, MissingDependencyError

CURVE = dw.Curve(
    [100, 100, 200, 400, 800],
    [1.2, 1.0, 0.9, 0.7, 0.6],
    seeds=[0, 1, 0, 0, 0],
    name="churn",
    chance=2.3,
    others={"accuracy": [0.5, 0.6, 0.65, 0.7, 0.8]},
)


def test_a_curve_as_a_frame(tmp_path: Path) -> None:
    frame = CURVE.to_frame()
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == ["samples", "seed", "value", "accuracy"]
    assert frame["value"].to_list() == CURVE.values.tolist()
    CURVE.to_parquet(tmp_path / "curve.parquet")
    assert pl.read_parquet(tmp_path / "curve.parquet").equals(frame)
    assert dw.Curve([1, 2], [2.0, 1.0]).to_frame().columns == ["samples", "value"]
    with raises("file-not-writable", DataError, "absent"):
        CURVE.to_parquet(tmp_path / "absent" / "curve.parquet")


def test_the_library_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "sys", type("Modules", (), {"modules": {"pandas": pd}}))
    assert isinstance(CURVE.to_frame(), pd.DataFrame)
    monkeypatch.setattr(frames, "sys", type("Modules", (), {"modules": {}}))
    monkeypatch.setattr(frames, "find_spec", lambda name: name == "pandas" or None)
    assert isinstance(CURVE.to_frame(), pd.DataFrame)
    monkeypatch.setattr(frames, "find_spec", lambda name: None)
    with raises("missing-extra", MissingDependencyError, "tables"):
        CURVE.to_frame()


def test_a_curve_as_latex(tmp_path: Path) -> None:
    text = CURVE.to_latex(tmp_path / "curve.tex")
    assert (tmp_path / "curve.tex").read_text() == text
    assert r"100 & 1.1000 & 0.1414 & 2 \\" in text
    assert r"800 & 0.6000 & -- & 1 \\" in text
    assert r"top\_5" in dw.Curve([1], [0.5], metric=dw.Metric("top_5", True)).to_latex()


def test_a_curve_and_a_forecast_in_five_lines() -> None:
    sizes = np.repeat(np.geomspace(100, 1e6, 30).astype(int), 5)
    others = {f"metric{k}": np.ones(len(sizes)) for k in range(20)}
    large = dw.Curve(sizes, 2 / np.log(sizes), others=others, chance=3.0)
    for text in (repr(large), repr(CURVE), repr(dw.forecast(CURVE))):
        lines = text.splitlines()
        assert 2 <= len(lines) <= 5
        assert max(map(len, lines)) < 200
    assert "'churn'" in repr(CURVE)
    assert "100: 1.1" in repr(CURVE)
    assert "800" in repr(dw.forecast(CURVE))


def measured(run: dw.Run) -> dict[str, float]:
    if run.size == 20:
        raise ValueError("no luck")
    for step in (1, 2):
        run.report(step, 2, gain=step / run.size)
    return {"accuracy": 0.5 + run.size / 100}


def test_runs_and_their_histories_as_a_frame(tmp_path: Path) -> None:
    study = dw.Study(50, measured, metric="accuracy", sizes=[10, 20], seeds=2, name="s")
    with pytest.warns(match="2 of the study's runs failed"):
        study.run(tmp_path / "s", progress=False)
    runs = dw.read_runs(tmp_path / "s")
    assert runs["size"].to_list() == [10, 10, 20, 20]
    assert runs["status"].to_list() == ["finished"] * 2 + ["failed"] * 2
    assert runs["accuracy"].to_list() == [0.6, 0.6, None, None]
    assert "no luck" in runs["reason"].to_list()[2]
    steps = dw.read_runs(tmp_path / "s", history=True)
    assert steps["gain"].to_list() == [0.1, 0.2, 0.1, 0.2]
    assert steps["seed"].to_list() == [0, 0, 1, 1]
