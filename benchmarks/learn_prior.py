"""Learn the numbers of `dataworth.forecast.prior` from public curves.

    python benchmarks/learn_prior.py --curves FOLDER [--lcdb FILE]

Every curve is cut, its larger sizes are hidden, all laws are solved on the rest, and the numbers
are chosen in two steps: those that weigh laws and shapes by the error of their median on the hidden
sizes (prior_weights.py), then the spread around it by the log score there (prior_spread.py). Curves
of runs of their own and looks at a single run have a prior each: LCDB teaches the first, those of
the 92 curves whose sizes lie close together the second. Besides the two that are shipped, one prior
is written for every part that the benchmark judges, learned without that part: one for each half of
LCDB's data sets, and one for each source of the 92 curves, that is one data set (or one domain, for
text).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from dataworth.forecast.prepare import prepare
from dataworth.forecast.prior import Prior
from dataworth.laws.observations import Observations
from prior_spread import learn_spread
from prior_weights import cases_of, learn_weights
from public_curves import PublicCurve, lcdb_curves, scaling_curves

PRIORS = Path(__file__).parent / "priors"
SHIPPED = Path(__file__).parent.parent / "src/dataworth/forecast"
CUTS = (3.0, 8.0)
_MOST = 600
"""So few numbers need no more cases than that."""
# Where learning starts, and what it is pulled to.
_SPREAD: dict[str, Any] = {
    "shrinkage": 0.7,
    "level": 0.5,
    "drift_scale": 0.4,
    "model_spread": 0.4,
    "tail": 4.0,
}
_SINGLE = Prior(0.72, 0.2, 5.0, 0.06, 0.25, 0.5, 0.3, **_SPREAD)
_REPEATED = Prior(0.7, 0.5, 20.0, 0.06, 0.25, 1.5, 0.8, **_SPREAD)
_START = {"single": _SINGLE, "repeated": _REPEATED}

Job = tuple[str, Path, Sequence[PublicCurve]]


def learn(job: Job) -> str:
    """Learn one prior from some curves, and write it."""
    name, path, curves = job
    started = time.perf_counter()
    cuts = [
        (curve, curve.fit or curve.count_up_to(1 / cut))
        for curve in curves
        for cut in ((1.0,) if curve.fit else CUTS)
    ]
    cases = cases_of(cuts[:: -(-len(cuts) // _MOST)])
    prior = learn_spread(cases, learn_weights(cases, _START[name]))
    path.write_text(prior.to_json(), encoding="utf-8")
    return f"{path.name}: {len(cases)} cases, {time.perf_counter() - started:.0f} s\n{prior}"


def at_fit(curve: PublicCurve) -> Observations:
    """What the collection itself says is to be fitted."""
    return prepare(curve.curve(curve.fit), curve.single_run)


def jobs_of(name: str, curves: Sequence[PublicCurve]) -> list[Job]:
    """The shipped prior, from all curves, and one without each part."""
    parts = sorted({curve.part for curve in curves})
    without = [
        (name, PRIORS / f"without-{part}.json", [curve for curve in curves if curve.part != part])
        for part in parts
    ]
    return [(name, SHIPPED / f"prior-{name}.json", curves), *without]


def main() -> None:
    """Learn and write all priors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--curves", type=Path, required=True, help="folder of the 92 curves")
    parser.add_argument("--lcdb", type=Path, help="LCDB's CSV or source archive")
    options = parser.parse_args()
    PRIORS.mkdir(exist_ok=True)
    jobs = jobs_of("repeated", lcdb_curves(options.lcdb))
    looks = [curve for curve in scaling_curves(options.curves) if not at_fit(curve).noisy]
    jobs += jobs_of("single", looks)
    with ProcessPoolExecutor(2) as pool:
        for line in pool.map(learn, jobs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
