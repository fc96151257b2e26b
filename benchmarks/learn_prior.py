"""Learn the numbers of `dataworth.laws.prior` from public curves.

    python benchmarks/learn_prior.py --curves FOLDER [--lcdb FILE] [--out FILE]

Every curve is cut, its larger sizes are hidden, all members are fitted to the rest, and the
numbers are chosen in two steps: the weights of laws, weighting constants and backtests by the
error of the weighted members on the hidden sizes; then the spread by the log score there. Besides
the shipped prior, one prior is written for every part that the benchmark judges, learned without
that part: one for each half of LCDB's data sets, and one, from LCDB alone, for the 92 curves.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, logsumexp

from dataworth.errors import ForecastError
from dataworth.laws import Prior, all_laws, prepare
from dataworth.laws.members import fit_members
from dataworth.laws.prior import shipped_prior
from public_curves import PublicCurve, lcdb_curves, scaling_curves

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
PRIORS = HERE / "priors"
NEARNESS = (1.0, 2.0, 4.0)
CUTS = (3.0, 8.0)
LAWS = all_laws()
PULL = 0.1
"""How strongly weights are pulled together: few numbers, each of them from much evidence."""
SPREAD_EVERY = 5
"""Five numbers need fewer cases: the spread is learned from one in so many."""
_EPSILON = 0.01
"""Errors below this are as good as none; keeps the logarithm of an error finite."""


@dataclass(frozen=True, eq=False)
class Case:
    """The members of one shortened curve, and what they said of its hidden sizes.

    Attributes
    ----------
    collection, source, fold : str, str, int
        See `PublicCurve`.
    law, near : ndarray of int, shape (j,)
        The law and the weighting constant of each member.
    errors : ndarray, shape (j, backtests)
        Backtest errors of each member.
    noise : ndarray, shape (j,)
        Each member's noise.
    mean, variance : ndarray, shape (j, h)
        Log loss of each member at each hidden size, relative to the last value seen.
    actual, seen, u : ndarray, shape (h,)
        What was measured there, the noise variance of it (-1: that of one run), ``log(n / N)``.
    """

    collection: str
    source: str
    fold: int
    law: NDArray[np.int64]
    near: NDArray[np.int64]
    errors: Floats
    noise: Floats
    mean: Floats
    variance: Floats
    actual: Floats
    seen: Floats
    u: Floats


def case_of(job: tuple[PublicCurve, int]) -> Case | None:
    """Fit all members to the smallest `count` sizes of a curve."""
    public, count = job
    hidden = [i for i in range(count, len(public.sizes)) if public.runs[i].mean() > 0]
    if count < 4 or not hidden:
        return None
    if len(hidden) > 6:
        hidden = [hidden[round(i)] for i in np.linspace(0, len(hidden) - 1, 6)]
    try:
        points = prepare(public.curve(count))
    except ForecastError:
        return None
    laws = LAWS if len(points) > 5 else tuple(law for law in LAWS if law.free <= 3)
    members = fit_members(points, laws, NEARNESS)
    u = np.log(public.sizes[hidden] / points.sizes[-1])
    means, variances = [], []
    for member in members:
        value = member.log_loss(u)
        mean = member.weights @ value
        means.append(mean)
        variances.append(member.weights @ (value - mean) ** 2)
    runs = [public.runs[i] for i in hidden]
    seen = [r.var(ddof=1) / r.mean() ** 2 / len(r) if len(r) > 1 else -1.0 for r in runs]
    return Case(
        public.collection,
        public.source,
        public.fold,
        np.array([LAWS.index(member.law) for member in members]),
        np.array([NEARNESS.index(member.nearness) for member in members]),
        np.array([member.errors for member in members]).reshape(len(members), -1),
        np.array([member.noise for member in members]),
        np.array(means),
        np.array(variances),
        np.log([float(r.mean()) for r in runs]) - points.log_loss[-1],
        np.array(seen),
        u,
    )


def cases_of(curves: Sequence[PublicCurve]) -> list[Case]:
    """Cut every curve: where the collection says, or to a third and an eighth."""
    jobs = [
        (curve, curve.fit or curve.count_up_to(1 / cut))
        for curve in curves
        for cut in ((1.0,) if curve.fit else CUTS)
    ]
    with ProcessPoolExecutor(2) as pool:
        return [case for case in pool.map(case_of, jobs, chunksize=16) if case is not None]


def case_weights(cases: Sequence[Case]) -> Floats:
    """Each collection counts by the root of its size, so that the larger does not rule alone."""
    names = [case.collection for case in cases]
    return np.array([1 / np.sqrt(names.count(name)) for name in names])


@dataclass(frozen=True, eq=False)
class Stack:
    """Many cases as padded arrays, one row per hidden size; absent members have no weight."""

    law: NDArray[np.int64]
    near: NDArray[np.int64]
    absent: Floats
    missed: Floats
    mean: Floats
    actual: Floats
    weight: Floats

    @staticmethod
    def of(cases: Sequence[Case]) -> Stack:
        """Stack the cases that have a backtest."""
        rows: list[tuple[Floats, ...]] = []
        width = len(LAWS) * len(NEARNESS)
        weights = case_weights(cases)
        for case, weight in zip(cases, weights, strict=True):
            if not case.errors.shape[1]:
                continue
            at = case.law * len(NEARNESS) + case.near
            absent, missed = np.full(width, -1e9), np.ones(width)
            absent[at], missed[at] = 0.0, np.abs(case.errors).mean(axis=1)
            for h in range(len(case.actual)):
                mean = np.zeros(width)
                mean[at] = np.clip(case.mean[:, h], -4, 0.3)
                rows.append(
                    (absent, missed, mean, case.actual[h], np.array(weight / len(case.actual)))
                )
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        law, near = np.divmod(np.arange(width), len(NEARNESS))
        return Stack(law, near, *columns)


def learn_weights(cases: Sequence[Case]) -> Prior:
    """The first step: weights of laws, weighting constants and backtests."""
    stack = Stack.of(cases)
    laws, nears = len(LAWS), len(NEARNESS)
    total = stack.weight.sum()

    def loss(z: Floats) -> tuple[float, Floats]:
        bias, floor, sharp = z[: laws + nears], np.exp(z[-1]), np.exp(z[-2])
        logs = np.log(stack.missed + floor)
        score = bias[stack.law] + bias[laws + stack.near] - sharp * logs + stack.absent
        alpha = np.exp(score - logsumexp(score, axis=1, keepdims=True))
        guess = (alpha * stack.mean).sum(axis=1)
        miss = np.abs(guess - stack.actual)
        value = (stack.weight * np.log(miss + _EPSILON)).sum() / total
        slope = stack.weight / total * np.sign(guess - stack.actual) / (miss + _EPSILON)
        back = slope[:, None] * alpha * (stack.mean - guess[:, None])
        per_member = back.sum(axis=0)
        grad = np.zeros_like(z)
        grad[:laws] = np.bincount(stack.law, per_member, minlength=laws)
        grad[laws:-2] = np.bincount(stack.near, per_member, minlength=nears)
        # The sharpness stays 1: learned on LCDB, it grows to 5 and fails on other collections.
        grad[-1] = -(back * sharp / (stack.missed + floor)).sum() * floor
        pull = np.append(bias, [0.0, z[-1] - np.log(0.01)])
        return value + PULL * float(pull @ pull), grad + 2 * PULL * pull

    start = np.zeros(laws + nears + 2)
    start[-1] = np.log(0.01)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return replace(
        shipped_prior(),
        laws={law.name: float(v) for law, v in zip(LAWS, found[:laws], strict=True)},
        nearness={f"{k:g}": float(v) for k, v in zip(NEARNESS, found[laws:-2], strict=True)},
        sharpness=float(np.exp(found[-2])),
        floor=float(np.exp(found[-1])),
    )


def alpha_of(case: Case, prior: Prior) -> Floats:
    """The members' weights, as `dataworth.laws.draws.weigh` gives them."""
    laws = np.array([prior.laws[law.name] for law in LAWS])
    nears = np.array(list(prior.nearness.values()))
    missed = (
        np.abs(case.errors).mean(axis=1) if case.errors.shape[1] else np.full(len(case.law), 0.1)
    )
    score = laws[case.law] + nears[case.near] - prior.sharpness * np.log(missed + prior.floor)
    return np.asarray(np.exp(score - logsumexp(score)))


