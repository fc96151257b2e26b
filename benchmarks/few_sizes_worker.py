"""Forecast the cases of few_sizes.py with the dataworth of this interpreter; JSON in, JSON out.

    PYTHON few_sizes_worker.py JOBS.json ANSWERS.json

It imports nothing of this folder, and runs with earlier versions of dataworth too.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import dataworth as dw
from dataworth import Curve

try:
    from dataworth.forecast.prior import Prior
except ImportError:  # before 0.2
    # Another version's module: there are no types of it here.
    Prior = importlib.import_module("dataworth.laws.prior").Prior  # type: ignore[misc]


def answer(job: dict[str, Any], priors: dict[str, Any]) -> dict[str, Any]:
    """Quantiles at the judged sizes, and sizes for the targets where they are asked for."""
    sizes, runs = np.array(job["sizes"]), np.array(job["runs"])
    count = runs.shape[1]
    curve = Curve(
        np.repeat(sizes, count).astype(np.int64),
        runs.ravel(),
        np.tile(np.arange(count), len(sizes)),
        metric=job["metric"],
    )
    start = time.perf_counter()
    options = {"prior": priors[job["prior"]]}
    if job["family"] is not None:
        options["family"] = job["family"]
    try:
        forecast = dw.forecast(curve, **options)
    except ValueError as error:
        return {"refused": str(error)}
    ahead = sizes[-1] * np.array(job["horizons"])
    quantiles = forecast.quantiles(ahead, job["levels"])
    found: dict[str, Any] = {"quantiles": np.log(np.maximum(quantiles, 1e-300)).T.tolist()}
    found["seconds"] = time.perf_counter() - start
    logs = forecast.log_losses(ahead)
    met = [
        [float((logs[:, i] <= math.log(t)).mean()) for t in job["targets"]]
        for i in range(len(ahead))
    ]
    found["met"] = met
    if job["ask_sizes"]:
        found["sizes"] = [_size(forecast.samples_for(target)) for target in job["targets"]]
    return found


def _size(size: Any) -> list[float]:
    row = [size.median, size.lower, size.upper, size.probability_reachable]
    if not hasattr(size, "if_reachable"):
        return row
    given = size.if_reachable
    return row + ([math.nan] * 3 if given is None else [given.median, given.lower, given.upper])


def prior_of(texts: dict[str, str]) -> Any:
    """The prior of a part of the data sets, with its correction where there is one."""
    # Earlier versions have the same constants in the same order, under other names.
    prior = Prior(*json.loads(texts["prior"]).values())
    if "correction" not in texts:
        return prior
    from dataworth.forecast.correction import Correction

    return replace(prior, correction=Correction.from_json(texts["correction"]))


def main() -> None:
    """Answer all jobs."""
    warnings.simplefilter("ignore")
    jobs, out = (Path(name) for name in sys.argv[1:3])
    request = json.loads(jobs.read_text("utf-8"))
    priors = {}
    for name, texts in request["priors"].items():
        priors[name] = prior_of(texts)
    answers = [answer(job, priors) for job in request["jobs"]]
    out.write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
