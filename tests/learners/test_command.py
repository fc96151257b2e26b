"""Commands as models: real programs, from the placeholders to the failures."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.cli.main import main
from dataworth.errors import StudyError
from dataworth.records.record import Failure, Record
from dataworth.records.store import Store

PYTHON = sys.executable
TRAIN = """
import json, os, sys
import numpy as np

rows, held_out, seed, out = sys.argv[1:]
rows, held_out = np.load(rows), np.load(held_out)
text = open(os.environ["DATAWORTH_ROWS_TXT"]).read().split()
assert list(map(int, text)) == rows.tolist()
assert str(len(rows)) == os.environ["DATAWORTH_SIZE"] and seed == os.environ["DATAWORTH_SEED"]
assert not set(rows.tolist()) & set(held_out.tolist())
print("epoch 1 of 1")
json.dump({"accuracy": 1 - len(rows) ** -0.5, "held_out": len(held_out)}, open(out, "w"))
"""
FILES = "{rows} {held_out} {seed} {metrics}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(TRAIN)
    return tmp_path


def run(command: str | dw.Command, **options: Any) -> Any:
    command = dw.Command(command) if isinstance(command, str) else command
    study = dw.Study(1_000, command, metric="accuracy", sizes=[100], seeds=1, **options)
    return study.run_in("run")


def failure_of(command: str, **options: Any) -> Failure:
    outcome = run(command, **options)
    assert not outcome.curves
    (record,) = outcome.failed
    assert isinstance(record, Record)
    assert record.failure is not None
    return record.failure


def test_a_command_gets_the_rows_and_leaves_a_file() -> None:
    study = dw.Study(
        1_000, dw.Command(f"{PYTHON} train.py {FILES}"), metric="accuracy", sizes=[100, 400]
    )
    curve = study.run("run", progress=False)
    assert curve.values.tolist() == [0.9] * 3 + [0.95] * 3
    assert curve.others["held_out"].tolist() == [200.0] * 6
    # The files of a finished run are removed; the study file holds the command.
    assert not list(Path("run").glob("*/*/rows.npy"))
    assert "$ " in Path("run/study.toml").read_text()
    assert main(["run", "run"]) == 0


def test_the_last_line_of_the_output_is_as_good() -> None:
    code = "print(1); print('{\"accuracy\": 0.5}')"
    assert run(f"{PYTHON} -c {json.dumps(code)}").curve.values.tolist() == [0.5]


def test_lines_after_the_figures_do_not_matter() -> None:
    code = "import sys; print('{\"accuracy\": 0.5}', flush=True); print('bye', file=sys.stderr)"
    assert run(f"{PYTHON} -c {json.dumps(code)}").curve.values.tolist() == [0.5]


def test_a_shell_is_run_where_one_is_asked_for() -> None:
    text = """bash -c 'echo "{\\"accuracy\\": 0.$((6 + {seed}))}"'"""
    assert run(text).curve.values.tolist() == [0.6]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit(3)", "ended with exit code 3"),
        ("raise ValueError('no licence')", "no licence"),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9; memory may have run out"),
        ("import os; os.kill(os.getpid(), 11)", "killed by signal 11"),
        ("pass", "left no metrics.*is empty"),
        ("print('accuracy: 0.9')", "left no metrics.*'accuracy: 0.9'"),
        ("print('[0.9]')", "left no metrics"),
        ('open(r"{metrics}", "w").write(chr(123) + "accur")', "left no metrics.*metrics.json is"),
        ("open('metrics.json', 'w').write('hello')", "left no metrics"),
        ('print(chr(123) + chr(34) + "accuracy" + chr(34) + ": NaN" + chr(125))', "accuracy = nan"),
        ('print(\'{"accuracy": "good"}\')', "accuracy = 'good', which is not a number"),
    ],
)
def test_what_a_failing_command_did_is_said(code: str, message: str) -> None:
    Path("fails.py").write_text(code.replace("{metrics}", "METRICS"))
    text = Path("fails.py").read_text()
    text = text.replace('r"METRICS"', "__import__('os').environ['DATAWORTH_METRICS']")
    Path("fails.py").write_text(text)
    failure = failure_of(f"{PYTHON} fails.py")
    assert failure.kind == "error"
    assert re.search(message, failure.message, re.DOTALL), failure.message


def test_a_command_that_leaves_another_metric_is_refused_with_its_first_run() -> None:
    Path("other.py").write_text("print('{\"recall\": 1}')")
    with raises("unknown-metric", StudyError, "returned the metrics recall.* metric is accuracy"):
        run(f"{PYTHON} other.py")


def test_a_program_that_is_not_there_is_named() -> None:
    assert "no-such-program cannot be run" in failure_of("no-such-program {rows}").message


def test_a_program_that_may_not_be_run_is_named() -> None:
    Path("plain").write_text("x")
    assert "cannot be run (Permission denied)" in failure_of("./plain").message


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("", "command-malformed"),
        ("  ", "command-malformed"),
        ("python 'train.py", "command-malformed"),
        ("python train.py && echo 1", "command-malformed"),
        ("python train.py > {metrics}", "command-malformed"),
        ("python train.py {row}", "command-malformed"),
        ("python train.py {metric}", "command-malformed"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(command: str, code: str) -> None:
    with raises(code, StudyError):
        dw.Command(command)


def test_braces_of_other_languages_are_left_alone() -> None:
    assert dw.Command("awk '{print $1}' {rows.txt}").name == "awk"
    assert dw.Command("Rscript train.R {seed}").name == "train"


def test_the_identity_follows_the_script() -> None:
    one = dw.Command(f"{PYTHON} train.py {FILES}").identity()
    Path("train.py").write_text(TRAIN + "\n# changed\n")
    two = dw.Command(f"{PYTHON} train.py {FILES}").identity()
    assert one != two
    assert list(two["files"]) == ["train.py"]


def test_a_command_that_hangs_is_ended_with_all_that_it_started() -> None:
    # The child of the command would outlive it if it alone were killed.
    started = time.monotonic()
    failure = failure_of("bash -c 'sleep 61 & echo $! > child; wait'", time_limit=3)
    assert failure.kind == "timeout"
    assert "time limit of 3 s" in failure.message
    assert time.monotonic() - started < 60
    child = int(Path("child").read_text())
    until = time.monotonic() + 10
    while _is_alive(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


TROUBLE = """
import os, signal, sys, time
size, seed = int(os.environ["DATAWORTH_SIZE"]), int(os.environ["DATAWORTH_SEED"])
if not os.path.exists("mended"):
    if (size, seed) == (100, 0):
        raise ValueError("no licence")
    if (size, seed) == (100, 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if (size, seed) == (200, 2):
        time.sleep(60)
    if (size, seed) == (400, 0):
        print('{"accuracy": NaN}')
        sys.exit()
with open("trained", "a") as file:
    print(size, seed, file=file)
print('{"accuracy": %r}' % (1 - size ** -0.5))
"""


@pytest.mark.slow
def test_twelve_runs_of_which_four_fail(capsys: pytest.CaptureFixture[str]) -> None:
    Path("trouble.py").write_text(TROUBLE)
    sizes = ["--sizes", "100,200,400,800", "--seeds", "3", "--metric", "accuracy"]
    model = ["--command", f"{PYTHON} trouble.py", "--time-limit", "5", "--workers", "2"]
    assert main(["run", "--data", "1_000", *model, *sizes, "--out", "run"]) == 3
    printed = capsys.readouterr().err
    for reason in ("no licence", "killed by signal 9", "time limit of 5 s", "accuracy = nan"):
        assert reason in printed
    assert "4 of the study's runs failed" in printed
    assert len(Path("trained").read_text().splitlines()) == 8
    with Store("run") as store:
        kinds = {record.key.size: record.failure for record in store.records("failed")}
    assert kinds[200] is not None
    assert kinds[200].kind == "timeout"
    Path("mended").touch()
    # Without --retry-failed the runs stay failed.
    assert main(["run", "run"]) == 3
    assert len(Path("trained").read_text().splitlines()) == 8
    assert main(["run", "run", "--retry-failed"]) == 0
    assert len(Path("trained").read_text().splitlines()) == 12


def test_a_function_that_hangs_is_ended() -> None:
    Path("hangs.py").write_text(
        "import time\n"
        "def train(run):\n"
        "    if run.seed == 1:\n"
        "        time.sleep(60)\n"
        "    return {'accuracy': 0.5}\n"
    )
    study = dw.Study(1_000, "hangs:train", metric="accuracy", sizes=[50], seeds=3, time_limit=2)
    outcome = study.run_in("run")
    assert [record.key.seed for record in outcome.failed] == [1]
    assert outcome.failed[0].failure is not None
    assert outcome.failed[0].failure.kind == "timeout"
    assert outcome.curve is not None
    assert len(outcome.curve) == 2


def test_commands_and_functions_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    models = {
        "script": dw.Command(f"{PYTHON} train.py {FILES}"),
        "poor": dw.Command(f"{PYTHON} -c 'print(chr(123), chr(34), sep=\"\")'"),
    }
    study = dw.Study(1_000, models, metric="accuracy", sizes=[100, 200], seeds=1)
    with pytest.warns(UserWarning, match="poor"):
        curves = study.run("run", progress=False)
    assert np.allclose(curves["script"].values, [0.9, 1 - 200**-0.5])
