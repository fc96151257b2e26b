"""Forecasts in the users' situation, of this dataworth and of an earlier one, side by side.

    python benchmarks/few_sizes.py [--lcdb ARCHIVE] --lcdb11 FILE [--against PYTHON] [--count N]
    python benchmarks/few_sizes.py --own benchmarks/results/real_curves.parquet

Curves of 4 to 6 sizes a factor 2 or 3 apart, with 1, 3 or 5 seeds, are forecast 2, 4, 8 and 16
times ahead; few_sizes_cases.py says of which collections. No data set is judged by numbers that
were learned on it: the priors and corrections are those of benchmarks/priors for the part that
holds it (learn_prior.py, learn_correction.py). Errors are of the log of the loss or error rate.
``--against`` is the Python of another installation, which forecasts the same curves.

Intervals for the mean over seeds are judged by the mean of the runs that are known, without a
correction for its own noise.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth import Curve
from dataworth.forecast.prepare import prepare
from few_sizes_cases import SHARES, Case, all_curves, cases_of, own_curves
from few_sizes_fits import all_fits
from few_sizes_picture import draw_coverage
from markdown_table import table

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
LEVELS = [round(0.025 * i, 3) for i in range(1, 40)]
OURS, WITH_FAMILY, OTHER = "dataworth", "family given", "the earlier one"
FIVE = "median of five"
_MIDDLE, _LOW, _HIGH = LEVELS.index(0.5), LEVELS.index(0.05), LEVELS.index(0.95)
_WITHIN = {0.5: (0.25, 0.75), 0.8: (0.1, 0.9), 0.9: (0.05, 0.95)}
_ASK_SIZES = 6
"""Sizes for targets are asked for of one curve in so many: they take longest."""
_FEWEST_JUDGED = 200
_SCATTERS = (0.003, 0.01, 0.03)
"""Upper ends of the groups of single seeds by their scatter."""
_OWN_CASES = 4
"""Cases of each curve of the own collection, which has fewer of them."""


class Rows:
    """One row per judged forecast: what is known of it, and each method's answers."""

    def __init__(
        self,
        cases: Sequence[Case],
        names: Sequence[str],
        fits: list[dict[str, Floats]],
        answers: dict[str, list[dict[str, Any]]],
    ) -> None:
        where = [(i, j) for i, case in enumerate(cases) for j in range(len(case.truths))]
        self.case = np.array([i for i, _ in where])
        self.actual = np.log([cases[i].truths[j] for i, j in where])
        self.columns = {
            "collection": np.array([names[i] for i, _ in where]),
            "horizon": np.array([f"{cases[i].nominal[j]:g}x" for i, j in where]),
            "sizes": np.array([str(len(cases[i].sizes)) for i, _ in where]),
            "seeds": np.array([str(cases[i].runs.shape[1]) for i, _ in where]),
            "family": np.array([cases[i].family for i, _ in where]),
            "scatter": np.array([scatter_of(cases[i]) for i, _ in where]),
        }
        self.medians = {name: np.array([fits[i][name][j] for i, j in where]) for name in fits[0]}
        self.quantiles, self.met = {}, {}
        for name, found in answers.items():
            self.quantiles[name] = np.array([found[i]["quantiles"][j] for i, j in where])
            self.medians[name] = self.quantiles[name][:, _MIDDLE]
            self.met[name] = np.array([found[i]["met"][j] for i, j in where])
        last = np.log([cases[i].last for i, _ in where])
        self.truly_met = self.actual[:, None] <= last[:, None] + np.log(SHARES)

    def error(self, name: str) -> Floats:
        """Absolute log error of a median."""
        return np.asarray(np.abs(self.medians[name] - self.actual))

    def held(self, name: str, level: float) -> Floats:
        """Whether the interval holds the truth, as 0 or 1."""
        low, high = (self.quantiles[name][:, LEVELS.index(p)] for p in _WITHIN[level])
        return ((low <= self.actual) & (self.actual <= high)).astype(np.float64)

    def width(self, name: str) -> Floats:
        """Width of the 90 % interval of the log loss."""
        return np.asarray(self.quantiles[name][:, _HIGH] - self.quantiles[name][:, _LOW])

    def winkler(self, name: str) -> Floats:
        """Winkler's score of the 90 % interval of the log loss."""
        low, high = self.quantiles[name][:, _LOW], self.quantiles[name][:, _HIGH]
        miss = np.maximum(low - self.actual, 0) + np.maximum(self.actual - high, 0)
        return np.asarray(high - low + 2 / 0.1 * miss)

    def crps(self, name: str) -> Floats:
        """Continuous ranked probability score of the log loss, from 39 quantiles."""
        off = self.actual[:, None] - self.quantiles[name]
        loss = np.maximum(np.array(LEVELS) * off, (np.array(LEVELS) - 1) * off)
        return np.asarray(2 * loss.mean(axis=1))


