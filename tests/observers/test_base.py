"""Observers: the conformance suite, and observers that fail."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from errors import warns
from rich.console import Console

import dataworth as dw
from dataworth._util.printable import new_console
from dataworth.curves.curve import Curve
from dataworth.errors import DataworthWarning
from dataworth.observers.artifacts import Artifacts
from dataworth.observers.base import Observer, Observers
from dataworth.observers.json_lines import JsonLines
from dataworth.observers.notebook import NotebookObserver
from dataworth.observers.terminal import TerminalObserver
from dataworth.records.record import Record, RunKey
from dataworth.testing.observers import OBSERVER_CHECKS, ObserverCheck

pytestmark = pytest.mark.usefixtures("no_picture")


def artifacts(folder: Path) -> Artifacts:
    curve = Curve([10, 20], [0.5, 0.4], [0, 0])
    return Artifacts(folder, lambda: {"mlp": curve})


MAKERS: dict[str, Callable[[Path], Observer]] = {
    "base": lambda folder: Observer(),
    "plain": lambda folder: TerminalObserver(Console(file=io.StringIO())),
    "terminal": lambda folder: TerminalObserver(
        Console(file=io.StringIO(), force_terminal=True, width=80)
    ),
    "notebook": lambda folder: NotebookObserver(),
    "artifacts": artifacts,
    "json lines": lambda folder: JsonLines(folder / "log.jsonl"),
    "several": lambda folder: Observers([Observer(), artifacts(folder)]),
}


@pytest.mark.parametrize("check", OBSERVER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", MAKERS)
def test_conformance(name: str, check: ObserverCheck, tmp_path: Path) -> None:
    if name == "notebook":
        pytest.importorskip("IPython", reason="needs the extra: dataworth[notebook]")
    check(lambda: MAKERS[name](tmp_path))


class Failing(Observer):
    def on_record(self, record: Record) -> None:
        raise RuntimeError("the server is away")


class FailsAt(Observer):
    """Raises in one hook."""

    def __init__(self, hook: str) -> None:
        def fail(*_: Any) -> None:
            raise RuntimeError(f"no {hook}")

        setattr(self, hook, fail)


PLANNED = ["on_choice", "on_notice", "on_stop"]
HOOKS = sorted({name for name in vars(Observer) if name.startswith("on_")} - set(PLANNED))


def _study(**options: Any) -> dw.Study:
    # A function within another one runs in this process.
    def train(run: dw.Run) -> dict[str, float]:
        run.report(1, loss=0.5)
        if (run.size, run.seed) == (20, 1):
            raise ValueError("this run has no figures")
        return {"accuracy": 1 - 1 / run.size}

    return dw.Study(100, train, metric="accuracy", sizes=[10, 20], **options)


@pytest.mark.parametrize("hook", PLANNED)
def test_an_observer_that_raises_in_a_plan_loses_no_run(hook: str, tmp_path: Path) -> None:
    def train(run: dw.Run) -> dict[str, float]:
        return {"error": run.size**-0.5}

    def breaks(run: dw.Run) -> dict[str, float]:
        raise ValueError(f"no figures of {run.size} rows")

    models, goal = {"good": train, "broken": breaks}, dw.Goal(at=1_000_000)
    study = dw.Study(100, models, metric="error", held_out=0, goal=goal, budget="9 runs")
    with warns("observer-failed"):
        outcome = study.run_in(tmp_path / "run", observers=[FailsAt(hook)])
    assert outcome.stop is not None
    assert list(outcome.curves) == ["good"]


@pytest.mark.parametrize("hook", HOOKS)
def test_an_observer_that_raises_loses_no_run(hook: str, tmp_path: Path) -> None:
    study = _study(seeds=2)
    with pytest.warns(DataworthWarning) as caught:
        outcome = study.run_in(
            tmp_path / "run",
            observers=[FailsAt(hook), JsonLines(tmp_path / "log.jsonl")],
        )
    codes = {each.message.code for each in caught if isinstance(each.message, DataworthWarning)}
    assert "observer-failed" in codes
    assert outcome.curve is not None
    assert (len(outcome.curve), len(outcome.failed)) == (3, 1)
    events = [json.loads(line)["event"] for line in (tmp_path / "log.jsonl").open()]
    assert [events.count(each) for each in ("run", "failure", "end")] == [3, 1, 1]


def test_an_observer_that_fails_is_named_and_the_others_are_notified() -> None:
    class Counting(Observer):
        records = 0

        def on_record(self, record: Record) -> None:
            Counting.records += 1

    observer = Observers([Failing(), Counting()])
    with warns("observer-failed", "Failing.*the server is away"):
        observer.on_record(Record(RunKey("m", 1, 0, "a"), {"loss": 1.0}))
    assert Counting.records == 1


def test_json_lines_hold_every_event_and_a_resumed_study_appends(tmp_path: Path) -> None:
    log, study = tmp_path / "log.jsonl", _study()
    for _ in range(2):
        study.run_in(tmp_path / "run", observers=[JsonLines(log)])
    lines = [json.loads(line) for line in log.open()]
    events = [line["event"] for line in lines]
    first = events.index("end") + 1
    assert events[:2] == ["study", "begin"]
    assert events[first:] == ["study", "begin", "end"]
    assert (lines[1]["runs"], lines[1]["done"], lines[first + 1]["done"]) == (6, 0, 6)
    run = next(line for line in lines if line["event"] == "run")
    assert run["scores"] == {"accuracy": 1 - 1 / run["size"]}
    failure = next(line for line in lines if line["event"] == "failure")
    assert (failure["size"], failure["seed"], failure["kind"]) == (20, 1, "error")
    assert "no figures" in failure["message"]
    step = next(line for line in lines if line["event"] == "step")
    assert (step["step"], step["of"], step["values"]) == (1, None, {"loss": 0.5})
    assert datetime.fromisoformat(step["time"]).tzinfo is not None


def test_json_lines_have_no_number_that_json_lacks(tmp_path: Path) -> None:
    observer = JsonLines(tmp_path / "log.jsonl")
    observer.on_record(Record(RunKey("m", 1, 0, "a"), {"loss": float("nan"), "r2": -math.inf}))
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["scores"] == {"loss": None, "r2": None}


def test_the_lines_of_a_terminal(tmp_path: Path) -> None:
    out = io.StringIO()
    observer = TerminalObserver(Console(file=out, width=100))
    key = RunKey("train", 1_000, 2, "a")
    observer.on_study_begin([key], [], [1_000])
    observer.on_record(Record(key, {"accuracy": 0.91234, "f1": 0.5, "auc": 0.7}, seconds=2.0))
    assert out.getvalue().splitlines() == [
        "1 runs.",
        "    1,000 samples  seed 2  accuracy 0.9123  f1 0.5  2.0 s",
    ]


def test_sizes_have_the_word_of_the_groups_of_data_in_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pytest.importorskip("pandas").DataFrame(
        {"a": range(40), "customer_id": [n // 2 for n in range(40)], "left": [0, 1] * 20}
    )
    data = dw.Dataset(frame, label="left", groups="customer_id")
    study = dw.Study(data, lambda run: {"error": 1 / run.size}, count="groups", sizes=[4, 8])
    study.run(tmp_path / "run", observers=[TerminalObserver(new_console(stderr=True))])
    assert "8 customers" in capsys.readouterr().err
