"""Several models in one study: the same rows, one store, one comparison."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises, warns
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import dataworth as dw
from dataworth.cli.main import main
from dataworth.curves.curve import Curve
from dataworth.errors import StudyError
from dataworth.records.store import Store
from dataworth.study.toml import read_studies

pytestmark = pytest.mark.usefixtures("no_picture")

CALLS: list[tuple[str, int, int, tuple[int, ...]]] = []
SIZES = (100, 200, 400, 800)


def _error(run: dw.Run, exponent: float) -> dict[str, float]:
    CALLS.append((run.model, run.size, run.seed, tuple(run.rows.tolist())))
    wobble = 1 + 0.01 * ((run.seed * 7 + run.size) % 5 - 2)
    return {"error": 0.9 * run.size**-exponent * wobble}


def slow(run: dw.Run) -> dict[str, float]:
    return _error(run, 0.2)


def fast(run: dw.Run) -> dict[str, float]:
    return {**_error(run, 0.4), "accuracy": 0.5}


def broken(run: dw.Run) -> dict[str, float]:
    raise ValueError("no licence")


def study(model: Any, **options: Any) -> dw.Study:
    CALLS.clear()
    return dw.Study(1_000, model, metric="error", sizes=SIZES, seeds=2, name="both", **options)


def in_process(model: Any) -> Any:
    """A function that no other process can import, so that its calls are seen here."""

    def train(run: dw.Run) -> dict[str, float]:
        result: dict[str, float] = model(run)
        return result

    train.__name__ = model.__name__
    return train


def test_all_models_train_on_the_same_rows(tmp_path: Path) -> None:
    curves = study([in_process(slow), in_process(fast)]).run(tmp_path, progress=False)
    assert list(curves) == ["slow", "fast"]
    assert all(isinstance(curve, Curve) and len(curve) == 8 for curve in curves.values())
    rows: dict[tuple[int, int], set[tuple[int, ...]]] = {}
    for _, size, seed, taken in CALLS:
        rows.setdefault((size, seed), set()).add(taken)
    assert len(rows) == 8
    assert all(len(each) == 1 for each in rows.values())


def test_a_model_added_later_is_the_only_one_trained(tmp_path: Path) -> None:
    before = study({"a": in_process(slow)}).run(tmp_path, progress=False)
    after = study({"a": in_process(slow), "b": in_process(fast)}).run(tmp_path, progress=False)
    assert {call[0] for call in CALLS} == {"b"}
    assert after["a"].values.tolist() == before["a"].values.tolist()
    # The first model alone is still the same study; the curve file holds both.
    study({"a": in_process(slow)}).run(tmp_path, progress=False)
    assert not CALLS
    assert list(dw.run_curves(tmp_path)) == ["a", "b"]


def test_a_study_of_one_model_takes_a_second(tmp_path: Path) -> None:
    curve = study(in_process(slow)).run(tmp_path, progress=False)
    assert isinstance(curve, Curve)
    study([in_process(slow), in_process(fast)]).run(tmp_path, progress=False)
    assert {call[0] for call in CALLS} == {"fast"}


def test_a_study_of_other_models_is_refused(tmp_path: Path) -> None:
    study([in_process(slow)]).run(tmp_path, progress=False)
    with raises("study-differs", StudyError):
        study([in_process(fast)]).run(tmp_path, progress=False)


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ([slow, slow], "named-twice"),
        ({"a": slow, "b": slow}, "named-twice"),
        ({"a\n": slow}, "wrong-type"),
        ({1: slow}, "wrong-type"),
        ([], "nothing-given"),
        ({}, "nothing-given"),
        (["mlp", "nlp"], "unknown-model"),
    ],
)
def test_models_that_cannot_be_told_apart_are_refused(model: Any, code: str) -> None:
    with raises(code, StudyError):
        study(model).resolve()


def test_training_options_need_one_model_that_takes_them() -> None:
    with raises("option-without-effect", StudyError):
        study([slow, fast], epochs=3).resolve()


def test_the_curve_file_names_the_model_of_each_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # The picture is looked at.
    study([slow, fast]).run(tmp_path, progress=False)
    with (tmp_path / "curve.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == ["slow"] * 8 + ["fast"] * 8
    # A metric that a model does not return is an empty field, not a number.
    assert {row["accuracy"] for row in rows[:8]} == {""}
    assert (tmp_path / "curve.png").stat().st_size > 5_000


def test_one_curve_of_a_directory_of_several_models_has_to_be_chosen(tmp_path: Path) -> None:
    curves = study([slow, fast]).run(tmp_path, progress=False)
    with raises("several-curves", StudyError, match="slow, fast"):
        dw.as_curve(tmp_path)
    with raises("unknown-model", StudyError):
        dw.run_curves(tmp_path, "medium")
    assert "accuracy" not in curves["slow"].others
    assert set(curves["fast"].others) == {"accuracy"}


def test_a_model_whose_runs_all_fail_leaves_the_others(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="no licence"):
        curves = study([slow, broken]).run(tmp_path, progress=False)
    assert list(curves) == ["slow"]
    with Store(tmp_path) as store:
        failed = store.records("failed")
    assert {record.key.learner for record in failed} == {"broken"}
    assert len(failed) == 8


@pytest.mark.slow
def test_the_comparison_and_the_page_are_of_all_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    curves = study({"low": slow, "high": fast}).run(tmp_path / "run", progress=False)
    comparison = dw.compare([tmp_path / "run"])
    assert comparison.names == ("low", "high")
    best = comparison.standings(800)[0]
    assert best.name == "high"
    np.testing.assert_allclose(best.median, curves["high"].summary()[-1].mean, rtol=0.05)
    assert main(["report", "run"]) == 0
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert all(f"<td>{name}" in page or f">{name}<" in page for name in curves)
    assert main(["compare", "run"]) == 0
    assert "high is better than low" in capsys.readouterr().out


@pytest.mark.usefixtures("no_forecast")
def test_several_models_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "def good(run):\n    return {'error': run.size**-0.4}\n\n"
        "def poor(run):\n    return {'error': run.size**-0.1}\n"
    )
    models = ["--model", "mine:good", "--model", "mine:poor"]
    command = ["run", "--data", "1000", *models, "--sizes", "100,200,400", "--metric", "error"]
    assert main([*command, "--seeds", "1", "--out", "run"]) == 0
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("good", "poor", "best with"))
    # The directory's own study file names both.
    assert main(["run", "run"]) == 0
    assert "6 runs, 6 of them done before" in capsys.readouterr().err


def test_models_that_standardise_and_do_not_are_the_same_study_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).normal(5, 2, (60, 3)).astype("f4")
    np.savez(tmp_path / "d.npz", x_train=x, y_train=np.arange(60) % 2)
    (tmp_path / "own_network.py").write_text(
        "from keras import Input, Sequential, layers\n\n"
        "def plain(shape, classes):\n    return Sequential([Input(shape), layers.Dense(classes)])\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    options: dict[str, Any] = {"sizes": [20], "seeds": 1, "epochs": 2}
    study = dw.Study("d.npz", ["linear", "own_network:plain"], **options)
    first = study.run(tmp_path / "out")
    assert 'standardize = "auto"' in (tmp_path / "out" / "study.toml").read_text()
    (again,) = read_studies(tmp_path / "out")
    assert again.run_in(tmp_path / "out").trained == 0
    assert list(first) == ["linear", "own_network:plain"]


def test_a_parameter_that_some_models_lack_is_said_before_any_run() -> None:
    models = {"line": LogisticRegression(), "tree": DecisionTreeClassifier()}
    study = dw.Study(dw.load("digits"), models, sizes=[60], seeds=1, parameters={"max_depth": 3})
    with warns("option-of-some-models", "line has no 'max_depth'"):
        study.resolve()
