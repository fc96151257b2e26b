"""Learn the numbers of `dataworth.laws.prior` from public curves.

    python benchmarks/learn_prior.py --curves FOLDER [--lcdb FILE]

Every curve is cut, its larger sizes are hidden, all members are fitted to the rest, and the
numbers are chosen in two steps: the weights of laws, weighting constants, retentions and backtests
by the error of the weighted members on the hidden sizes; then the spread by the log score there.
Curves with several runs of a size and curves with one have a prior each: LCDB teaches the first,
the 92 curves the second. Besides the two that are shipped, one prior is written for every part that
the benchmark judges, learned without that part: one for each half of LCDB's data sets, and one for
each source of the 92 curves, that is one data set (or one domain, for text).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import gammaln, logsumexp, stdtr

from dataworth.errors import ForecastError
from dataworth.laws import Prior, all_laws, prepare
from dataworth.laws.members import fit_members
from dataworth.laws.retention import EXPECTED
from public_curves import PublicCurve, lcdb_curves, scaling_curves

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
PRIORS = HERE / "priors"
SHIPPED = HERE.parent / "src/dataworth/laws"
NEARNESS = (1.0, 2.0, 3.0)
CUTS = (3.0, 8.0)
LAWS = tuple(law for law in all_laws() if not law.baseline)
MEMBERS = [(law, near, keep) for law in LAWS for near in NEARNESS for keep in EXPECTED]
FEW = {"retention": 0.7, "spread": 0.2, "floor": 0.05, "sharpness": 1.0, "evidence": 0.2}
"""Where learning starts, and what it is pulled to; all but the first on the log scale."""
_SCALES = np.array([0.1, 0.5, 0.5, 0.5, 0.5])
PULL = 0.003
"""How strongly numbers are pulled to their start: few curves must not rule them alone."""
_SPREAD_CASES = 700
"""Five numbers need no more cases than that."""
_EPSILON = 0.01
"""Errors below this are as good as none; keeps the logarithm of an error finite."""


@dataclass(frozen=True, eq=False)
class Case:
    """The members of one shortened curve, and what they said of its hidden sizes.

    Attributes
    ----------
    part : str
        See `PublicCurve`.
    member : ndarray of int, shape (j,)
        Which of `MEMBERS` were fitted.
    evidence : ndarray, shape (j,)
        Log mean likelihood of each.
    errors : ndarray, shape (j, backtests)
        Backtest errors of each member.
    noise : ndarray, shape (j,)
        Each member's noise.
    mean, variance : ndarray, shape (j, h)
        Log loss of each member at each hidden size, relative to the last value seen.
    actual, seen, u : ndarray, shape (h,)
        What was measured there, the noise variance of it (-1: that of one run), ``log(n / N)``.
    """

    part: str
    member: NDArray[np.int64]
    evidence: Floats
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
        public.part,
        np.array([MEMBERS.index((m.law, m.nearness, m.retention)) for m in members]),
        np.array([member.evidence for member in members]),
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


@dataclass(frozen=True, eq=False)
class Stack:
    """Many cases as padded arrays, one row per hidden size; absent members have no weight."""

    absent: Floats
    evidence: Floats
    missed: Floats
    mean: Floats
    actual: Floats
    weight: Floats

    @staticmethod
    def of(cases: Sequence[Case]) -> Stack:
        """Stack the cases that have a backtest; each case counts the same."""
        rows: list[tuple[Floats, ...]] = []
        for case in cases:
            if not case.errors.shape[1]:
                continue
            absent, missed = np.full(len(MEMBERS), -1e9), np.ones(len(MEMBERS))
            evidence = np.zeros(len(MEMBERS))
            absent[case.member], evidence[case.member] = 0.0, case.evidence
            missed[case.member] = np.abs(case.errors).mean(axis=1)
            for h in range(len(case.actual)):
                mean = np.zeros(len(MEMBERS))
                mean[case.member] = np.clip(case.mean[:, h], -4, 0.3)
                weight = np.array(1 / len(case.actual))
                rows.append((absent, evidence, missed, mean, case.actual[h], weight))
        return Stack(*(np.array(column) for column in zip(*rows, strict=True)))


KEEPS = np.array([keep for _, _, keep in MEMBERS])


def _chosen() -> Floats:
    """Which biases, of laws and weighting constants, make up those of each member."""
    rows = np.zeros((len(MEMBERS), len(LAWS) + len(NEARNESS)))
    for row, (law, near, _) in zip(rows, MEMBERS, strict=True):
        row[LAWS.index(law)] = 1
        row[len(LAWS) + NEARNESS.index(near)] = 1
    return rows


CHOSEN = _chosen()
_START = np.array([FEW["retention"], *np.log(list(FEW.values())[1:])])


def learn_weights(cases: Sequence[Case]) -> Weights:
    """The first step: weights of laws, weighting constants, retentions and backtests."""
    stack = Stack.of(cases)
    share = stack.weight / stack.weight.sum()
    biases = CHOSEN.shape[1]

    def loss(z: Floats) -> tuple[float, Floats]:
        spread, floor, sharp, trust = np.exp(z[biases + 1 :])
        off = (KEEPS - z[biases]) / spread
        logs = np.log(stack.missed + floor)
        score = stack.absent + trust * stack.evidence + CHOSEN @ z[:biases] - 0.5 * off**2
        score -= sharp * logs
        alpha = np.exp(score - logsumexp(score, axis=1, keepdims=True))
        guess = (alpha * stack.mean).sum(axis=1)
        miss = np.abs(guess - stack.actual)
        slope = share * np.sign(guess - stack.actual) / (miss + _EPSILON)
        back = slope[:, None] * alpha * (stack.mean - guess[:, None])
        each = back.sum(axis=0)
        few = [
            each @ off / spread,
            each @ off**2,
            -sharp * floor * (back / (stack.missed + floor)).sum(),
            -sharp * (back * logs).sum(),
            trust * (back * stack.evidence).sum(),
        ]
        pull = np.append(z[:biases], (z[biases:] - _START) / _SCALES)
        grad = np.append(each @ CHOSEN, few)
        grad += 2 * PULL * np.append(z[:biases], pull[biases:] / _SCALES)
        return float(share @ np.log(miss + _EPSILON)) + PULL * float(pull @ pull), grad

    start = np.append(np.zeros(biases), _START)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    few = [found[biases], *np.exp(found[biases + 1 :])]
    return Weights(
        laws={law.name: float(v) for law, v in zip(LAWS, found, strict=False)},
        nearness={
            f"{k:g}": float(v) for k, v in zip(NEARNESS, found[len(LAWS) : biases], strict=True)
        },
        **{name: float(value) for name, value in zip(FEW, few, strict=True)},
    )


@dataclass(frozen=True)
class Weights:
    """The first half of a `Prior`."""

    laws: dict[str, float]
    nearness: dict[str, float]
    retention: float
    spread: float
    floor: float
    sharpness: float
    evidence: float


def alpha_of(case: Case, prior: Weights) -> Floats:
    """The members' weights, as `dataworth.laws.draws.weigh` gives them."""
    bias = CHOSEN @ np.array([*prior.laws.values(), *prior.nearness.values()])
    bias -= 0.5 * ((KEEPS - prior.retention) / prior.spread) ** 2
    missed = (
        np.abs(case.errors).mean(axis=1) if case.errors.shape[1] else np.full(len(case.member), 0.1)
    )
    score = prior.evidence * case.evidence + bias[case.member]
    score -= prior.sharpness * np.log(missed + prior.floor)
    return np.asarray(np.exp(score - logsumexp(score)))


