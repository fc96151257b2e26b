import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dataworth.cli.main import _parser, main
from dataworth.cli.run import _directory, _studies
from dataworth.cli.show.tables import curve_table, print_table, published_table
from dataworth.curves.curve import Curve
from dataworth.findings import Finding
from dataworth.observers.terminal import TerminalObserver, print_findings
from dataworth.records.record import RunKey
from dataworth.study.spec import Study

SMALL = ["--model", "linear", "--sizes", "50,200", "--seeds", "2", "--epochs", "60"]


@pytest.mark.usefixtures("one_forecast")
def test_a_run_prints_the_table_and_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A directory of brackets, which a terminal's markup would take for its own.
    tmp_path = tmp_path / "a [/x]"
    command = ["run", "--data", "digits", *SMALL, "--out", str(tmp_path)]
    assert main(command) == 0
    first = capsys.readouterr()
    assert f"In {tmp_path}: curve.csv" in first.out
    assert "Dataset_Size" in first.out
    assert "curve.png" in first.out
    assert "3x the data (600 samples)" in first.out
    assert (tmp_path / "forecast.svg").is_file()
    assert "200 samples  seed 1" in first.err
    assert main(["run", str(tmp_path)]) == 0
    again = capsys.readouterr()
    assert again.out == first.out
    assert "4 runs, 4 of them" in again.err
    assert "samples  seed" not in again.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "name a study"),
        (["run", "quickstrt"], " quickstart?"),
        (["run", "quickstart", "--data", "nothing.csv"], "nothing.csv"),
        (["run", "quickstart", "--model", "mpl"], "mpl"),
        (["run", "quickstart", "--sizes", "10,99999"], "sizes: 99,999"),
        (["run", "quickstart", "--epochs", "0"], "epochs = 0"),
        (["run", "quickstart", "--workers", "0"], "workers = 0"),
    ],
)
def test_what_cannot_be_run_is_one_message_and_code_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "run")] if len(arguments) > 1 else []
    assert main([*arguments, *out]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err
    assert "Traceback" not in told.err


def _told(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "dataworth.cli.main", *command]
    return subprocess.run(program, stderr=subprocess.PIPE, text=True, check=False, **how)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_line_feed_in_a_name_begins_no_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\ndataworth: all is well.csv"
    path.write_text("samples,loss\n1,2\n")
    for command in (["forecast", str(path)], ["data", "show", str(path)]):
        assert main(command) == 2
        assert "\ndataworth: all" not in capsys.readouterr().err.strip()


def test_output_that_cannot_be_written_is_one_message() -> None:
    with open("/dev/full", "w") as full:
        told = _told(["data", "list"], stdout=full)
    assert told.returncode == 2
    assert told.stderr == f"dataworth: the output: {os.strerror(errno.ENOSPC)}.\n"


def test_an_encoding_without_blocks_and_lines_costs_no_traceback() -> None:
    plain = os.environ | {"PYTHONIOENCODING": "ascii"}
    told = _told(["data", "show", "digits"], stdout=subprocess.PIPE, env=plain)
    assert told.returncode == 0
    assert "class 0, '0'" in told.stdout
    assert told.stderr == ""


def test_readers_that_go_away_cost_output_alone(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    (tmp_path / "model_of_reader.py").write_text("def train(run):\n    return {'accuracy': 0.5}\n")
    command = ["run", "--data", "1000", "--model", "model_of_reader:train", "--sizes", "50"]
    program = [sys.executable, "-m", "dataworth.cli.main", *command, "--seeds", "1", "--out", "run"]
    done = subprocess.run(program, stdout=writing, stderr=writing, check=False, cwd=tmp_path)
    os.close(writing)
    assert done.returncode == 0
    kept = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"results.sqlite", "curve.csv", "curve.png", "report.html"} <= kept


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_goes_away_is_not_complained_of(stream: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writing}
    command = ["data", "list"] if stream == "stdout" else ["audit", "nothing-here"]
    program = [sys.executable, "-m", "dataworth.cli.main", *command]
    told = subprocess.run(program, text=True, check=False, **outputs)  # type: ignore[call-overload]
    os.close(writing)
    assert told.returncode == (0 if stream == "stdout" else 2)
    assert not told.stdout
    assert not told.stderr


def _first_study(arguments: list[str]) -> Study:
    return _studies(_parser().parse_args(["run", *arguments]))[0]


def test_epochs_replace_the_steps_of_a_study() -> None:
    assert _first_study(["quickstart"]).steps == 600
    asked = _first_study(["quickstart", "--epochs", "3"])
    assert (asked.steps, asked.epochs) == (None, 3)


def test_other_data_bring_their_own_name_and_options(tmp_path: Path) -> None:
    assert _first_study(["emnist", "--data", "emnist/letters"]).name == "emnist/letters"
    assert _first_study(["quickstart", "--data", "mine.csv"]).name == "quickstart"
    file = tmp_path / "study.toml"
    file.write_text('data = "glyphs"\nfallback = "digits"\ndata_options = { samples = 90 }\n')
    other = _first_study([str(file), "--data", "mine.csv", "--label", "-1"])
    assert (other.data_options, other.fallback) == ({"label": -1}, None)
    table = ["--data", "mine.csv", "--no-header", "--no-pixels"]
    assert _first_study(table).data_options == {"header": False, "pixels": False}
    assert _first_study(["--data", "mine.csv", "--header"]).data_options == {"header": True}
    assert _first_study([str(file), "--label", "kind"]).data_options == {
        "samples": 90,
        "label": "kind",
    }


def test_a_folder_of_a_studys_name_is_no_run_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quickstart").mkdir()
    (tmp_path / "quickstart" / "study.toml").write_text('data = "digits"\nname = "mine"')
    monkeypatch.chdir(tmp_path)
    for given, place in (("quickstart", "runs/quickstart"), ("./quickstart", "quickstart")):
        options = _parser().parse_args(["run", given])
        (study,) = _studies(options)
        assert _directory(options, study, alone=True) == Path(place)


@pytest.mark.slow
def test_a_model_whose_module_imports_keras_at_its_top(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(
        "import keras\n\n\ndef net(shape, classes):\n    return keras.Sequential("
        "[keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)])\n"
    )
    script = (
        "import dataworth as dw\n"
        'study = dw.Study(data="digits", model="nets:net", sizes=[50], seeds=1, epochs=2)\n'
        'study.run("run")\n'
    )
    bare = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    program = [sys.executable, "-c", script]
    told = subprocess.run(
        program, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


def test_sizes_that_are_no_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "quickstart", "--sizes", "10,many"])
    assert stop.value.code == 2
    assert "many" in capsys.readouterr().err


_WAITING = """
import time
from pathlib import Path


def train(run):
    Path(__file__).with_name("begun").touch()
    time.sleep(600)
"""


@pytest.mark.parametrize("model", ["function", pytest.param("linear", marks=pytest.mark.slow)])
def test_ctrl_c_says_how_to_go_on_and_the_rest_is_done_later(model: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "dataworth.cli.main", "run", "--sizes", "500", "--seeds", "1"]
    if model == "function":
        (tmp_path / "waiting_for_ctrl_c.py").write_text(_WAITING)
        command += ["--data", "1000", "--model", "waiting_for_ctrl_c:train", "--metric", "loss"]
        begun = tmp_path / "begun"
    else:
        command += ["--data", "digits", "--model", model, "--epochs", "1000000"]
        begun = out / "study.toml"
    process = subprocess.Popen(
        [*command, "--out", str(out)], stderr=subprocess.PIPE, cwd=tmp_path, text=True
    )
    while not begun.is_file():
        time.sleep(0.05)
        assert process.poll() is None
    # A network is trained for a while.
    time.sleep(1 if model == "linear" else 0)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert f":\n  dataworth run {out}" in told
    assert "Traceback" not in told


def test_importing_dataworth_is_light() -> None:
    heavy = ["jax", "keras", "matplotlib", "numpy", "polars", "rich", "scipy", "sklearn"]
    code = "import json, sys, dataworth; print(json.dumps([*sys.modules]))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(heavy) & set(json.loads(told.stdout))


def test_the_table_is_the_papers_with_spread_and_accuracy() -> None:
    curve = Curve([9_000, 9_000], [0.5, 0.7], others={"accuracy": [0.8, 0.9]})
    text = io.StringIO()
    Console(file=text, width=100).print(curve_table(curve))
    rows = [line.split() for line in text.getvalue().splitlines() if line.strip()]
    assert rows[0] == ["Dataset_Size", "Loss", "Loss_Std", "Accuracy", "Seeds"]
    assert rows[2] == ["9,000", "0.6", "0.141", "0.8500", "2"]


def test_the_table_of_another_metric_has_its_name() -> None:
    text = io.StringIO()
    Console(file=text, width=100).print(curve_table(Curve([90, 90], [3.5, 3.7], metric="rmse")))
    rows = [line.split() for line in text.getvalue().splitlines() if line.strip()]
    assert rows[0] == ["Dataset_Size", "rmse", "rmse_Std", "Seeds"]
    assert rows[2] == ["90", "3.6", "0.141", "2"]


def test_an_abbreviated_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--data", "digits", "--seed", "3"])
    assert "unknown option --seed. Did you mean --seeds?" in capsys.readouterr().err


def test_a_narrow_terminal_gets_every_figure_whole() -> None:
    text = io.StringIO()
    curve = Curve([697_932, 697_932], [0.51234, 0.7], others={"accuracy": [0.8, 0.9]})
    print_table(Console(file=text, width=20), curve_table(curve))
    assert text.getvalue().split()[-5:] == ["697,932", "0.6062", "0.133", "0.8500", "2"]


def test_the_published_table_has_a_row_for_every_size_that_was_run() -> None:
    text = io.StringIO()
    wrong, right = Curve([9_000, 100], [3e-6, 0.01]), Curve([9_000], [0.9])
    print_table(Console(file=text, width=100), published_table(wrong, right))
    rows = [line.split() for line in text.getvalue().splitlines() if line.strip()]
    assert rows[2:] == [["100", "0.01"], ["9,000", "2.73e-06", "3e-06", "0.9"]]


def test_findings_are_printed_worst_first_with_what_to_do() -> None:
    text = io.StringIO()
    findings = [
        Finding("b", "info", "here", "Known.", {}, "Nothing."),
        Finding("a", "error", "row [7]", "Wrong.", {}, "Mend it."),
    ]
    print_findings(Console(file=text, width=100), findings)
    assert text.getvalue().splitlines() == [
        "error a (row [7]): Wrong. Mend it.",
        "info b (here): Known. Nothing.",
    ]


def test_progress_in_a_terminal_shows_epochs_and_clears_them() -> None:
    text = io.StringIO()
    observer = TerminalObserver(Console(file=text, force_terminal=True, width=120))
    run = RunKey("m", 50, 0, "k")
    observer.on_study_begin([run, RunKey("m", 90, 0, "l")], [], [100, 180])
    observer.on_step(run, 1, 2, {"loss": 0.25})
    observer.on_study_end()
    assert "step 1 of 2, loss 0.25" in text.getvalue()
    assert "2 runs." in text.getvalue()


_LOADING_MODULE = """
from pathlib import Path

FOLDER = Path(__file__).parent


def train(run):
    if run.seed == 1 and not (FOLDER / "mended").exists():
        raise ValueError("no [such] leaf")
    with (FOLDER / "trained").open("a") as file:
        print(run.size, run.seed, file=file)
    return {"accuracy": 1 - run.size**-0.5 + run.seed / 1000}
"""


def test_a_reason_that_runs_share_is_printed_once_with_some_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model_without_disk.py").write_text("def train(run):\n    open('/no/such/file')\n")
    command = ["run", "--data", "1000", "--model", "model_without_disk:train", "--metric", "loss"]
    assert main([*command, "--sizes", "100,200", "--seeds", "3", "--out", "run"]) == 3
    _, _, listed = capsys.readouterr().err.partition("6 of the study's runs failed:\n")
    reason, again = listed.splitlines()
    assert "100 samples, seed 0; " in reason
    assert "; and 3 more: " in reason
    assert "/no/such/file" in reason
    assert "--retry-failed" in again


def test_a_function_with_a_failing_run_exits_with_3_and_is_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model_of_command.py").write_text(_LOADING_MODULE)
    command = ["run", "--data", "1000", "--model", "model_of_command:train"]
    command += ["--metric", "accuracy", "--sizes", "200", "--seeds", "3", "--out", "run"]
    assert main(command) == 3
    first = capsys.readouterr()
    assert "Traceback" not in first.err
    assert "1 of the study's runs failed" in first.err
    failed = next(line for line in first.err.splitlines() if "200 samples, seed 1:" in line)
    assert "ValueError: no [such] leaf" in failed
    assert "dataworth run run --retry-failed" in first.err
    assert "200" in first.out
    assert (tmp_path / "run" / "report.html").is_file()
    trained = (tmp_path / "trained").read_text()
    assert sorted(trained.splitlines()) == ["200 0", "200 2"]

    (tmp_path / "mended").touch()
    assert main(command) == 3
    assert "no [such] leaf" in capsys.readouterr().err
    assert (tmp_path / "trained").read_text() == trained

    assert main([*command, "--retry-failed"]) == 0
    assert "failed" not in capsys.readouterr().err
    assert (tmp_path / "trained").read_text() == trained + "200 1\n"
    assert len((tmp_path / "run" / "curve.csv").read_text().splitlines()) == 1 + 3


def test_the_package_is_a_program_too() -> None:
    command = [sys.executable, "-m", "dataworth", "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("dataworth ")
