"""CPU time to start and end a process that uses Keras, with and without Python's garbage collector.

    python benchmarks/keras_start.py [--rounds 9]

Each process imports Keras and JAX as a study does, and ends. "as it is" collects no garbage during
the import, and none at the end, as the commands do; "with the collector" leaves both as Python has
them. The two take turns; stated are the medians, and the median of their ratio in the same round.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

AS_IT_IS = """
import gc
from dataworth.learners.keras.backend import load_keras
load_keras()
gc.freeze()
"""
COLLECTED = """
import contextlib
from dataworth.learners.keras import backend
backend._collector_paused = contextlib.nullcontext
backend.load_keras()
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    found = [(seconds(AS_IT_IS), seconds(COLLECTED)) for _ in range(options.rounds + 1)][1:]
    mine, collected = (statistics.median(each) for each in zip(*found, strict=True))
    ratio = statistics.median(one / other for one, other in found)
    print(f"as it is: {mine:.2f} s of CPU; with the collector: {collected:.2f} s; {ratio:.2f}")


def seconds(code: str) -> float:
    """CPU time of a process from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
