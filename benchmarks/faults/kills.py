"""Kill a study at random instants: the command, a worker, or all of its processes.

    python benchmarks/faults/kills.py [--kills 200] [--seed 0] [--workers 2]

A study of 30 runs of a function is run once without a break. Then it is started, gets SIGKILL at a
random instant, and is started again, until it ends; then the next one begins, until there were as
many kills as requested. What is killed takes turns: the command itself, one of its worker
processes (the command goes on), the command with all workers at once. A kill is survived if the
next start goes on, nothing that was printed is a traceback, no finished run is lost, no temporary
folder is left after the next start, and ``curve.csv`` is in the end the same to the byte.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from dataworth.errors import StudyError
from dataworth.records.layout import CURVE_FILE, RESULTS_FILE
from dataworth.records.store import Store

KINDS = ("command", "worker", "all")
FAILED_RUNS = 3
"""The exit code where a run failed, as that of a killed worker: it is done again."""
RUNS = 30


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.workers)
        seconds = bench.run_to_the_end(bench.whole)
        print(f"without a break: {seconds:.1f} s", flush=True)
        while tried.total() < options.kills:
            shutil.rmtree(bench.broken, ignore_errors=True)
            kinds = bench.kill_until_done(chance, seconds, options.kills - tried.total())
            tried.update(kinds)
            if bench.faults:
                for fault in bench.faults:
                    print(f"FAULT: {fault}", flush=True)
                bench.faults.clear()
            else:
                survived.update(kinds)
            print(f"{survived.total()} of {tried.total()} kills survived", flush=True)
    for kind in KINDS:
        print(f"{kind}: {survived[kind]} of {tried[kind]}")
    print(f"survived: {survived.total()} of {tried.total()}")
    return 0 if survived == tried else 1


class Bench:
    """Starts and kills the study in a folder."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.whole, self.broken = folder / "whole", folder / "broken"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.faults: list[str] = []
        self._log = folder / "log"
        sizes = ",".join(str(100 * 2**power) for power in range(6))
        self._command = [sys.executable, "-m", "dataworth.cli.main", "run", "--data", "5000"]
        self._command += ["--model", "kills_model:train", "--metric", "loss", "--sizes", sizes]
        self._command += ["--seeds", "5", "--workers", str(workers), "--retry-failed", "--out"]
        places = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        self._environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(places),
            "TMPDIR": str(self.temporary),
        }

    def _start(self, directory: Path) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [*self._command, str(directory)],
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    def run_to_the_end(self, directory: Path) -> float:
        """Run without a kill; the seconds until the last record."""
        started = time.monotonic()
        process = self._start(directory)
        while process.poll() is None and finished(directory) < RUNS:
            time.sleep(0.1)
        seconds = time.monotonic() - started
        self._ended(process.wait(), "without a kill")
        return seconds

    def kill_until_done(self, chance: random.Random, seconds: float, most: int) -> list[str]:
        """Kill the study until it ends by itself or was killed so often; the kinds of the kills."""
        kinds: list[str] = []
        while len(kinds) < most:
            before = finished(self.broken)
            process = self._start(self.broken)
            kind = chance.choice(KINDS)
            try:
                process.wait(chance.uniform(0, seconds * (1 - before / RUNS) + 0.5))
            except subprocess.TimeoutExpired:
                if self._kill(process, kind, chance):
                    kinds.append(kind)
                if kind == "worker":
                    self._ended(process.wait(), f"after the kill of a {kind}")
            else:
                self._ended(process.returncode, f"after {kinds[-1:]}")
            process.wait()
            self._look_for_a_traceback(kind)
            after = finished(self.broken)
            if after < before:
                self.faults.append(f"{before} finished runs were {after} after {kind}")
            if after == RUNS:
                break
        # Killed workers leave failed runs, and the last kill may have come before the curve.
        for _ in range(2):
            self.run_to_the_end(self.broken)
        if (self.whole / CURVE_FILE).read_bytes() != (self.broken / CURVE_FILE).read_bytes():
            self.faults.append("the curve is another one")
        left = [path.name for path in self.temporary.iterdir()]
        if left:
            self.faults.append(f"left in the folder for temporary files: {', '.join(left)}")
        return kinds

    def _kill(self, process: subprocess.Popen[bytes], kind: str, chance: random.Random) -> bool:
        workers = children(process.pid)
        if kind == "worker":
            if not workers:
                return False
            victims = [chance.choice(workers)]
        else:
            victims = [process.pid, *(workers if kind == "all" else [])]
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                # It has just ended by itself.
                return len(victims) > 1
        return True

    def _ended(self, code: int, when: str) -> None:
        if code not in (0, FAILED_RUNS, -signal.SIGKILL):
            text = self._log.read_text(errors="replace")[-500:]
            self.faults.append(f"exit code {code} {when}: {text}")
        self._look_for_a_traceback(when)

    def _look_for_a_traceback(self, when: str) -> None:
        text = self._log.read_text(errors="replace")
        if "Traceback" in text or "Fatal Python error" in text:
            self.faults.append(f"a traceback {when}: {text[-1500:]}")


def finished(directory: Path) -> int:
    """Finished runs of the study so far."""
    if not (directory / RESULTS_FILE).is_file():
        return 0
    try:
        with Store(directory) as store:
            return len(store.digests("finished"))
    except StudyError:
        # Killed before the first write, or within it.
        return 0


def children(process: int) -> list[int]:
    """Processes that a process has started."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            found.append(int(folder.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
