"""How fast a 697,931-row CSV of EMNIST's form is read, against pandas and polars, and how much
memory each takes.

Every reading runs in a process of its own, whose peak memory the operating system tells; the time
is that of the call alone, without imports. The rounds alternate; the table has the median.
``first`` parses the file and writes the cache; ``again`` opens the cache, in a new process.

    python benchmarks/loading.py [--rows 697931] [--rounds 1] [--real FOLDER]

The file (1.35 GB at full size) is made of real images where DATAWORTH_REAL_DATA or ``--real`` names
their folder, else of glyphs; it and the cache are removed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from emnist_files import real_images, write_csv

ROWS = 697_931
_BASE_ROWS = 20_000
BARS = {"first": 8.0, "again": 500.0}

# ru_maxrss starts with what the parent had before exec; VmHWM, where there is one, does not.
_MEASURED = """
import json, pathlib, re, resource, sys, time
path = sys.argv[1]
{setup}
started, worked = time.perf_counter(), time.process_time()
data = {call}
seconds, cpu = time.perf_counter() - started, time.process_time() - worked
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * {unit}
status = pathlib.Path("/proc/self/status")
if status.exists():
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) * 1024
print(json.dumps({{"seconds": seconds, "cpu": cpu, "bytes": peak, "shape": {shape}}}))
"""
_UNIT = 1 if sys.platform == "darwin" else 1024

_OURS = "import dataworth as dw, dataworth.sources.folder, dataworth.sources.glyphs"

READERS = {
    "pandas.read_csv": ("import pandas", "pandas.read_csv(path, header=None)", "data.shape"),
    "polars.read_csv": ("import polars", "polars.read_csv(path, has_header=False)", "data.shape"),
    "polars.read_csv, UInt8": (
        "import polars\nschema = {f'c{i}': polars.UInt8 for i in range(785)}",
        "polars.read_csv(path, has_header=False, schema=schema)",
        "data.shape",
    ),
    "dataworth, first": (f"import polars\n{_OURS}", "dw.load(path)", "data.samples"),
    "dataworth, again": (_OURS, "dw.load(path)", "data.samples"),
}


def make_file(path: Path, rows: int, real: str | None) -> str:
    """Write `rows` rows of label and 784 pixels, images repeated; tells what they are."""
    base = min(rows, _BASE_ROWS)
    folder = real or os.environ.get("DATAWORTH_REAL_DATA")
    if folder:
        images, labels = real_images(Path(folder), "byclass", base + 1_000).train
        images, labels, what = images[:base], labels[:base], "real EMNIST images"
    else:
        from dataworth.sources.glyphs import render

        images, drawn = render(0, base)
        labels, what = drawn.astype(np.uint8), "glyphs"
    base = len(images)
    flat = images.transpose(0, 2, 1).reshape(base, -1)
    whole, rest = divmod(rows, base)
    write_csv(path, flat, labels, repeat=whole)
    tail = path.with_suffix(".tail")
    write_csv(tail, flat[:rest], labels[:rest])
    with path.open("ab") as file:
        file.write(tail.read_bytes())
    tail.unlink()
    return what


def measure(reader: str, path: Path, data_folder: Path) -> dict[str, Any]:
    """Seconds and peak bytes of one reading, in a process of its own."""
    setup, call, shape = READERS[reader]
    code = _MEASURED.format(setup=setup, call=call, shape=shape, unit=_UNIT)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "DATAWORTH_DATA": str(data_folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{reader} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the reading of a big CSV of pixels.")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--real", help="folder of the real images")
    parser.add_argument("--temporary", help="where the files are made and removed")
    options = parser.parse_args()
    figures: dict[str, list[dict[str, Any]]] = {reader: [] for reader in READERS}
    with tempfile.TemporaryDirectory(dir=options.temporary) as made:
        folder, path = Path(made), Path(made) / "pixels.csv"
        what = make_file(path, options.rows, options.real)
        size = path.stat().st_size
        # Nor for the writing of the file that still goes on behind the scenes.
        os.sync()
        # Once through the page cache, so that no reader pays for the disk.
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass
        for _ in range(options.rounds):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            for reader, found in figures.items():
                found.append(measure(reader, path, folder))
    print(f"{options.rows:,} rows x 785 columns of {what}, {size / 1e9:.2f} GB\n")
    pandas = statistics.median(each["seconds"] for each in figures["pandas.read_csv"])
    print("| reader | seconds | MB/s | against pandas | CPU seconds | peak memory, MB |")
    print("|---|---|---|---|---|---|")
    for reader, found in figures.items():
        seconds = statistics.median(each["seconds"] for each in found)
        cpu = statistics.median(each["cpu"] for each in found)
        peak = max(each["bytes"] for each in found)
        print(
            f"| {reader} | {seconds:.4g} | {size / 1e6 / seconds:,.0f} | {pandas / seconds:,.1f}x "
            f"| {cpu:.3g} | {peak / 1e6:,.0f} |"
        )
    print(
        f"\nBars against pandas: first {BARS['first']:g}x, again {BARS['again']:g}x. "
        f"The pixels as bytes: {options.rows * 784 / 1e6:,.0f} MB."
    )


if __name__ == "__main__":
    main()
