"""Project curves with dataeval's Sufficiency; JSON in, JSON out.

dataeval needs torch, so that it may live in an environment of its own: this file imports nothing
of dataworth. Input: a list of ``[sizes, errors, wanted]``; output: ``[seconds, predictions]`` each.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from dataeval.performance._output import SufficiencyOutput


def project(sizes: list[float], errors: list[float], wanted: list[float]) -> list[float]:
    """The error at the wanted sizes. dataeval fits metrics that rise: 1 - error."""
    scale = max(errors)
    metric = {"m": 1 - np.array([errors]) / scale}
    # A relative size keeps its basin hopping away from overflow; its law has no unit anyway.
    steps = np.array(sizes) / sizes[0]
    output = SufficiencyOutput(steps, metric)
    projected = output.project(np.array(wanted) / sizes[0])["m"].to_numpy()
    return [float(value) for value in (1 - projected) * scale]


def main() -> None:
    """Answer the jobs on standard input."""
    answers = []
    for job in json.load(sys.stdin):
        start = time.perf_counter()
        predicted = project(*job)
        answers.append([time.perf_counter() - start, predicted])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