def scatter_of(case: Case) -> str:
    """How little the sizes of a single seed scatter, from which its noise is estimated."""
    if case.runs.shape[1] > 1:
        return "several seeds"
    count = len(case.sizes)
    # One seed for all sizes: each was trained by itself.
    seeds = np.zeros(count, np.int64)
    curve = Curve(case.sizes.astype(np.int64), case.runs[:, 0], seeds, metric="loss")
    scatter = prepare(curve).scatter
    return next((f"below {most:.1%}" for most in _SCATTERS if scatter < most), "more")


def score_table(rows: Rows, names: Sequence[str], column: str, within: NDArray[np.bool_]) -> str:
    """Every score, of every group of one column."""
    out = []
    for group in sorted(set(rows.columns[column][within]), key=_order):
        mine = within & (rows.columns[column] == group)
        for name in names:
            error = rows.error(name)[mine]
            off = (rows.medians[name] - rows.actual)[mine]
            held = [f"{rows.held(name, level)[mine].mean():.3f}" for level in _WITHIN]
            out.append(
                [
                    group,
                    name,
                    int(mine.sum()),
                    f"{np.median(error):.4f}",
                    f"{error.mean():.4f}",
                    f"{np.median(off):+.4f}",
                    *held,
                    f"{np.median(rows.width(name)[mine]):.3f}",
                    f"{rows.winkler(name)[mine].mean():.3f}",
                    f"{rows.crps(name)[mine].mean():.4f}",
                ]
            )
    head = [column, "by", "number", "median error", "mean error", "bias"]
    return table(out, [*head, "50 %", "80 %", "90 %", "width", "Winkler", "CRPS"])


def error_table(rows: Rows) -> str:
    """Median errors of all methods, by collection and horizon."""
    groups = [
        (c, h) for c in dict.fromkeys(rows.columns["collection"]) for h in ("2x", "4x", "8x", "16x")
    ]
    out = []
    for name in rows.medians:
        cells = []
        for c, h in groups:
            mine = (rows.columns["collection"] == c) & (rows.columns["horizon"] == h)
            cells.append(f"{np.median(rows.error(name)[mine]):.4f}")
        out.append([name, *cells])
    return table(out, ["method", *(f"{c}, {h}" for c, h in groups)])


def ratio_table(rows: Rows) -> str:
    """Each version against the median of five fits and against the earlier version."""
    out = []
    for c in dict.fromkeys(rows.columns["collection"]):
        for h in ("2x", "4x", "8x", "16x"):
            mine = (rows.columns["collection"] == c) & (rows.columns["horizon"] == h)
            for name in rows.quantiles:
                five = np.median(rows.error(name)[mine]) / np.median(rows.error(FIVE)[mine])
                cells = [f"{rows.held(name, level)[mine].mean():.3f}" for level in (0.5, 0.9)]
                cells.append(f"{five:.3f}")
                if OTHER in rows.quantiles:
                    for score in (rows.winkler, rows.crps):
                        cells.append(f"{score(name)[mine].mean() / score(OTHER)[mine].mean():.3f}")
                out.append([c, h, name, int(mine.sum()), *cells])
    head = ["collection", "horizon", "by", "number", "50 %", "90 %", "median error / five fits'"]
    if OTHER in rows.quantiles:
        head += ["Winkler / earlier", "CRPS / earlier"]
    return table(out, head)


def family_table(rows: Rows, name: str) -> str:
    """Coverage of 90 % and bias by family, 4x and 8x."""
    out = []
    for c in dict.fromkeys(rows.columns["collection"]):
        for family in sorted(set(rows.columns["family"])):
            for h in ("4x", "8x"):
                mine = (rows.columns["collection"] == c) & (rows.columns["horizon"] == h)
                mine &= rows.columns["family"] == family
                if mine.sum() < 30:
                    continue
                held = rows.held(name, 0.9)[mine].mean()
                off = (rows.medians[name] - rows.actual)[mine]
                enough = "" if mine.sum() >= _FEWEST_JUDGED else "few"
                out.append(
                    [c, family, h, int(mine.sum()), f"{held:.3f}", f"{np.median(off):+.3f}", enough]
                )
    return table(out, ["collection", "family", "horizon", "number", "90 %", "bias", ""])


