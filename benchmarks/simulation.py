"""Curves of known truth: how often intervals hold what they claim.

    python benchmarks/simulation.py [--curves 200] [--runs 3] [--out DIR]
    python benchmarks/simulation.py --linear [--curves 200]

For every law, curves are drawn with random parameters within its grid, measured at ten sizes with
noise, and forecast 4 and 16 times ahead, once with all laws to choose from and once told the law.
Intervals should hold the truth about as often as they claim: those that are told the law for every
law, those that choose, whose prior is of real curves, over all laws together. The parameters' 90 %
intervals are counted where the law is told.

``--linear`` measures one curve, ``5 n^-0.4 + 0.05``, at evenly spaced sizes from 100 to 3,000, each
trained by itself and once, with a noise of 3 %, and forecasts it 3 times ahead. The sizes are given
without seeds, so that dataworth has to find out that they are no checkpoints of one run.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import dataworth as dw
from dataworth.laws.base import Law
from dataworth.laws.registry import all_laws, find_law
from markdown_table import table

Floats = NDArray[np.float64]
SIZES = np.round(np.geomspace(500, 64_000, 10))
AHEAD = (4.0, 16.0)
LEVELS = (0.5, 0.8, 0.9)
NOISE = 0.02
LINEAR, LINEAR_NOISES = (15, 19, 20, 21, 25, 30, 60), (0.03, 0.003, 0.001)
_LEAST_FALL = 1.3


@dataclass(frozen=True)
class Truth:
    """A curve's law and parameters, sizes in samples."""

    law: Law
    params: dict[str, float]


@dataclass(frozen=True)
class Held:
    """What the intervals of one curve held.

    ``chosen`` and ``told`` have the shape (distances, levels); ``params`` says it by name.
    """

    law: str
    chosen: NDArray[np.bool_]
    told: NDArray[np.bool_]
    errors: Floats
    params: dict[str, bool]


def truth_of(law: Law, rng: np.random.Generator) -> Truth:
    """Random parameters within the grid, of a curve that falls by a third or more."""
    largest = float(SIZES[-1])
    while True:
        shape = []
        for parameter in law.shape:
            low, high = parameter.bounds
            least = max(low, parameter.grid[1]) if low <= 0 else low
            shape.append(float(np.exp(rng.uniform(np.log(least), np.log(high)))))
        falls = law.evaluate(np.array([shape]), SIZES / largest)[0]
        level = float(np.exp(rng.uniform(np.log(0.05), 0)))
        floor = float(rng.uniform(0, 0.6)) if law.floor else 0.0
        if falls[-1] < 1e-6 * falls[0]:
            continue
        b = level * (1 - floor) / float(falls[-1])
        curve = level * floor + b * falls
        if _LEAST_FALL < curve[0] / curve[-1] < 50:
            return Truth(law, law.in_samples(shape, level * floor, b, largest))


def judge(job: tuple[str, int, int]) -> Held:
    """Measure one curve with noise, forecast it, and look."""
    name, seed, runs = job
    rng = np.random.default_rng([seed, *name.encode()])
    truth = truth_of(find_law(name), rng)
    sizes = np.repeat(SIZES, runs)
    losses = truth.law.predict(truth.params, sizes) * np.exp(NOISE * rng.normal(size=len(sizes)))
    curve = dw.Curve(sizes, losses, name=name)
    wanted = SIZES[-1] * np.array(AHEAD)
    actual = truth.law.predict(truth.params, wanted)
    chosen, told = dw.forecast(curve), dw.forecast(curve, laws=[name])
    found = told.law.parameters
    return Held(
        name,
        _held(chosen, wanted, actual),
        _held(told, wanted, actual),
        np.abs(np.log(chosen.predict(wanted).median / actual)),
        {key: found[key].lower <= value <= found[key].upper for key, value in truth.params.items()},
    )


