"""Runs that end the process of the study."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from errors import raises

from dataworth.errors import StudyError
from dataworth.records.record import RunKey
from dataworth.records.store import Store
from dataworth.study.interrupted import MOST_STARTS, BegunRuns

SCRIPT = """
import os
import signal
import sys

import numpy as np
from nearest_mean import NearestMean

import dataworth as dw


class Ending(NearestMean):
    def fit(self, request, context):
        if len(request.train) == 40 and request.seed == 1:
            ENDING
        return super().fit(request, context)


data = dw.load("digits")
study = dw.Study(data, Ending(), sizes=[20, 40, 80], seeds=2)
outcome = study.run_in("run", retry_failed="retry" in sys.argv)
print(outcome.trained, len(outcome.failed), len(outcome.curve))
"""
HELPERS = Path(__file__).parents[1] / "helpers"


def start(folder: Path, ending: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("ENDING", ending), *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HELPERS), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_that_ends_the_process_again_and_again_is_given_up_and_the_others_are_done(
    tmp_path: Path,
) -> None:
    exits, crashes = "os._exit(7)", "os.kill(os.getpid(), signal.SIGSEGV)"
    endings = [(exits, 7), (crashes, -signal.SIGSEGV), (exits, 7)]
    assert len(endings) == MOST_STARTS
    for ending, code in endings:
        assert start(tmp_path, ending).returncode == code
    last = start(tmp_path, exits)
    assert last.returncode == 0, last.stderr
    assert last.stdout.split()[1:] == ["1", "5"]
    with Store(tmp_path / "run") as store:
        (failed,) = store.records("failed")
        assert store.meta()["begun"] is None
    assert failed.failure is not None
    assert failed.failure.kind == "killed"
    assert f"{MOST_STARTS} times" in failed.failure.message
    assert (failed.key.size, failed.key.seed) == (40, 1)
    # It stays given up, until it is asked for again.
    assert start(tmp_path, exits).stdout.split() == ["0", "1", "5"]
    assert start(tmp_path, "pass", "retry").stdout.split() == ["1", "0", "6"]


def test_what_is_stopped_by_a_signal_or_an_error_does_not_count(tmp_path: Path) -> None:
    for _ in range(MOST_STARTS + 1):
        assert start(tmp_path, "raise KeyboardInterrupt").returncode != 0
        with Store(tmp_path / "run") as store:
            assert store.meta()["begun"] is None
    assert start(tmp_path, "pass").stdout.split()[1:] == ["0", "6"]


KEY = RunKey("mlp", 40, 1, "0" * 32)


def test_a_run_whose_checkpoint_grew_is_not_given_up(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        begun = BegunRuns(store)
        for steps in range(1, 2 * MOST_STARTS):
            begun.begin(KEY)
            assert begun.given_up([KEY]) is None
            store.save_checkpoint(KEY.digest, {"step": np.arange(float(steps))}, {})
        for _ in range(MOST_STARTS):
            begun.begin(KEY)
        assert begun.given_up([]) is None
        assert begun.given_up([KEY]) is not None
        begun.begin(RunKey("mlp", 80, 1, "1" * 32))
        assert begun.given_up([KEY]) is None


@pytest.mark.parametrize("entry", [3, [], "x", {"digest": "0"}, {"digest": 1, "starts": "x"}])
def test_a_mark_that_cannot_be_read_is_refused(entry: object, tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        store.set_meta({"begun": entry})
        with raises("entry-invalid", StudyError, "begun"):
            BegunRuns(store).given_up([KEY])
