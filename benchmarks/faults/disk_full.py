"""Let the disk be full at each write of a study in turn, and go on once there is room again.

    python benchmarks/faults/disk_full.py [--tries 150] [--model function | learner]

The run directory is on a tmpfs of a few pages, and of one page more in each try; then on one that
holds a few files, and one file more in each try (Linux; as root, or where users may mount in a name
space of their own). So another write is the first that finds no room: of the results file and its
log, the run's own folder, the study file, the curve, its pictures, the page. A try is survived if

- the command ends with exit code 2, and the last line of stderr says that the disk is full;
- the table is printed where a run was finished, and the forecast where there are enough sizes;
- each file that is there is whole, and no draft is left;
- the same command, with room, ends with exit code 0 and the same ``curve.csv`` to the byte.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dataworth.errors import StudyError
from dataworth.records.layout import CURVE_FILE, RESULTS_FILE, STUDY_FILE
from dataworth.records.store import Store

PAGE = 4_096
ROOM = {"size": 64 << 20, "nr_inodes": 10_000}
_INSIDE = "DATAWORTH_DISK_FULL_INSIDE"
_STEPS = ((120, 1), (1_200, 48))
"""Up to so many pages a try for each so many: most of them are those of the page and pictures."""
_MOST_FILES = 14
_ENDS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>", ".html": b"</html>"}
_MODELS = {
    "function": (*("--data", "5000", "--model", "kills_model:train"), *("--metric", "loss")),
    "learner": (*("--data", "digits", "--model", "linear"), *("--steps", "20")),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tries", type=int, default=150, help="the first so many (default: all)")
    parser.add_argument("--every", type=int, default=1, help="of these, one of each so many")
    parser.add_argument("--model", choices=sorted(_MODELS), default="function")
    options = parser.parse_args()
    if os.geteuid() and _INSIDE not in os.environ:
        command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv]
        return subprocess.run(command, env=os.environ | {_INSIDE: "1"}, check=False).returncode
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), _MODELS[options.model])
        for limits in disks()[: options.tries : options.every]:
            (kind,) = limits
            tried[kind] += 1
            faults = bench.fill(limits)
            survived[kind] += not faults
            for fault in faults:
                print(f"FAULT: {kind} = {limits[kind]:,}: {fault}", flush=True)
    for kind, count in tried.items():
        print(f"{kind}: survived {survived[kind]} of {count}")
    print(f"survived: {survived.total()} of {tried.total()}")
    return 0 if survived == tried else 1


def disks() -> list[dict[str, int]]:
    """The limits of the disks that are tried: bytes, or files."""
    found, first = [{"nr_inodes": count} for count in range(1, _MOST_FILES)], 1
    for last, step in _STEPS:
        found += [{"size": PAGE * pages} for pages in range(first, last, step)]
        first = last
    return found


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Bench:
    """Runs the study on disks that are too small."""

    def __init__(self, folder: Path, model: tuple[str, ...]) -> None:
        self._disk = folder / "disk"
        self._disk.mkdir()
        self._model = model
        self._run(folder / "whole")
        self._curve = (folder / "whole" / CURVE_FILE).read_bytes()
        self._study = (folder / "whole" / STUDY_FILE).read_bytes()

    def _run(self, directory: Path) -> Ended:
        command = [sys.executable, "-m", "dataworth.cli.main", "run", *self._model]
        command += ["--sizes", "100,200,400,800", "--seeds", "2", "--out", str(directory)]
        places = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(places), "COLUMNS": "200"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def fill(self, limits: dict[str, int]) -> list[str]:
        """Run the study on a disk of so many bytes or files, then with room; what was wrong."""
        directory = self._disk / "study"
        self._mount(ROOM | limits)
        try:
            first = self._run(directory)
            faults = [f"left behind: {path.name}" for path in _drafts(directory)]
            self._mount(ROOM, "remount,")
            faults += self._judge(first, directory)
            again = self._run(directory)
            if again.code:
                faults.append(f"with room: exit code {again.code}: {again.err[-500:]}")
            elif (directory / CURVE_FILE).read_bytes() != self._curve:
                faults.append("with room: the curve is another one")
            faults += [f"left behind in the end: {path.name}" for path in _drafts(directory)]
        finally:
            subprocess.run(["umount", str(self._disk)], check=True)
        return faults

    def _mount(self, limits: dict[str, int], how: str = "") -> None:
        given = how + ",".join(f"{name}={value}" for name, value in limits.items())
        subprocess.run(["mount", "-t", "tmpfs", "-o", given, "tmpfs", self._disk], check=True)

    def _judge(self, ended: Ended, directory: Path) -> list[str]:
        faults = []
        sizes = finished_sizes(directory)
        last = (ended.err.splitlines() or [""])[-1]
        if ended.code == 0 and sizes == 4 and (directory / CURVE_FILE).read_bytes() == self._curve:
            # The disk was large enough.
            return []
        if ended.code != 2 or "disk is full" not in last:
            faults.append(f"exit code {ended.code}: {ended.err[-500:]}")
        if "Traceback" in ended.err:
            faults.append(f"a traceback: {ended.err[-1500:]}")
        if sizes and "Dataset_Size" not in ended.out:
            faults.append(f"{sizes} sizes, and no table: {ended.out[-300:]}{ended.err[-300:]}")
        if sizes == 4 and "Forecast of loss" not in ended.out:
            faults.append(f"no forecast: {ended.out[-300:]}{ended.err[-300:]}")
        return faults + [f"{path.name} is cut" for path in directory.glob("*") if self._cut(path)]

    def _cut(self, path: Path) -> bool:
        if path.name == STUDY_FILE:
            return path.read_bytes() != self._study
        if path.name == CURVE_FILE:
            # Of fewer runs, perhaps.
            lines = self._curve.splitlines(keepends=True)
            return not {*path.read_bytes().splitlines(keepends=True)} <= {*lines}
        return path.suffix in _ENDS and not path.read_bytes().rstrip().endswith(_ENDS[path.suffix])


def _drafts(directory: Path) -> list[Path]:
    return [path for pattern in ("*.partial", ".draft-*") for path in directory.glob(pattern)]


def finished_sizes(directory: Path) -> int:
    """Sizes of which every run is finished and stored."""
    if not (directory / RESULTS_FILE).is_file():
        return 0
    try:
        with Store(directory) as store:
            sizes = Counter(record.key.size for record in store.records())
    except StudyError:
        # Full before the first write, or within it.
        return 0
    return sum(count == 2 for count in sizes.values())


if __name__ == "__main__":
    sys.exit(main())