def judge_linear(job: tuple[float, int, int]) -> NDArray[np.bool_]:
    """Whether each interval holds the truth of a grid of evenly spaced sizes, shape (levels,)."""
    noise, count, seed = job
    rng = np.random.default_rng([count, seed])
    sizes = np.linspace(100, 3000, count).round()
    losses, truth = (5 * n**-0.4 + 0.05 for n in (sizes, np.array([9000.0])))
    noisy = losses * np.exp(noise * rng.normal(size=count))
    held = _held(dw.forecast(dw.Curve(sizes, noisy)), np.array([9000.0]), truth)
    return np.asarray(held[0])


def report_linear(curves: int) -> str:
    """The share of truths that each interval holds, by noise and number of sizes."""
    kinds = list(product(LINEAR_NOISES, LINEAR))
    jobs = [(*kind, seed) for kind in kinds for seed in range(curves)]
    with ProcessPoolExecutor(2) as pool:
        held = np.array(list(pool.map(judge_linear, jobs, chunksize=8)))
    shares = held.reshape(len(kinds), curves, -1).mean(axis=1)
    rows = [
        [f"{noise:.1%}", count, *(f"{share:.2f}" for share in mine)]
        for (noise, count), mine in zip(kinds, shares, strict=True)
    ]
    return table(rows, ["noise", "sizes", *(f"{100 * level:.0f} % holds" for level in LEVELS)])


def _held(forecast: dw.Forecast, wanted: Floats, actual: Floats) -> NDArray[np.bool_]:
    rows = []
    for level in LEVELS:
        predicted = forecast.predict(wanted, level=level)
        rows.append((predicted.lower <= actual) & (actual <= predicted.upper))
    return np.array(rows).T


def report(held: list[Held]) -> str:
    """A table of predictions, and one of parameters."""
    header = ["law of the curve", "median error 4x, 16x"]
    header += [f"{who} {x:g}x: {_levels()}" for x in AHEAD for who in ("chosen", "told")]
    names = list(dict.fromkeys(one.law for one in held))
    rows, params = [], []
    for name in [*names, "all"]:
        mine = [one for one in held if name in (one.law, "all")]
        errors = np.median([one.errors for one in mine], axis=0)
        cells = [name, ", ".join(f"{error:.3f}" for error in errors)]
        for place in range(len(AHEAD)):
            cells += [
                _shares(np.mean([getattr(one, who)[place] for one in mine], axis=0))
                for who in ("chosen", "told")
            ]
        rows.append(cells)
        if name != "all":
            shares = {k: np.mean([one.params[k] for one in mine]) for k in mine[0].params}
            params.append([name, ", ".join(f"{k} {share:.0%}" for k, share in shares.items())])
    text = "## Predictions of curves that keep to one law\n\n" + table(rows, header)
    return (
        text + "\n## Parameters held by their 90 % intervals\n\n" + table(params, ["law", "held"])
    )


def _levels() -> str:
    return ", ".join(f"{level:.0%}" for level in LEVELS)


def _shares(values: Floats) -> str:
    return ", ".join(f"{value:.0%}" for value in values)


def main() -> None:
    """Judge all laws and write simulation.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--curves", type=int, default=200, help="of each law")
    parser.add_argument("--runs", type=int, default=3, help="at each size; 1 shows no noise")
    parser.add_argument("--linear", action="store_true", help="evenly spaced sizes, without seeds")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    if options.linear:
        print(report_linear(options.curves))
        return
    # A law without a shape does not fall.
    names = [law.name for law in all_laws() if law.shape and not law.baseline]
    jobs = [(name, seed, options.runs) for name in names for seed in range(options.curves)]
    with ProcessPoolExecutor(2) as pool:
        held = list(pool.map(judge, jobs, chunksize=8))
    text = f"{options.curves} curves of each law, {len(SIZES)} sizes, {options.runs} runs each, "
    text += f"noise {NOISE:.0%}.\n\n" + report(held)
    options.out.mkdir(exist_ok=True)
    (options.out / f"simulation-{options.runs}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
