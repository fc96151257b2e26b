"""Training on more glyphs than the memory holds: speed against training in memory, and peak memory.

    python benchmarks/larger_than_memory.py [--samples 100000 1000000 10000000] [--limit 2]
        [--model mlp:512,512] [--epochs 2] [--steps N] [--folder FOLDER]

For each number of samples, one process trains without a limit and then one with it, on the same
file of images. The limit is that of a control group (cgroup of version 1 or 2; it needs root on
Linux). It counts the process's own memory and the pages of the files that it reads. Without the
limit, the file is in the page cache; before a process with it starts, the pages are dropped, as
those that others have read are not counted. "equal" says whether losses and predictions are equal
to the bit. Drawing ten million images takes minutes and 8 GB; with FOLDER they are kept there.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import dataworth as dw
from dataworth._util.machine import peak_memory
from dataworth.data.base import View
from dataworth.data.passes import open_samples
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.testing.contexts import MemoryContext

CGROUPS = Path("/sys/fs/cgroup")
LIMITS = ("memory.limit_in_bytes", "memory.max")
PEAKS = ("memory.max_usage_in_bytes", "memory.peak")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, nargs="+", default=[10**5, 10**6, 10**7])
    parser.add_argument("--limit", type=float, default=2.0, help="GB")
    parser.add_argument("--model", default="mlp:512,512")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--steps", type=int, help="optimizer steps in place of epochs")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--group", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        if options.group is not None:
            (options.group / "cgroup.procs").write_text(str(os.getpid()))
        print(json.dumps(train(options)))
        return
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, {options.model}")
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DATAWORTH_DATA"] = str(options.folder or temporary)
        dw.load("glyphs", samples=max(options.samples), held_out=1)
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Train without and with the limit for each number of samples, and print the table."""
    print(
        "| samples | without limit, samples/s | with limit | ratio | CPU seconds | read | "
        "peak, MB | equal |"
    )
    print("|---:|---:|---:|---:|---:|---|---|---|")
    seconds: dict[str, list[float]] = {"without": [], "with": []}
    for samples in options.samples:
        free, limited = run(options, samples, None), run(options, samples, options.limit)
        seconds["without"].append(free["seconds"])
        seconds["with"].append(limited["seconds"])
        equal = all(limited[name] == free[name] for name in ("predictions", "losses"))
        rates = [each["samples"] / each["seconds"] for each in (free, limited)]
        print(
            f"| {samples:,} | {rates[0]:,.0f} | {rates[1]:,.0f} | {rates[1] / rates[0]:.3f} | "
            f"{free['cpu']:.0f}, {limited['cpu']:.0f} | "
            f"{limited['way']} | {limited['peak']:,.0f}, with pages {limited['counted']:,.0f} | "
            f"{'yes' if equal else 'NO'} |",
            flush=True,
        )
    if len(options.samples) > 1 and options.steps is None:
        for name, found in seconds.items():
            exponent = np.polyfit(np.log(options.samples), np.log(found), 1)[0]
            print(f"seconds against samples, {name} the limit: exponent {exponent:.3f}")


def run(options: argparse.Namespace, samples: int, limit: float | None) -> dict[str, Any]:
    """Train in a process of its own."""
    command = [sys.executable, __file__, "--child", str(samples), "--model", options.model]
    command += ["--samples", str(max(options.samples)), "--epochs", str(options.epochs)]
    command += [] if options.steps is None else ["--steps", str(options.steps)]
    with memory_group(limit) as group:
        folder = Path(os.environ["DATAWORTH_DATA"])
        (images,) = folder.glob(f"cache/*-{max(options.samples)}/images.npy")
        set_cached(images, limit is None)
        command += [] if group is None else ["--group", str(group)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        if done.returncode:
            raise SystemExit(f"training on {samples:,} samples ended with {done.returncode}")
        counted = 0 if group is None else int(one_of(group, PEAKS).read_text())
    return {**json.loads(done.stdout), "counted": counted / 1e6}


def set_cached(path: Path, is_cached: bool) -> None:
    """Read a file into the page cache, or drop it from there."""
    with path.open("rb", buffering=0) as file:
        if is_cached:
            while file.read(1 << 24):
                pass
        else:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train on the first samples of the file; the seconds are those of the epochs."""
    folder = Path(os.environ["DATAWORTH_DATA"])
    file = dw.load("glyphs", samples=options.samples[0], held_out=1)
    data = dw.Dataset(file.x, file.y, class_names=file.class_names, known_fingerprint="glyphs")
    rows = np.arange(options.child)
    training = TrainingOptions(epochs=options.epochs, steps=options.steps)
    learner: Any = resolve(options.model)

    def fit(rows: Any, training: TrainingOptions) -> Any:
        request = FitRequest(View(data, rows), data.task, 0, options=training)
        return learner.fit(request, MemoryContext(folder))

    # So that both programs are compiled: that of whole batches, and that of the last one.
    fit(rows[: 2 * training.batch_size + len(rows) % training.batch_size], TrainingOptions(1))
    way = type(open_samples(data.x, rows, lambda: folder)).__name__
    before = os.times()
    predictor = fit(rows, training)
    after = os.times()
    predictions = predictor.predict(file.x[:1_000])
    return {
        "way": way,
        "seconds": float(predictor.history["seconds"].sum()),
        "cpu": after.user + after.system - before.user - before.system,
        "samples": int(predictor.history["samples"].sum()),
        "losses": predictor.history["loss"].tolist(),
        "predictions": hashlib.sha256(predictions.tobytes()).hexdigest(),
        "peak": peak_memory() / 1e6,
    }


@contextmanager
def memory_group(limit: float | None) -> Iterator[Path | None]:
    """A control group below that of this process, with a limit in GB."""
    if limit is None:
        yield None
        return
    root = CGROUPS / "memory" if (CGROUPS / "memory").is_dir() else CGROUPS
    controller = "memory" if root != CGROUPS else ""
    lines = [line.split(":") for line in Path("/proc/self/cgroup").read_text().splitlines()]
    own = next(path for _, names, path in lines if names == controller)
    group = root / own.lstrip("/") / f"larger-than-memory-{os.getpid()}"
    group.mkdir()
    try:
        one_of(group, LIMITS).write_text(str(int(limit * 1e9)))
        yield group
    finally:
        group.rmdir()


def one_of(group: Path, names: tuple[str, ...]) -> Path:
    """The file of a control group that there is."""
    return next(group / name for name in names if (group / name).exists())


if __name__ == "__main__":
    main()
