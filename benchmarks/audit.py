"""Time and memory of auditing a data set of EMNIST's size, all in memory already.

python benchmarks/audit.py
"""

from __future__ import annotations

import resource
import time

import numpy as np

from dataworth import Dataset
from dataworth.audit import audit_dataset

ROWS, HELD_OUT = 697_932, 116_323


def main() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (ROWS + HELD_OUT, 28, 28), dtype=np.uint8)
    y = random.integers(0, 62, len(x))
    data = Dataset(x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:])
    before = _peak()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        findings = audit_dataset(data, subset_method="prefix", sizes=[9_000, 240_000])
        seconds.append(time.perf_counter() - start)
    print(f"audit of {ROWS:,} images against {HELD_OUT:,} held out, {len(findings)} findings")
    print(
        f"seconds: {min(seconds):.2f} (best of 3), {x[:ROWS].nbytes / min(seconds) / 1e6:.0f} MB/s"
    )
    print(f"memory beyond the data: {_peak() - before:.0f} MB")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
