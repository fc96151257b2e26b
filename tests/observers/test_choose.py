"""Who is told of a study's progress: asked for, in a notebook, or nobody."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import dataworth as dw
from dataworth.observers.base import Silent
from dataworth.observers.choose import default_observer
from dataworth.observers.terminal import TerminalProgress

STUDY = dw.Study(data="digits", model="linear", sizes=[40, 80], seeds=1, epochs=1)


def test_a_script_is_not_spoken_to_unless_it_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    STUDY.run(tmp_path / "silent")
    assert capsys.readouterr() == ("", "")
    STUDY.run(tmp_path / "told", progress=True)
    out, told = capsys.readouterr()
    assert out == ""
    assert "2 runs." in told
    assert "80 samples  seed 0" in told


def test_a_progress_of_ones_own_is_told() -> None:
    own = Silent()
    assert default_observer(own) is own


def test_true_and_false_are_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(default_observer(True), TerminalProgress)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert isinstance(default_observer(False), Silent)
    assert isinstance(default_observer(None), Silent), "a kernel's library without a notebook"
