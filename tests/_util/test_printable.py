"""Text from files and paths is harmless for a terminal."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from dataworth._util.printable import new_console, printable
from dataworth.cli.main import main
from dataworth.curves.curve import Curve
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store

NASTY = "\x1b[31mRED\x1b[2J\x1b]0;owned\x07\x9b2J\x7f\u202egnp"


@given(st.text())
def test_only_what_controls_a_terminal_is_replaced(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    for before, after in zip(text, shown, strict=True):
        if before in "\t\n" or unicodedata.category(before) not in ("Cc", "Cf", "Zl", "Zp"):
            assert after == before
        assert after in "\t\n" or unicodedata.category(after) != "Cc"


def test_a_console_shows_what_it_was_given_and_keeps_its_own_styles(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    console = new_console()
    table = Table(NASTY)
    table.add_row(NASTY)
    console.print(table)
    console.print(NASTY, style="bold")
    printed = capsys.readouterr().out
    assert "\x1b[1m\u241b[31mRED" in printed
    assert "\u241b[31mRED" in printed
    for sequence in ("\x1b[2J", "\x1b]0", "\x07", "\x9b", "\x7f", "\u202e"):
        assert sequence not in printed


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run directory that somebody else sent: its name and its model control the terminal."""
    monkeypatch.chdir(tmp_path)
    with Store(tmp_path / "run", write=True) as store:
        store.set_meta({"name": NASTY, "model": NASTY, "metric": {"name": "loss"}})
        for place, size in enumerate((100, 200, 400, 800, 1_600)):
            key = RunKey(NASTY, size, 0, f"{place:032}")
            store.add(Record(key, {"loss": 5 * size**-0.4, "x\x1b[2J": 0.5}))
        store.set_meta({"findings": [], "measured_on": "training"})
    return tmp_path / "run"


def test_no_command_prints_what_controls_a_terminal(
    named: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = named.with_name("strange \x1b[31m.csv")
    Curve([100, 200, 400, 800], [1, 0.7, 0.5, 0.4]).to_csv(strange)
    said = ""
    for arguments in (
        ["forecast", str(named)],
        ["audit", str(named)],
        ["forecast", str(strange)],
        ["audit", str(strange)],
        ["data", "show", "missing \x1b[2J.csv"],
        ["forecast", str(named), "--metric", NASTY],
        ["compare", str(named), str(strange)],
    ):
        main(arguments)
        printed = capsys.readouterr()
        said += printed.out + printed.err
    assert "\u241b[31mRED" in said
    assert "strange \u241b[31m" in said
    for control in ("\x1b", "\x07", "\x9b", "\x7f", "\u202e"):
        assert control not in said
