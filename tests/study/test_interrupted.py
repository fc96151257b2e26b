"""Runs that end the process of the study."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from nearest_mean import NearestMean

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest
from dataworth.records.record import RunKey
from dataworth.records.run import RunContext
from dataworth.records.store import Store
from dataworth.study.interrupted import MOST_STARTS, BegunRuns

pytestmark = pytest.mark.usefixtures("no_picture")


class Ending(NearestMean):
    """Calls `ending` in one of its runs."""

    def __init__(self, ending: Callable[[], object]) -> None:
        self.ending = ending

    def fit(self, request: FitRequest, context: RunContext) -> Any:
        if len(request.train) == 40 and request.seed == 1:
            self.ending()
        return super().fit(request, context)


def interrupt() -> None:
    raise KeyboardInterrupt


def start(
    folder: Path, digits: Dataset, ending: Callable[[], object], retry: bool = False
) -> tuple[int | None, str]:
    """Run the study in a process of its own: its exit code, and trained, failed and all runs.

    The process is forked, since a new one would take seconds to import what it needs.
    """

    def study(results: Any) -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            asked = dw.Study(digits, Ending(ending), sizes=[20, 40, 80], seeds=2)
            outcome = asked.run_in(folder / "run", 1, retry_failed=retry)
        assert outcome.curve is not None
        results.send(f"{outcome.trained} {len(outcome.failed)} {len(outcome.curve)}")

    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=study, args=(sender,))
    process.start()
    sender.close()
    process.join()
    with contextlib.suppress(EOFError):
        return process.exitcode, receiver.recv()
    return process.exitcode, ""


def test_a_run_that_ends_the_process_again_and_again_is_given_up_and_the_others_are_done(
    tmp_path: Path, digits: Dataset
) -> None:
    def exits() -> None:
        os._exit(7)

    def crashes() -> None:
        # Without the dump of pytest's fault handler.
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)

    endings = [(exits, 7), (crashes, -signal.SIGSEGV), (exits, 7)]
    assert len(endings) == MOST_STARTS
    for ending, code in endings:
        assert start(tmp_path, digits, ending) == (code, "")
    last, counts = start(tmp_path, digits, exits)
    assert last == 0
    assert counts.split()[1:] == ["1", "5"]
    with Store(tmp_path / "run") as store:
        (failed,) = store.records("failed")
        assert store.meta()["begun"] is None
    assert failed.failure is not None
    assert failed.failure.kind == "killed"
    assert f"{MOST_STARTS} times" in failed.failure.message
    assert (failed.key.size, failed.key.seed) == (40, 1)
    # It stays given up, until it is asked for again.
    assert start(tmp_path, digits, exits) == (0, "0 1 5")
    assert start(tmp_path, digits, int, retry=True) == (0, "1 0 6")


def test_what_is_stopped_by_a_signal_or_an_error_does_not_count(
    tmp_path: Path, digits: Dataset
) -> None:
    for _ in range(MOST_STARTS + 1):
        assert start(tmp_path, digits, interrupt)[0] != 0
        with Store(tmp_path / "run") as store:
            assert store.meta()["begun"] is None
    code, counts = start(tmp_path, digits, int)
    assert code == 0
    assert counts.split()[1:] == ["0", "6"]


KEY = RunKey("mlp", 40, 1, "0" * 32)


def test_a_run_whose_checkpoint_grew_is_not_given_up(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        begun = BegunRuns(store)
        for steps in range(1, 2 * MOST_STARTS):
            begun.begin(KEY)
            assert begun.given_up(lambda: [KEY]) is None
            store.save_checkpoint(KEY.digest, {"step": np.arange(float(steps))}, {})
        for _ in range(MOST_STARTS):
            begun.begin(KEY)
        assert begun.given_up(list) is None
        assert begun.given_up(lambda: [KEY]) is not None
        begun.begin(RunKey("mlp", 80, 1, "1" * 32))
        assert begun.given_up(lambda: [KEY]) is None


@pytest.mark.parametrize("entry", [3, [], "x", {"digest": "0"}, {"digest": 1, "starts": "x"}])
def test_a_mark_that_cannot_be_read_is_refused(entry: object, tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        store.set_meta({"begun": entry})
        with raises("entry-invalid", StudyError, "begun"):
            BegunRuns(store).given_up(lambda: [KEY])


def test_a_start_with_nothing_left_to_run_removes_what_a_killed_process_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = dw.Study(data=100, model=lambda run: {"loss": 1.0}, sizes=[10], seeds=1)
    study.run(tmp_path / "run")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    temporary = tmp_path / "temporary"
    (temporary / f"dataworth-{gone.pid}-abc").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    study.run(tmp_path / "run")
    assert not list(temporary.iterdir())
