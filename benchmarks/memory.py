"""Peak memory of a whole study, against its bound: 1.5 times the uint8 images + 600 MB.

    python benchmarks/memory.py [DATA] [--model mlp]

The study runs in a process of its own, on the data's full size (glyphs by default, 697,932 images),
first with an empty data folder and then with a filled one.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import dataworth as dw

LIMIT_FACTOR, LIMIT_MB = 1.5, 600


def main() -> int:
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", nargs="?", default="glyphs")
    parser.add_argument("--model", default="mlp")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        return _child(options.data, options.model, options.child)
    print(f"{date.today()}, {os.cpu_count()} cores, {options.data}, {options.model}")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for data_folder in ("empty", "filled"):
            environment = os.environ | {"DATAWORTH_DATA": f"{folder}/data"}
            command = [sys.executable, __file__, options.data, "--model", options.model]
            told = subprocess.run(
                [*command, "--child", f"{folder}/{data_folder}"],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            images, peak = map(float, told.stdout.split())
            limit = LIMIT_FACTOR * images + LIMIT_MB
            failed |= peak > limit
            print(
                f"data folder {data_folder:6}: peak {peak:,.0f} MB, images {images:,.0f} MB, "
                f"limit {limit:,.0f} MB"
            )
    return int(failed)


def _child(data: str, model: str, out: Path) -> int:
    dataset = dw.load(data)
    size = dataset.samples if dataset.x_test is not None else dataset.samples * 4 // 5
    dw.Study(dataset, model=model, sizes=[size], seeds=1, epochs=1).run(out)
    held = 0 if dataset.x_test is None else dataset.x_test.nbytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print((dataset.x.nbytes + held) / 1e6, peak)
    return 0


if __name__ == "__main__":
    sys.exit(main())