def size_table(cases: Sequence[Case], answers: dict[str, list[dict[str, Any]]]) -> str:
    """How `samples_for` did, with targets set beforehand."""
    out = []
    for name, found in answers.items():
        if not any("sizes" in answer for answer in found):
            continue
        for index, share in enumerate(SHARES):
            pairs = [
                (c, a["sizes"][index]) for c, a in zip(cases, found, strict=True) if "sizes" in a
            ]
            truth = np.array([c.reached[index] for c, _ in pairs])
            known = np.array([c.known for c, _ in pairs])
            largest = np.array([c.sizes[-1] for c, _ in pairs])
            median, low, high = np.array([a[:3] for _, a in pairs]).T
            reached = np.isfinite(truth)
            held = np.where(reached, (low <= truth) & (truth <= high), high > known)
            below = reached & (truth < low)
            near = reached & (truth <= 4 * largest)
            off = np.abs(np.log(np.minimum(median[near], 1e18) / truth[near]))
            factor = np.exp(np.median(off))
            cells = [f"{held.mean():.3f}", f"{below.mean():.3f}", f"{np.isinf(high).mean():.3f}"]
            cells += [f"{factor:.2f}"]
            if any(len(a) > 4 for _, a in pairs):
                # Where no draw meets the target, there is no such interval: it holds nothing.
                given = np.array([a[4:] or [np.nan] * 3 for _, a in pairs])
                inside = (given[:, 1] <= truth) & (truth <= given[:, 2])
                off = np.abs(np.log(given[near, 0] / truth[near]))
                cells += [f"{inside[reached].mean():.3f}", f"{np.exp(np.nanmedian(off)):.2f}"]
            else:
                cells += ["", ""]
            out.append([f"{1 - share:.0%}", name, len(pairs), f"{reached.mean():.2f}", *cells])
    head = ["target below the last value by", "by", "number", "reached", "90 % holds"]
    head += ["truth below lower end", "upper end infinite", "factor of error within 4x"]
    return table(out, [*head, "if reachable: holds", "factor of error within 4x"])


def reliability_table(rows: Rows) -> str:
    """Probability said against share met, in tenths."""
    out = []
    for name, said in rows.met.items():
        bins = np.minimum((said * 10).astype(int), 9)
        for tenth in range(10):
            mine = bins == tenth
            if mine.any():
                cells = [f"{said[mine].mean():.3f}", f"{rows.truly_met[mine].mean():.3f}"]
                span = f"{tenth / 10:.1f} to {tenth / 10 + 0.1:.1f}"
                out.append([name, span, int(mine.sum()), *cells])
    return table(out, ["by", "probability", "number", "mean said", "share met"])


def ask(
    python: str, cases: Sequence[Case], priors: dict[str, Any], with_family: bool, work: Path
) -> Callable[[], list[dict[str, Any]]]:
    """Start an interpreter on all cases; call the result to wait for its answers."""
    jobs = [
        {
            "sizes": case.sizes.tolist(),
            "runs": case.runs.tolist(),
            "metric": metric_name(case, python),
            "family": case.family if with_family else None,
            "prior": prior_name(case, priors),
            "horizons": case.horizons.tolist(),
            "levels": LEVELS,
            "targets": [case.last * share for share in SHARES],
            "ask_sizes": index % _ASK_SIZES == 0 and not with_family,
        }
        for index, case in enumerate(cases)
    ]
    work.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"priors": priors, "jobs": jobs})
    key = hashlib.sha256((text + version(python)).encode()).hexdigest()[:16]
    question, reply = work / f"{key}.jobs.json", work / f"{key}.json"
    process = None
    if not reply.exists():
        question.write_text(text, encoding="utf-8")
        command = [python, str(HERE / "few_sizes_worker.py"), str(question), str(reply)]
        process = subprocess.Popen(command, env=environment(python))

    def wait() -> list[dict[str, Any]]:
        if process is not None and process.wait():
            raise SystemExit(f"{python} failed")
        found: list[dict[str, Any]] = json.loads(reply.read_text("utf-8"))
        return found

    return wait


def metric_name(case: Case, python: str) -> str:
    """The metric's name: an earlier version is judged as it always was, by "error"."""
    if case.metric != "error":
        return "loss"
    return "error_rate" if python == sys.executable else "error"


def version(python: str) -> str:
    """A hash of the code of the dataworth that an interpreter imports, so that caches are right."""
    code = (
        "import dataworth, pathlib, hashlib; h = hashlib.sha256(); "
        "[h.update(p.read_bytes()) for f in ('forecast', 'laws') "
        "for p in sorted(pathlib.Path(dataworth.__file__).parent.glob(f + '/*')) if p.is_file()]; "
        "print(h.hexdigest())"
    )
    command = [python, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment(python)
    )
    return done.stdout


