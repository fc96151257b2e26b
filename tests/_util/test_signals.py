"""Requests to stop: raised where they do no harm, and never as a traceback."""

from __future__ import annotations

import contextlib
import gc
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from dataworth._util import signals

CODES = (0, 130)
_ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def listening() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _ALL}
    hook = sys.unraisablehook
    signals.listen()
    try:
        yield
    finally:
        signals.ignore()
        signals._request.clear()
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_the_request() -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.usefixtures("listening")
def test_a_request_to_stop_that_a_library_swallowed_still_counts() -> None:
    signals.check()
    with contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signals.check()
    with pytest.raises(KeyboardInterrupt), signals.heard():
        raise ImportError("half a library")
    signals.listen()
    signals.check()
    with pytest.raises(ImportError), signals.heard():
        raise ImportError("no such library")


@pytest.mark.usefixtures("listening")
def test_a_request_in_a_callback_of_the_collector_waits(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def callback(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            gc.callbacks.remove(callback)
            signal.raise_signal(signal.SIGINT)

    gc.callbacks.append(callback)
    gc.collect()
    with pytest.raises(KeyboardInterrupt):
        _wait_for_the_request()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.usefixtures("listening")
def test_a_library_is_loaded_whole_before_a_request_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_a_library.py").write_text(
        "import signal\n\nsignal.raise_signal(signal.SIGINT)\nwhole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert import_module("half_a_library").whole
    with pytest.raises(KeyboardInterrupt):
        _wait_for_the_request()
    del sys.modules["half_a_library"]
    monkeypatch.setattr(signals, "_SECONDS_FOR_IMPORTS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        import_module("half_a_library")
    assert "half_a_library" not in sys.modules


def _program(directory: Path, *python: str) -> subprocess.Popen[str]:
    command = ["run", "--data", "digits", "--model", "linear", "--sizes", "50", "--seeds", "1"]
    program = [sys.executable, *python, "-m", "dataworth.cli.main", *command, "--epochs", "1"]
    return subprocess.Popen(
        [*program, "--out", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that are run under nohup ignore the signal, and so would the program.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )


def _end_of(process: subprocess.Popen[str]) -> str:
    _, told = process.communicate(timeout=60)
    assert "Traceback" not in told
    assert process.returncode in CODES, told
    return told


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "module",
    [
        "numpy.version",
        pytest.param("jaxlib", marks=SLOW),
        pytest.param("keras.src.backend", marks=SLOW),
    ],
)
def test_ctrl_c_while_libraries_are_loaded(module: str, tmp_path: Path) -> None:
    # Python tells which module it has loaded: a moment that no busy machine moves.
    process = _program(tmp_path, "-X", "importtime")
    assert process.stderr is not None
    for line in process.stderr:
        if line.split("|")[-1].strip() == module:
            break
    process.send_signal(signal.SIGINT)
    assert "Stopped" in _end_of(process)
    assert process.returncode == 130


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=SLOW)])
def test_a_closed_terminal_stops_as_ctrl_c_does(name: str, tmp_path: Path) -> None:
    process = _program(tmp_path, "-X", "importtime")
    assert process.stderr is not None
    for line in process.stderr:
        if line.split("|")[-1].strip() == "numpy.version":
            break
    process.send_signal(getattr(signal, name))
    assert "Stopped" in _end_of(process)
    assert process.returncode == 130


def test_a_hangup_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr(signals, "_request", signals._Request())
        handlers = {number: signal.getsignal(number) for number in _ALL[:2]}
        signals.listen()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        for number, handler in handlers.items():
            signal.signal(number, handler)
    finally:
        signal.signal(signal.SIGHUP, before)


def _listens(process: subprocess.Popen[str]) -> bool:
    """Whether the program catches SIGTERM, as it does from its first line on."""
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to watch a process in")
@pytest.mark.parametrize(
    "seconds",
    [0, *(pytest.param(each, marks=SLOW) for each in (0.02, 0.1, 0.3, 1.0))],
)
def test_ctrl_c_at_any_moment(seconds: float, tmp_path: Path) -> None:
    process = _program(tmp_path)
    while not _listens(process):
        time.sleep(0.001)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _end_of(process)


@pytest.mark.slow
def test_ctrl_c_when_all_is_done(tmp_path: Path) -> None:
    process = _program(tmp_path)
    assert process.stdout is not None
    printed = any(line.startswith("No forecast") for line in process.stdout)
    assert printed, "the last line of a study of one size"
    # Python is about to end, which takes it a while with so many libraries.
    for _ in range(20):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    _end_of(process)
