"""Observers: the conformance suite, and observers that fail."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from errors import warns
from rich.console import Console

from dataworth.curves.curve import Curve
from dataworth.observers.artifacts import Artifacts
from dataworth.observers.base import Observer, Observers
from dataworth.observers.notebook import NotebookObserver
from dataworth.observers.terminal import TerminalObserver
from dataworth.records.record import Record, RunKey
from dataworth.testing.observers import OBSERVER_CHECKS, ObserverCheck


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


def test_an_observer_that_fails_is_named_and_the_others_are_notified() -> None:
    class Counting(Observer):
        records = 0

        def on_record(self, record: Record) -> None:
            Counting.records += 1

    observer = Observers([Failing(), Counting()])
    with warns("observer-failed", "Failing.*the server is away"):
        observer.on_record(Record(RunKey("m", 1, 0, "a"), {"loss": 1.0}))
    assert Counting.records == 1


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
