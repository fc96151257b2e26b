"""Options are written in full; an unknown one is an error of its command, with a proposal."""

from __future__ import annotations

import pytest

from dataworth.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "usage", "unknown", "meant"),
    [
        (["run", "quickstart", "--seed", "3"], "dataworth run", "--seed", "--seeds"),
        (["run", "quickstart", "--seed=3"], "dataworth run", "--seed", "--seeds"),
        (["run", "quickstart", "--epoch", "3"], "dataworth run", "--epoch", "--epochs"),
        (["forecast", "--targt", "0.1", "a.csv"], "dataworth forecast", "--targt", "--target"),
        (["compare", "--lvl", "0.5", "a", "b"], "dataworth compare", "--lvl", "--level"),
        (["audit", "--jsn", "a.csv"], "dataworth audit", "--jsn", "--json"),
        (["report", "--ou", "a.html", "runs/a"], "dataworth report", "--ou", "--out"),
        (["data", "show", "--rows", "2", "digits"], "dataworth data show", "--rows", "--row"),
        (["data", "fetch", "--form", "kaggle"], "dataworth data fetch", "--form", "--from"),
        (["--versoin"], "dataworth", "--versoin", "--version"),
    ],
)
def test_an_unknown_option_is_refused_with_the_one_that_was_meant(
    arguments: list[str],
    usage: str,
    unknown: str,
    meant: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"usage: {usage} [-h]")
    assert said.endswith(f"{usage}: error: unknown option {unknown}. Did you mean {meant}?\n")


def test_an_option_like_no_other_has_no_proposal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "runs/a", "--wibble", "3"])
    assert capsys.readouterr().err.endswith("unknown option --wibble.\n")


def test_an_unknown_command_is_refused_with_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["forcast", "a.csv"])
    assert stop.value.code == 2
    assert "unknown command 'forcast'. Did you mean forecast?" in capsys.readouterr().err


def test_a_superfluous_argument_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "runs/a", "runs/b"])
    said = capsys.readouterr().err
    assert said.startswith("usage: dataworth report")
    assert "'runs/b'" in said
