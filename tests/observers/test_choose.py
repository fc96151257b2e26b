"""Which observer shows progress where none was given."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from nearest_mean import NearestMean

import dataworth as dw
from dataworth.observers.base import Observer
from dataworth.observers.choose import default_observer
from dataworth.observers.terminal import TerminalObserver

pytestmark = pytest.mark.usefixtures("no_picture")

STUDY = dw.Study(data="digits", model=NearestMean(), sizes=[40, 80], seeds=1)


def test_a_script_prints_progress_only_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    STUDY.run(tmp_path / "silent")
    assert capsys.readouterr() == ("", "")
    STUDY.run(tmp_path / "shown", progress=True)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "2 runs." in shown
    assert "80 samples  seed 0" in shown


def test_an_observer_that_was_given_is_used() -> None:
    own = Observer()
    assert default_observer(own) is own


def test_true_and_false_are_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(default_observer(True), TerminalObserver)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert type(default_observer(False)) is Observer
    assert type(default_observer(None)) is Observer, "a kernel's library without a notebook"
