"""Learn the correction of `dataworth.forecast.correction` from LCDB and from our own curves.

    python benchmarks/learn_correction.py --lcdb11 FILE [--lcdb ARCHIVE] [--work FOLDER]

Curves are cut as in few_sizes.py, but by other random choices, into 3 to 12 sizes, and at more
distances. What the forecast without a correction says of the larger sizes is put beside the truth,
and small networks learn where its draws should lie instead: correction_network.py. The forecasts
use the prior that was learned on the other half of LCDB 1.0's data sets. The curves of
real_curves.py are few, and count more each. Besides the shipped correction, one is written without
each fold of the data sets, for few_sizes.py; ``--without`` names data sets that none is learned on.
Collecting the examples takes about five minutes of a core, and they are kept in the work folder;
learning takes one.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from correction_network import CHOSEN, GRID, HIDDEN, Examples, trained
from dataworth import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.api import forecast
from dataworth.forecast.correction import Correction
from dataworth.forecast.families import FAMILIES
from dataworth.forecast.features import NAMES, features
from dataworth.forecast.prior import Prior
from few_sizes_cases import FOLDS, Case, all_curves, cases_of, own_curves

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
SHIPPED = HERE.parent / "src/dataworth/forecast/correction.json"
OWN = HERE / "results" / "real_curves.parquet"
_SEED, _ORDER = 31, 5
"""Seeds of the choice of curves, few_sizes.py has another, and of their order."""
_MOST, _PER_CURVE = 6000, 4
_OWN_MOST, _OWN_PER_CURVE, _OWN_SHARE = 4000, 10, 3.0
"""Of the curves of real_curves.py, and how often each of their examples is drawn."""
_EXAMPLES, _PART = 13_800, 300
_EDGE = 0.002
"""Features are cut at this quantile of either end."""
_FADE = 0.1
"""With 1, a third of the correction was lost on curves like those that it was learned on."""
_LEAST = 0.1
"""Added to the spread in the weight of an example, so that the quietest curves do not rule."""


def example_of(case: Case) -> tuple[Floats, Floats, Floats] | None:
    """Features, quantiles without correction and truths of one case, a row for each distance."""
    text = (HERE / "priors" / f"without-lcdb-half-{case.half}.json").read_text("utf-8")
    prior = Prior.from_json(text)
    count = case.runs.shape[1]
    curve = Curve(
        np.repeat(case.sizes, count).astype(np.int64),
        case.runs.ravel(),
        np.tile(np.arange(count), len(case.sizes)),
        metric="error_rate" if case.metric == "error" else "loss",
    )
    try:
        draws = forecast(curve, prior=prior).draws
    except ForecastError:
        return None
    # The features are those of a forecast that starts at the largest measured size.
    u = np.log([1.0, *case.horizons])
    last = float(draws.observations.log_loss[-1])
    logs = draws.log_loss(u) - last
    bands = np.quantile(logs, [0.05, 0.16, 0.5, 0.84, 0.95], axis=0)
    residual = draws.drift_scale / prior.drift_scale
    room = -last if case.metric == "error" else None
    rows = features(draws.observations, draws.members, draws.weights, residual, u, bands, room)
    truth = np.log(case.truths) - last
    return rows[1:], np.quantile(logs[:, 1:], GRID, axis=0).T, truth


def collect(cases: list[Case], path: Path) -> Path:
    """Forecast some cases without a correction, and keep what is learned from."""
    if path.exists():
        return path
    found = [(case, example_of(case)) for case in cases]
    sound = [(case, one) for case, one in found if one is not None]
    rows = [len(one[2]) for _, one in sound]
    columns = {
        "features": np.concatenate([one[0] for _, one in sound]),
        "quantiles": np.concatenate([one[1] for _, one in sound]).astype(np.float32),
        "truth": np.concatenate([one[2] for _, one in sound]),
        "family": np.repeat([case.family for case, _ in sound], rows),
        "fold": np.repeat([case.fold for case, _ in sound], rows),
        "dataset": np.repeat([case.dataset for case, _ in sound], rows),
        "own": np.repeat([case.collection == "own" for case, _ in sound], rows),
    }
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **columns)
    return path


def examples_of(paths: list[Path]) -> dict[str, NDArray[Any]]:
    """All parts in one table."""
    tables = [dict(np.load(path)) for path in paths]
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def learn(table: dict[str, NDArray[Any]], without: int | None) -> Correction:
    """Learn a correction from all folds but one."""
    used = table["fold"] != without
    rows, quantiles = table["features"][used], table["quantiles"][used].astype(np.float64)
    centre, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    inputs = (rows - centre) / scale
    low, high = np.quantile(inputs, [_EDGE, 1 - _EDGE], axis=0)
    families = tuple(name for name in FAMILIES if name in set(table["family"]))
    middle = quantiles[:, 49:51].mean(axis=1)
    spread = np.maximum((quantiles[:, 83] - quantiles[:, 15]) / 2, 1e-6)
    weight = 1 / (spread + _LEAST)
    share = np.where(table["own"][used], _OWN_SHARE, 1.0)
    examples = Examples(
        np.clip(inputs, low, high),
        (table["family"][used, None] == np.array(families)).astype(np.float64),
        middle,
        spread,
        quantiles[:, CHOSEN],
        table["truth"][used],
        weight / np.average(weight, weights=share),
    )
    networks = tuple(trained(examples, share, hidden, seed) for seed, hidden in enumerate(HIDDEN))
    return Correction(NAMES, centre, scale, low, high, families, networks, _FADE)


def main() -> None:
    """Learn and write all corrections."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lcdb", type=Path, help="LCDB 1.0's source archive; downloaded if absent")
    parser.add_argument("--lcdb11", type=Path, required=True, help="LCDB 1.1's error rates")
    parser.add_argument("--work", type=Path, default=Path("build/few_sizes"), help="for caches")
    parser.add_argument("--without", nargs="*", default=[], help="data sets to leave out")
    parser.add_argument("--target", type=Path, default=SHIPPED, help="of the correction of all")
    options = parser.parse_args()
    cases: list[Case] = []
    for curves in all_curves(options.lcdb, options.lcdb11, options.work).values():
        cases += cases_of(curves, _MOST, _SEED, per_curve=_PER_CURVE, wider=True)
    order = np.random.default_rng(_ORDER).permutation(len(cases))[:_EXAMPLES]
    halves = [order[half::2] for half in range(2)]
    parts = [
        [cases[i] for i in half[at : at + _PART]]
        for half in halves
        for at in range(0, len(half), _PART)
    ]
    for curves in own_curves(OWN).values():
        parts.append(list(cases_of(curves, _OWN_MOST, _SEED, per_curve=_OWN_PER_CURVE, wider=True)))
    paths = [options.work / f"examples-{at:03d}.npz" for at in range(len(parts))]
    with ProcessPoolExecutor(2) as pool:
        table = examples_of(list(pool.map(collect, parts, paths)))
    kept = ~np.isin(table["dataset"], options.without)
    table = {name: column[kept] for name, column in table.items()}
    for fold in range(FOLDS if options.target == SHIPPED else 0):
        target = HERE / "priors" / f"correction-without-fold-{fold}.json"
        target.write_text(learn(table, fold).to_json(), encoding="utf-8")
        print(target.name, flush=True)
    options.target.write_text(learn(table, None).to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
