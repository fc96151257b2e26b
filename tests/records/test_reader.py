"""The columns of a learning curve, read from a run directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth.errors import StudyError
from dataworth.records.reader import chance_of, curve_columns, meta_of, models, run_columns
from dataworth.records.record import Failure, Record, RunKey
from dataworth.records.store import Store


def fill(directory: Path, meta: dict[str, Any], *runs: tuple[str, int, dict[str, float]]) -> None:
    with Store(directory, write=True) as store:
        store.set_meta(meta)
        for number, (model, size, scores) in enumerate(runs):
            failure = None if scores else Failure("error", "no luck")
            store.add(Record(RunKey(model, size, 0, f"{number:032}"), scores, failure=failure))


def columns(directory: Path, model: str | None = None) -> dict[str, Any]:
    with Store(directory) as store:
        return curve_columns(store, model)


def test_the_columns_are_those_of_the_finished_runs(tmp_path: Path) -> None:
    fill(
        tmp_path,
        {"name": "own", "model": "m", "metric": {"name": "accuracy", "higher_is_better": True}},
        ("m", 200, {"accuracy": 0.8, "recall": 0.7}),
        ("m", 100, {"accuracy": 0.6}),
        ("m", 400, {}),
    )
    found = columns(tmp_path)
    assert found["samples"].tolist() == [100, 200]
    assert found["values"].tolist() == [0.6, 0.8]
    assert found["seeds"].tolist() == [0, 0]
    assert (found["metric"], found["higher_is_better"]) == ("accuracy", True)
    assert (found["name"], found["chance"]) == ("own", None)
    np.testing.assert_array_equal(found["others"]["recall"], [np.nan, 0.7])
    assert list(run_columns(tmp_path)) == ["m"]


def test_without_a_name_of_the_study_the_directory_s_is_taken(tmp_path: Path) -> None:
    fill(tmp_path / "runs", {}, ("m", 100, {"loss": 1.0, "accuracy": 0.5}))
    found = columns(tmp_path / "runs")
    assert (found["name"], found["metric"]) == ("runs", "loss")
    assert list(run_columns(tmp_path / "runs")) == [""]


def test_what_has_no_curve_says_why(tmp_path: Path) -> None:
    fill(tmp_path / "none", {"model": "m"}, ("m", 100, {}))
    with raises("no-results", StudyError, "dataworth run"):
        columns(tmp_path / "none")
    fill(tmp_path / "several", {"model": "m"}, ("m", 100, {"recall": 0.5, "accuracy": 0.5}))
    with raises("metric-unclear", StudyError, "recall, accuracy"):
        columns(tmp_path / "several")
    meta = {"model": "m", "metric": {"name": "acuracy"}}
    fill(tmp_path / "wrong", meta, ("m", 100, {"accuracy": 0.5}))
    with raises("unknown-metric", StudyError, "acuracy; they have accuracy"):
        columns(tmp_path / "wrong")


def test_several_models(tmp_path: Path) -> None:
    of_models = {
        "v1.0": {"model": "v1.0", "chance": {"loss": 0.7}, "identity": {"code": 1}},
        "v2.0": {"model": "v2.0", "chance": {"loss": 0.6}, "identity": {"code": 2}},
        "later": {"model": "later", "identity": {}},
    }
    fill(
        tmp_path,
        {"name": "all", "metric": {"name": "loss"}, "models": of_models, **of_models["v1.0"]},
        ("v1.0", 100, {"loss": 0.5, "depth": 3.0}),
        ("v2.0", 100, {"loss": 0.4}),
    )
    with raises("several-curves", StudyError, "v1.0, v2.0"):
        columns(tmp_path)
    with raises("unknown-model", StudyError, "'v3'.*v1.0"):
        columns(tmp_path, "v3")
    found = run_columns(tmp_path)
    assert list(found) == ["v1.0", "v2.0"]
    assert found["v1.0"]["others"]["depth"].tolist() == [3.0]
    assert "depth" not in found["v2.0"]["others"]
    assert [each["chance"] for each in found.values()] == [0.7, 0.6]
    with Store(tmp_path) as store:
        assert meta_of(store, "v2.0")["identity"] == {"code": 2}
        assert models(store.meta(), "here") == of_models


@pytest.mark.parametrize(
    ("meta", "metric", "chance"),
    [
        ({"chance": {"accuracy": 0.6}}, "accuracy", 0.6),
        ({"chance": {"map@0.5": 0.1}}, "map@0.5", 0.1),
        ({"chance": {}}, "map@0.5", None),
        ({"class_counts": [3, 1]}, "accuracy", 0.75),
        ({"class_counts": [3, 1]}, "recall", None),
        ({"class_counts": [4, 0]}, "loss", None),
        ({"class_counts": []}, "loss", None),
        ({}, "loss", None),
    ],
)
def test_chance(meta: dict[str, Any], metric: str, chance: float | None, tmp_path: Path) -> None:
    fill(tmp_path, meta)
    with Store(tmp_path) as store:
        assert chance_of(store, store.meta(), metric) == chance
