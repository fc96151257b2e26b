"""Disturb a running study in other ways than by a kill, and compare what comes of it.

    python benchmarks/faults/disturb.py [--times 3] [--seed 0]

Each kind of disturbance comes at a random instant of a study of 30 runs in two workers:

- stop: SIGSTOP to the command, a worker or all of them, and SIGCONT a second later;
- hangup: SIGHUP, as a closed terminal sends it; the study is then started again;
- second: a second process starts on the directory, and is refused;
- read-only: the directory may not be written (without effect, and left out, as root);
- memory: the address space of the study is limited to what few runs have room for;
- clock: the clock of the system is set back by a day (as Python's `time.time` tells it).

It is survived if nothing that is printed is a traceback, the exit code is that of the disturbance,
and the same command gives in the end the same ``curve.csv`` to the byte.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kills import children

from dataworth.records.layout import CURVE_FILE

_KINDS = ("stop", "hangup", "second", "read-only", "memory", "clock")
_STOPPED, _REFUSED, _FAILED = 130, 2, 3
_CLOCK = """
import time
_now, _start = time.time, time.monotonic()
time.time = lambda: _now() - (86_400 if time.monotonic() - _start > 1.5 else 0)
"""
_MEMORY_BYTES = 700 << 20


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    kinds = [kind for kind in _KINDS if kind != "read-only" or os.geteuid()]
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for kind in kinds:
            for _ in range(options.times):
                fault = bench.disturb(kind, chance)
                tried[kind] += 1
                survived[kind] += not fault
                if fault:
                    print(f"FAULT: {kind}: {fault}", flush=True)
            print(f"{kind}: {survived[kind]} of {tried[kind]}", flush=True)
    print(f"survived: {survived.total()} of {tried.total()}")
    return 0 if survived == tried else 1


class Bench:
    """Runs the study in a folder, and disturbs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._directory = folder / "study"
        self._clock = folder / "clock"
        self._clock.mkdir()
        (self._clock / "sitecustomize.py").write_text(_CLOCK)
        started = time.monotonic()
        code, printed = self._end(self._start())
        if code:
            raise RuntimeError(f"the study cannot be run: {printed}")
        self._seconds = time.monotonic() - started
        self._curve = (self._directory / CURVE_FILE).read_bytes()

    def _start(self, clock: bool = False, memory: int | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "dataworth.cli.main", "run", "--data", "5000"]
        command += ["--model", "kills_model:train", "--metric", "loss", "--seeds", "5"]
        command += ["--sizes", "40,80,160,320,640,1280", "--workers", "2", "--retry-failed"]
        places = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        places += [str(self._clock)] if clock else []

        def limit() -> None:
            if memory is not None:
                resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

        return subprocess.Popen(
            [*command, "--out", str(self._directory)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
            start_new_session=True,
            preexec_fn=limit,
        )

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
        printed, _ = process.communicate(timeout=300)
        return process.returncode, printed

    def disturb(self, kind: str, chance: random.Random) -> str:
        """Disturb a new study once; what was wrong."""
        shutil.rmtree(self._directory)
        process = self._start(
            clock=kind == "clock", memory=_MEMORY_BYTES * (kind == "memory") or None
        )
        if kind not in ("clock", "memory"):
            time.sleep(chance.uniform(0.3, 0.8) * self._seconds)
        expected: tuple[int, ...] = (0,)
        told = ""
        if kind == "stop":
            workers = children(process.pid)
            victims = chance.choice([[process.pid], workers[:1], [process.pid, *workers]])
            for number in (signal.SIGSTOP, signal.SIGCONT):
                for victim in victims:
                    try:
                        os.kill(victim, number)
                    except ProcessLookupError:
                        continue
                time.sleep(number == signal.SIGSTOP)
        elif kind == "hangup":
            process.send_signal(signal.SIGHUP)
            expected = (0, _STOPPED)
        elif kind == "second" and process.poll() is None:
            code, told = self._end(self._start())
            if code and (code != _REFUSED or "another process" not in told):
                return f"the second process: exit code {code}: {told[-300:]}"
        elif kind == "read-only":
            self._directory.chmod(0o500)
            expected = (0, _REFUSED)
        elif kind == "memory":
            expected = (0, _REFUSED, _FAILED)
        code, printed = self._end(process)
        if self._directory.exists():
            self._directory.chmod(0o700)
        if "Traceback" in printed + told or code not in expected:
            return f"exit code {code}: {printed[-600:]}"
        code, printed = self._end(self._start())
        if code or (self._directory / CURVE_FILE).read_bytes() != self._curve:
            return f"afterwards: exit code {code}, or another curve: {printed[-300:]}"
        return ""


if __name__ == "__main__":
    sys.exit(main())