def learn_spread(cases: Sequence[Case], prior: Prior) -> Prior:
    """The second step: the spread around the members, by log score."""
    weights = case_weights(cases)
    ready = []
    for case, weight in zip(cases, weights, strict=True):
        alpha = alpha_of(case, prior)
        kept = alpha > 1e-4
        missed = float(np.abs(alpha @ case.errors).mean()) if case.errors.shape[1] else 0.1
        ready.append((case, weight, np.log(alpha[kept]), kept, float(alpha @ case.noise), missed))

    def loss(z: Floats) -> float:
        level, carry, least, power = np.exp(z[:4])
        tail = 2 + np.exp(z[4])
        value = 0.0
        for case, weight, logs, kept, noise, missed in ready:
            seen = np.where(case.seen < 0, noise**2, case.seen)
            grown = np.minimum(case.u, np.log(1000)) ** (2 * power)
            stray = (level * noise) ** 2 + ((carry * missed) ** 2 + least**2) * grown
            variance = stray + seen + case.variance[kept] + 1e-8
            z2 = (case.actual - case.mean[kept]) ** 2 / variance
            density = -0.5 * np.log(variance) - (tail + 1) / 2 * np.log1p(z2 / tail)
            constant = gammaln((tail + 1) / 2) - gammaln(tail / 2) - 0.5 * np.log(tail)
            value -= weight * float((logsumexp(logs[:, None] + density, axis=0) + constant).mean())
        return value / float(weights.sum()) + 0.003 * float((z - start) @ (z - start))

    start = np.array([np.log(0.6), np.log(0.5), np.log(0.02), 0.0, np.log(2.0)])
    options = {"maxfev": 250, "xatol": 0.02, "fatol": 1e-4}
    z = minimize(loss, start, method="Nelder-Mead", options=options).x
    level, carry, least, power = (float(v) for v in np.exp(z[:4]))
    tail = float(2 + np.exp(z[4]))
    return replace(prior, level=level, carry=carry, least=least, power=power, tail=tail)


