"""Kill a study at random moments and run it again: its curve must not change by a byte.

    python benchmarks/resume.py [--kills 20] [--seed 0] [STUDY OPTIONS ...]

The study (quickstart by default) is run once without a break. Then it is started in a fresh
directory, killed with SIGKILL after a random time, and started again, until it has been killed as
often as asked; then it is left to end. ``curve.csv`` of both must be identical.
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
from pathlib import Path

from dataworth.errors import StudyError
from dataworth.records.store import Store


def main() -> int:
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options, study = parser.parse_known_args()
    command = [
        sys.executable,
        "-m",
        "dataworth.cli.main",
        "run",
        *(study or ["quickstart"]),
        "--out",
    ]
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "broken"
        started = time.perf_counter()
        _run([*command, str(whole)])
        seconds = time.perf_counter() - started
        print(f"unbroken: {seconds:.1f} s")
        # A run in which the process was killed three times is given up, and done again so.
        resumed = [*command, str(broken), "--retry-failed"]
        kept = _kill_often(resumed, broken, options.kills, seconds, options.seed)
        _run(resumed)
        same = (whole / "curve.csv").read_bytes() == (broken / "curve.csv").read_bytes()
    print(f"finished runs after each kill: {kept}")
    print(f"curve.csv after {options.kills} kills: {'identical' if same else 'DIFFERENT'}")
    return 0 if same else 1


def _kill_often(
    command: list[str], directory: Path, kills: int, seconds: float, seed: int
) -> list[int]:
    """Kill the study `kills` times; begin afresh whenever it ends before it could be killed."""
    chance = random.Random(seed)
    kept: list[int] = []
    while len(kept) < kills:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=chance.uniform(0.0, seconds))
        except subprocess.TimeoutExpired:
            # Its workers too, which would hold the directory's lock for a moment longer.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kept.append(_finished(directory))
            continue
        if process.returncode:
            raise RuntimeError(f"the study ended with exit code {process.returncode} by itself")
        # It was done before its time: what there is to kill begins again.
        shutil.rmtree(directory)
    return kept


def _finished(directory: Path) -> int:
    try:
        with Store(directory) as store:
            return len(store.digests("finished"))
    except StudyError:
        return 0


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