def environment(python: str) -> dict[str, str]:
    """One thread for each process; a path of modules is for this interpreter alone."""
    kept = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if python != sys.executable:
        kept.pop("PYTHONPATH", None)
    return kept


def prior_name(case: Case, priors: dict[str, Any]) -> str:
    """The prior that was learned without a case's data set."""
    name = f"{case.half}-{case.fold}"
    return name if name in priors else str(case.half)


def priors_of(corrected: bool) -> dict[str, Any]:
    """Priors by half of the data sets, with the correction of each fold."""
    found: dict[str, Any] = {}
    for half in range(2):
        text = (HERE / "priors" / f"without-lcdb-half-{half}.json").read_text("utf-8")
        found[str(half)] = {"prior": text}
        for path in sorted((HERE / "priors").glob("correction-without-fold-*.json")):
            fold = path.stem.rsplit("-", 1)[-1]
            if corrected:
                correction = path.read_text("utf-8")
                found[f"{half}-{fold}"] = {"prior": text, "correction": correction}
    return found


def _order(group: str) -> tuple[float, str]:
    digits = group.rstrip("x")
    return (float(digits), "") if digits.isdigit() else (0.0, group)


def report(
    cases: list[Case], names: list[str], answers: dict[str, list[dict[str, Any]]], picture: Path
) -> str:
    """All tables; and the picture of the coverage."""
    sound = [
        i for i in range(len(cases)) if all("quantiles" in found[i] for found in answers.values())
    ]
    refused = len(cases) - len(sound)
    kept = [cases[i] for i in sound]
    answers = {name: [found[i] for i in sound] for name, found in answers.items()}
    rows = Rows(kept, [names[i] for i in sound], all_fits(kept), answers)
    draw_coverage(rows.columns, rows.held(WITH_FAMILY, 0.9), picture)
    text = [
        f"{date.today()}, {platform.platform()}, Python {platform.python_version()}, numpy "
        f"{np.__version__}: {len(kept)} curves, {len(rows.actual)} forecasts; {refused} curves "
        "refused.\n"
    ]
    for name, found in answers.items():
        seconds = np.median([answer["seconds"] for answer in found])
        text.append(f"{name}: {seconds:.3f} s a forecast (median).\n")
    text += ["## Median absolute log error\n", error_table(rows)]
    text += ["## Against the median of five fits and the earlier version\n", ratio_table(rows)]
    for c in dict.fromkeys(rows.columns["collection"]):
        within = rows.columns["collection"] == c
        text += [f"## {c}\n"]
        text += [
            score_table(rows, list(answers), column, within)
            for column in ("horizon", "sizes", "seeds", "scatter", "family")
        ]
    text += ["## Families, given\n", family_table(rows, WITH_FAMILY)]
    text += ["## Sizes for targets\n", size_table(kept, answers)]
    text += ["## Probabilities\n", reliability_table(rows)]
    return "\n".join(text)


def main() -> None:
    """Judge and write few_sizes.md and few_sizes.png."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lcdb", type=Path, help="LCDB 1.0's source archive; downloaded if absent")
    parser.add_argument("--lcdb11", type=Path, help="LCDB 1.1's error rates")
    parser.add_argument("--own", type=Path, help="judge on the curves of real_curves.py instead")
    parser.add_argument("--against", help="a Python with another version of dataworth")
    parser.add_argument("--count", type=int, default=900, help="curves of each collection")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of curves")
    parser.add_argument("--work", type=Path, default=Path("build/few_sizes"), help="for caches")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if (options.lcdb11 is None) == (options.own is None):
        parser.error("give --lcdb11 or --own")
    started = time.perf_counter()
    cases, names = [], []
    collections = (
        own_curves(options.own)
        if options.own
        else all_curves(options.lcdb, options.lcdb11, options.work)
    )
    for name, curves in collections.items():
        often = _OWN_CASES if options.own else 1
        chosen = list(cases_of(curves, options.count, options.seed, per_curve=often))
        cases += chosen
        names += [name] * len(chosen)
    waits = {}
    for name in (OURS, WITH_FAMILY):
        with_family = name == WITH_FAMILY
        waits[name] = ask(sys.executable, cases, priors_of(True), with_family, options.work)
    if options.against:
        waits[OTHER] = ask(options.against, cases, priors_of(False), False, options.work)
    options.out.mkdir(exist_ok=True)
    out = options.out / ("few_sizes_own.md" if options.own else "few_sizes.md")
    answers = {name: wait() for name, wait in waits.items()}
    text = report(cases, names, answers, out.with_suffix(".png"))
    text += f"\n{time.perf_counter() - started:.0f} s in all.\n"
    out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