def learn(cases: Sequence[Case]) -> Prior:
    """Both steps."""
    return learn_spread(cases[::SPREAD_EVERY], learn_weights(cases))


def half_without(fold: int) -> Callable[[Case], bool]:
    """Everything but one half of LCDB's data sets."""
    return lambda case: case.collection != "lcdb" or case.fold != fold


def parts() -> dict[str, Callable[[Case], bool]]:
    """What each prior of the benchmark is learned from, by name."""
    return {
        "without-lcdb-half-0": half_without(0),
        "without-lcdb-half-1": half_without(1),
        "lcdb-only": lambda case: case.collection == "lcdb",
    }


def main() -> None:
    """Learn and write all priors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--curves", type=Path, required=True, help="folder of the 92 curves")
    parser.add_argument("--lcdb", type=Path, help="LCDB's CSV or source archive")
    parser.add_argument("--out", type=Path, default=HERE.parent / "src/dataworth/laws/prior.json")
    options = parser.parse_args()
    cases = cases_of([*scaling_curves(options.curves), *lcdb_curves(options.lcdb)])
    PRIORS.mkdir(exist_ok=True)
    for name, kept in parts().items():
        prior = learn([case for case in cases if kept(case)])
        (PRIORS / f"{name}.json").write_text(prior.to_json(), encoding="utf-8")
        print(name, prior.to_json(), flush=True)
    options.out.write_text(learn(cases).to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