def learn_spread(cases: Sequence[Case], prior: Weights) -> Prior:
    """The second step: the spread around the members, by log score."""
    ready = []
    for case in cases:
        alpha = alpha_of(case, prior)
        kept = alpha > 1e-4
        missed = float(np.abs(alpha @ case.errors).mean()) if case.errors.shape[1] else 0.1
        ready.append((case, np.log(alpha[kept]), kept, float(alpha @ case.noise), missed))

    def loss(z: Floats) -> float:
        level, carry, least, power = np.exp(z[:4])
        tail = 2 + np.exp(z[4])
        value = 0.0
        for case, logs, kept, noise, missed in ready:
            seen = np.where(case.seen < 0, noise**2, case.seen)
            grown = np.minimum(case.u, np.log(1000)) ** (2 * power)
            stray = (level * noise) ** 2 + ((carry * missed) ** 2 + least**2) * grown
            variance = stray + seen + case.variance[kept] + 1e-8
            z2 = (case.actual - case.mean[kept]) ** 2 / variance
            density = -0.5 * np.log(variance) - (tail + 1) / 2 * np.log1p(z2 / tail)
            constant = gammaln((tail + 1) / 2) - gammaln(tail / 2) - 0.5 * np.log(tail)
            value -= float((logsumexp(logs[:, None] + density, axis=0) + constant).mean())
        return value / len(ready) + 0.003 * float((z - start) @ (z - start))

    start = np.array([np.log(0.6), np.log(0.5), np.log(0.02), 0.0, np.log(2.0)])
    options = {"maxfev": 250, "xatol": 0.02, "fatol": 1e-4}
    z = minimize(loss, start, method="Nelder-Mead", options=options).x
    level, carry, least, power = (float(v) for v in np.exp(z[:4]))
    tail = float(2 + np.exp(z[4]))

    def held(wider: float) -> float:
        """Share of largest sizes within 90 % intervals that much wider, less 90 %."""
        inside = []
        for case, logs, kept, noise, missed in ready:
            seen = np.where(case.seen < 0, noise**2, case.seen)
            grown = np.minimum(case.u, np.log(1000)) ** (2 * power)
            stray = (level * noise) ** 2 + ((carry * missed) ** 2 + least**2) * grown
            scale = np.sqrt(wider**2 * stray + seen + case.variance[kept] + 1e-8)
            below = np.exp(logs) @ stdtr(tail, (case.actual - case.mean[kept]) / scale)
            inside.append(abs(below[-1] / np.exp(logs).sum() - 0.5) <= 0.45)
        return float(np.mean(inside)) - 0.9

    # The best log score over all sizes is too sure of itself far out, where most is at stake.
    wider = brentq(held, 0.5, 8.0, xtol=0.02) if held(0.5) < 0 < held(8.0) else 1.0
    level, carry, least = wider * level, wider * carry, wider * least
    return Prior(**asdict(prior), level=level, carry=carry, least=least, power=power, tail=tail)


def learn(cases: Sequence[Case]) -> Prior:
    """Both steps; the spread from at most as many cases as it needs."""
    every = max(1, len(cases) // _SPREAD_CASES)
    return learn_spread(cases[::every], learn_weights(cases))


def main() -> None:
    """Learn and write all priors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--curves", type=Path, required=True, help="folder of the 92 curves")
    parser.add_argument("--lcdb", type=Path, help="LCDB's CSV or source archive")
    options = parser.parse_args()
    PRIORS.mkdir(exist_ok=True)
    taught = {
        "single": cases_of(scaling_curves(options.curves)),
        "repeated": cases_of(lcdb_curves(options.lcdb)),
    }
    for name, cases in taught.items():
        for part in sorted({case.part for case in cases}):
            prior = learn([case for case in cases if case.part != part])
            (PRIORS / f"without-{part}.json").write_text(prior.to_json(), encoding="utf-8")
            print(part, prior.to_json(), flush=True)
        (SHIPPED / f"prior-{name}.json").write_text(learn(cases).to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
