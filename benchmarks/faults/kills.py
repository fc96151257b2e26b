"""Kill a study at random instants: the command, a worker, or all of its processes.

    python benchmarks/faults/kills.py [--kills 200] [--seed 0] [--workers 2]
        [--model function | command | sklearn | keras | torch | plan]

A study of 30 runs of a model is run once without a break. Then it is started, gets SIGKILL at a
random instant, and is started again, until it ends; then the next one begins, until there were as
many kills as requested. What is killed takes turns: the command itself, one of its worker
processes (the command goes on), the command with all workers at once. A kill is survived if the
next start goes on, nothing that was printed is a traceback, no finished run is lost, no temporary
folder is left after the next start, and ``curve.csv`` is in the end the same to the byte.

The runs of "plan" are chosen for a goal, by the figures and the times of the runs before, so that a
study that was killed has other ones. It is to reach its goal's end as well, and each run that both
have is to have the same figures.
"""

from __future__ import annotations

import argparse
import csv
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
_FEWEST = 5
"""Runs of a plan, at least."""
_GRID = ("--sizes", "{sizes}", "--seeds", "5", "--retry-failed")
_COMMAND = (
    "import sys, time; time.sleep(0.05); size, seed = map(int, sys.argv[1:]); "
    "print('{\\x22loss\\x22: %r}' % (3 * size**-0.4 + 0.001 * seed))"
)
_DIGITS = ("--data", "digits", *_GRID)
_ROWS = ("--data", "5000", "--metric", "loss", *_GRID)
MODELS = {
    "function": ("--model", "kills_model:train", *_ROWS),
    "command": ("--model", f'$ {sys.executable} -S -c "{_COMMAND}" {{size}} {{seed}}', *_ROWS),
    "sklearn": ("--model", "sklearn.linear_model:LogisticRegression", *_DIGITS),
    "keras": ("--model", "mlp:16", "--epochs", "3", *_DIGITS),
    "torch": ("--model", "kills_torch:network", *_DIGITS),
    "plan": (
        *("--model", "kills_model:train", "--data", "200000", "--metric", "loss"),
        *("--at", "100000", "--within", "0.01", "--budget", "60 runs", "--retry-failed"),
    ),
}
"""By what is killed: the options of the study."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--model", choices=sorted(MODELS), default="function")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.workers, options.model)
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

    def __init__(self, folder: Path, workers: int, model: str) -> None:
        self.whole, self.broken = folder / "whole", folder / "broken"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.faults: list[str] = []
        self._log = folder / "log"
        self._is_plan = model == "plan"
        sizes = ",".join(str(40 * 2**power) for power in range(6))
        given = [sizes if word == "{sizes}" else word for word in MODELS[model]]
        self._command = [sys.executable, "-m", "dataworth.cli.main", "run", *given]
        self._command += ["--workers", str(workers), "--out"]
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
        started = last = time.monotonic()
        process, before = self._start(directory), 0
        while process.poll() is None:
            if (now := finished(directory)) > before:
                before, last = now, time.monotonic()
            time.sleep(0.1)
        self._ended(process.wait(), "without a kill")
        return last - started

    def kill_until_done(self, chance: random.Random, seconds: float, most: int) -> list[str]:
        """Kill the study until it ends by itself or was killed so often; the kinds of the kills."""
        kinds: list[str] = []
        runs = finished(self.whole)
        while len(kinds) < most:
            before = finished(self.broken)
            process = self._start(self.broken)
            kind = chance.choice(KINDS)
            try:
                process.wait(chance.uniform(0, seconds * max(0, 1 - before / runs) + 0.5))
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
            if after == runs or process.returncode == 0:
                break
        # Killed workers leave failed runs, and the last kill may have come before the curve.
        for _ in range(2):
            self.run_to_the_end(self.broken)
        self._compare_curves()
        # Others are caches of libraries, such as torch's.
        left = [path.name for path in self.temporary.glob("dataworth-*")]
        if left:
            self.faults.append(f"left in the folder for temporary files: {', '.join(left)}")
        return kinds

    def _compare_curves(self) -> None:
        whole, broken = (folder / CURVE_FILE for folder in (self.whole, self.broken))
        if not self._is_plan:
            if whole.read_bytes() != broken.read_bytes():
                self.faults.append("the curve is another one")
            return
        figures = [_figures(path) for path in (whole, broken)]
        both = figures[0].keys() & figures[1].keys()
        if not both or any(figures[0][run] != figures[1][run] for run in both):
            self.faults.append("a run has other figures")
        if len(figures[1]) < _FEWEST:
            self.faults.append(f"the plan ended after {len(figures[1])} runs")

    def _kill(self, process: subprocess.Popen[bytes], kind: str, chance: random.Random) -> bool:
        workers = children(process.pid)
        if kind == "worker" and not workers:
            return False
        try:
            if kind == "all":
                # The study is a session of its own: what its workers started is killed, too.
                os.killpg(process.pid, signal.SIGKILL)
            else:
                victim = chance.choice(workers) if kind == "worker" else process.pid
                os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            # It has just ended by itself.
            return False
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


def _figures(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The figures of each run of a curve, by size and seed."""
    with path.open(newline="") as file:
        return {
            (row["samples"], row["seed"]): {k: v for k, v in row.items() if k != "seconds"}
            for row in csv.DictReader(file)
        }


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
