"""What people are used to from a command line: lists, home folders, hints, JSON, quiet, colours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataworth.cli.main import COMMANDS, _parser, main

CURVE = "samples,accuracy\n100,.5\n200,.6\n400,.68\n800,.74\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_no_command_prints_all_commands_and_the_exit_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert all(f"    {name}" in said for name in COMMANDS)
    assert "exit codes: 0 done" in said


@pytest.mark.parametrize(
    "sizes", [["40,80,1000"], ["40", "80", "1k"], ["40,80", "1e3"], ["40 80 1k"]]
)
def test_a_list_is_written_with_commas_or_spaces(sizes: list[str]) -> None:
    assert _parser().parse_args(["run", "--sizes", *sizes]).sizes == [40, 80, 1000]
    at = _parser().parse_args(["forecast", "a.csv", "--at", *sizes]).at
    assert at == [40, 80, 1000]


@pytest.mark.parametrize("sizes", ["40,,80", "1.5", "ten", "1kk"])
def test_what_is_no_list_is_refused_with_an_example(
    sizes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--sizes", sizes])
    assert "such as 40,80" in capsys.readouterr().err


def test_a_study_alone_is_run_and_home_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("mine.toml").write_text('data = "nothing-here"\n')
    assert main(["~/mine.toml"]) == 2
    assert "nothing-here" in capsys.readouterr().err
    Path("a.csv").write_text(CURVE)
    assert main(["forecast", "~/a.csv", "--json", "--out=~/a.svg"]) == 0
    assert (tmp_path / "a.svg").is_file()


def test_a_misspelt_study_or_model_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["quikstart"])
    assert "Did you mean quickstart?" in capsys.readouterr().err
    code = (
        "import sys\nfrom dataworth.cli.main import main\n"
        "code = main(['run', 'quickstart', '--model', 'mpl'])\n"
        "print(code, sorted({'keras', 'jax', 'sklearn', 'scipy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2 []\n"
    assert 'Did you mean "mlp"?' in done.stderr


def test_a_share_to_hold_out_may_be_in_per_cent() -> None:
    assert _parser().parse_args(["run", "--held-out", "20%"]).held_out == 0.2
    assert _parser().parse_args(["run", "--held-out", "500"]).held_out == 500


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["run", "--data", "tabel.csv", "--model", "linear"], "Did you mean table.csv?"),
        (
            ["run", "--data", "table.csv", "--label", "churn", "--model", "linear"],
            "d, e, f, g, h, churned. Did you mean 'churned'?",
        ),
        (
            ["run", "--data", "prices.csv", "--label", "price", "--model", "linear"],
            "say --task regression",
        ),
        (["forecast", "a.csv", "--target", "95"], "95 per cent is 0.95 (--target 95%)"),
    ],
)
def test_what_was_probably_meant_is_proposed(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.csv").write_text(CURVE)
    Path("table.csv").write_text("a,b,c,d,e,f,g,h,churned\n" + "1,2,3,4,5,6,7,8,yes\n" * 3)
    Path("prices.csv").write_text("a,price\n" + "".join(f"{n},{n}.5\n" for n in range(60)))
    assert main(given) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("no_forecast", "no_picture")
def test_a_new_study_runs_as_it_is_in_json_and_quietly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["new", "demo"]) == 0
    assert "dataworth run demo/study.toml" in capsys.readouterr().out
    assert main(["new", "demo"]) == 2
    assert "exists already" in capsys.readouterr().err
    # The model of a study file is found beside it.
    command = ["run", "demo/study.toml", "--quiet", "--json", "--sizes", "50,100,200,400"]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    (study,) = json.loads(printed.out)["studies"]
    assert study["trained"] == 12
    assert "accuracy from" in study["models"]["train"]["answer"]
    assert [row["runs"] for row in study["models"]["train"]["measured"]] == [3] * 4


def test_reasons_of_failed_runs_are_printed_with_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.py").write_text("def train(run):\n    raise ValueError('no such column')\n")
    assert main(["run", "--data", "100", "--model", "broken.py:train", "--quiet"]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "15 of the study's runs failed" in printed.err
    assert "no such column" in printed.err
    assert "loading" not in printed.err


@pytest.mark.usefixtures("no_forecast", "no_picture")
def test_another_study_is_named_with_both_values_and_a_free_directory(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["new"]) == 0
    command = ["run", "study.toml", "--quiet", "--json", "--sizes", "50"]
    assert main(command) == 0
    assert main([*command, "--held-out", "0.5"]) == 2
    said = capsys.readouterr().err
    assert "runs/first holds another study: it was made with held_out" in said
    assert "--out runs/first-2" in said


def test_out_follows_its_suffix_and_another_metric_keeps_the_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a.csv", "b.csv"):
        Path(name).write_text(CURVE)
    for suffix, start in ((".pdf", b"%PDF"), (".svg", b"<svg "), (".png", b"\x89PNG")):
        assert main(["compare", "a.csv", "b.csv", "--out", f"c{suffix}"]) == 0
        assert Path(f"c{suffix}").read_bytes().startswith(start)
    assert main(["compare", "a.csv", "b.csv", "--out", "c.txt"]) == 2
    assert "expected a name that ends in" in capsys.readouterr().err
    assert main(["forecast", "a.csv"]) == 0
    before = Path("forecast.svg").read_bytes()
    assert main(["forecast", "a.csv", "--metric", "accuracy"]) == 0
    assert Path("forecast.svg").read_bytes() == before
    assert Path("forecast-accuracy.svg").is_file()


def test_json_holds_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.csv").write_text(CURVE)
    Path("b.csv").write_text(CURVE.replace(".74", ".71"))
    assert main(["forecast", "a.csv", "--json", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "raise accuracy from 74.0 %" in json.loads(printed.out)["answer"]["headline"]
    assert main(["compare", "a.csv", "b.csv", "--json"]) == 0
    assert "with 800 samples" in json.loads(capsys.readouterr().out)["answer"]


def test_no_colour_where_that_is_asked(tmp_path: Path) -> None:
    Path("a.csv").write_text(CURVE)
    plain = os.environ | {"NO_COLOR": "1", "FORCE_COLOR": ""}
    done = subprocess.run(
        [sys.executable, "-m", "dataworth.cli.main", "audit", "a.csv"],
        capture_output=True,
        text=True,
        check=False,
        env=plain,
    )
    assert "\x1b" not in done.stdout + done.stderr


def test_a_shell_completes_commands_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", "bash"]) == 0
    said = capsys.readouterr().out
    assert "--price-per-label" in said
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["a.csv", "--at", "10,000"], "10000, 10k"),
        (["a.csv", "--target", "0,6"], "decimal point"),
        (["a.csv", "--price-per-label", "0,1"], "decimal point"),
        (["--at", "1000", "a.csv"], "name the file before the options"),
    ],
)
def test_numbers_as_people_write_them_are_not_taken_for_lists(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.csv").write_text(CURVE)
    with pytest.raises(SystemExit):
        main(["forecast", *given])
    assert said in capsys.readouterr().err
    assert _parser().parse_args(["forecast", "a.csv", "--total", "10k"]).total == 10_000


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["run", "a.csv"], "--data a.csv"),
        (["plan", "a.csv", "--at", "9k", "--within", "5%"], "dataworth forecast"),
        (["forecast", "."], "give that file"),
        (["data", "show", "diggits"], "Did you mean digits?"),
        (["new", "a.csv"], "is a file"),
    ],
)
def test_a_thing_of_another_kind_is_refused_with_what_to_type(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.csv").write_text(CURVE)
    assert main(given) == 2
    assert said in capsys.readouterr().err
