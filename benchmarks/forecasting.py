"""Forecasts of public learning curves: ours, every law alone, and what others do.

    python benchmarks/forecasting.py --curves FOLDER [--lcdb FILE] [--dataeval PYTHON] [--out DIR]
    python benchmarks/forecasting.py --curves FOLDER --nothing-given

Two collections, see public_curves.py. The 92 curves are fitted where ``Training == 1`` and judged
on every other point: root mean square error of the log loss per curve, then the mean over curves.
LCDB's are fitted up to a third and up to an eighth of their largest size and judged there: median
absolute log error. No curve is judged by a prior that has seen its source: see learn_prior.py.
``--nothing-given`` forecasts the 92 curves alone, and does not say which are checkpoints of a run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import ForecastError
from dataworth.forecast import api
from dataworth.forecast.api import forecast
from dataworth.forecast.backtest import power_absolute
from dataworth.forecast.forecast import Forecast
from dataworth.forecast.prepare import prepare
from dataworth.forecast.prior import Prior, shipped_prior
from dataworth.laws.fit import fit_law
from dataworth.laws.observations import Observations
from dataworth.laws.registry import all_laws
from markdown_table import table
from public_curves import LEARNERS, PublicCurve, lcdb_curves, scaling_curves

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
LEVELS = (0.5, 0.8, 0.9)
OURS = "dataworth"
SCALING_GROUPS = ("IC", "NMT", "LM", "BB")


@dataclass(frozen=True)
class Score:
    """How the methods did on one shortened curve."""

    group: str
    cut: float
    source: str
    errors: dict[str, float]
    seconds: dict[str, float]
    inside: tuple[float, ...] = ()
    log_score: float = float("nan")
    job: list[list[float]] = field(default_factory=list)
    actual: tuple[float, ...] = ()


def prior_for(public: PublicCurve, observations: Observations) -> Prior:
    """The prior that was learned without this curve's source."""
    if public.collection == "scaling" and observations.noisy:
        # Learned on LCDB, which has none of the 92 curves.
        return shipped_prior(True)
    name = f"without-{public.part}.json"
    return Prior.from_json((HERE / "priors" / name).read_text("utf-8"))


def forecast_alone(public: PublicCurve, count: int) -> Forecast:
    """The forecast of a curve of which nothing is given, by priors without its source."""
    path = HERE / "priors" / f"without-{public.part}.json"
    # A source of separate runs only has taught the prior of checkpoints nothing.
    single = Prior.from_json(path.read_text("utf-8")) if path.exists() else shipped_prior(False)
    with patch.object(api, "shipped_prior", lambda noisy: shipped_prior(True) if noisy else single):
        return forecast(public.curve(count))


def judge_alone(public: PublicCurve) -> Score:
    """Error and coverage of `forecast_alone` on the points to judge."""
    assert public.fit
    hidden = list(range(public.fit, len(public.sizes)))
    start = time.perf_counter()
    ours, sizes = forecast_alone(public, public.fit), public.sizes[hidden]
    actual = np.log([public.runs[i].mean() for i in hidden])
    miss = np.median(ours.log_losses(sizes), axis=0) - actual
    seconds = time.perf_counter() - start
    draws = ours.log_losses(sizes, runs=float(len(public.runs[-1])))
    return Score(
        public.group,
        1.0,
        public.source,
        {OURS: float(np.sqrt(np.mean(miss**2)))},
        {OURS: seconds},
        _inside(draws, actual),
        _log_score(draws, actual),
    )


def judge(job: tuple[PublicCurve, float]) -> Score | None:
    """Fit the smaller sizes of a curve with every method, and compare with the hidden ones."""
    public, cut = job
    count = public.fit or public.count_up_to(1 / cut)
    hidden = list(range(count, len(public.sizes))) if public.fit else [len(public.sizes) - 1]
    curve = public.curve(count)
    try:
        observations = prepare(curve, public.single_run)
    except ForecastError:
        return None
    sizes, actual = public.sizes[hidden], np.array([public.runs[i].mean() for i in hidden])
    errors, seconds = {}, {}

    def record(name: str, losses: Floats, start: float) -> None:
        seconds[name] = time.perf_counter() - start
        miss = np.log(np.maximum(losses, 1e-12)) - np.log(actual)
        errors[name] = float(np.sqrt(np.mean(miss**2)))

    start = time.perf_counter()
    ours = forecast(curve, single_run=public.single_run, prior=prior_for(public, observations))
    draws = ours.log_losses(sizes, runs=float(len(public.runs[-1])))
    record(OURS, np.exp(np.median(ours.log_losses(sizes), axis=0)), start)
    start = time.perf_counter()
    record("power-absolute", power_absolute(observations, sizes), start)
    for law in all_laws():
        start = time.perf_counter()
        record(law.name, fit_law(law, observations).predict(sizes), start)
    record("last-value", np.full(len(sizes), np.exp(observations.log_loss[-1])), start)
    return Score(
        public.group,
        cut,
        public.source,
        errors,
        seconds,
        _inside(draws, np.log(actual)),
        _log_score(draws, np.log(actual)),
        [list(observations.sizes), list(np.exp(observations.log_loss)), list(sizes)],
        tuple(actual),
    )


def _inside(draws: Floats, actual: Floats) -> tuple[float, ...]:
    """The share of actual log losses within each interval."""
    place = (draws <= actual).mean(axis=0)
    return tuple(float(np.mean(np.abs(place - 0.5) <= level / 2)) for level in LEVELS)


def _log_score(draws: Floats, actual: Floats) -> float:
    """Mean log density of the actual log losses, by a kernel over the draws."""
    spread = np.quantile(draws, [0.25, 0.75], axis=0)
    width = np.maximum(0.9 * np.diff(spread, axis=0)[0] / 1.34 * len(draws) ** -0.2, 1e-5)
    z = (draws - actual) / width
    density = np.exp(-0.5 * z**2).mean(axis=0) / (width * np.sqrt(2 * np.pi))
    return float(np.log(np.maximum(density, 1e-12)).mean())


def ask_dataeval(python: Path, scores: list[Score], most: int) -> dict[int, tuple[float, float]]:
    """Error and seconds of dataeval's Sufficiency on an even choice of curves, by position."""
    chosen = [int(i) for i in np.linspace(0, len(scores) - 1, min(most, len(scores)))]
    jobs = json.dumps([scores[i].job for i in chosen])
    command = [str(python), str(HERE / "_dataeval_worker.py")]
    done = subprocess.run(command, input=jobs, capture_output=True, text=True, check=True)
    answers = {}
    for i, (seconds, losses) in zip(chosen, json.loads(done.stdout), strict=True):
        miss = np.log(np.maximum(losses, 1e-12)) - np.log(scores[i].actual)
        answers[i] = (float(np.sqrt(np.mean(miss**2))), seconds)
    return answers


def error_table(columns: dict[str, list[Score]], mean: bool) -> str:
    """Every method against every group of curves; ours first, then by the last column."""
    middle = np.mean if mean else np.median
    every = [score for scores in columns.values() for score in scores]
    methods = list(every[0].errors)
    rows = []
    for method in methods:
        cells = [f"{middle([s.errors[method] for s in scores]):.4f}" for scores in columns.values()]
        seconds = np.mean([score.seconds[method] for score in every])
        rows.append([method, *cells, f"{seconds:.3f}"])
    rows[1:] = sorted(rows[1:], key=lambda row: float(str(row[-2])))
    return table(rows, ["method", *columns, "seconds"])


def coverage_table(columns: dict[str, list[Score]]) -> str:
    """How often our intervals held the hidden values, curve by curve, and our log score."""
    rows = []
    for name, scores in columns.items():
        held = np.mean([score.inside for score in scores], axis=0)
        cells = [f"{share:.1%}" for share in held]
        rows.append([name, len(scores), *cells, f"{np.mean([s.log_score for s in scores]):.2f}"])
    return table(rows, ["curves", "number", "50 %", "80 %", "90 %", "log score"])


def draw_plot(parts: dict[str, list[Score]], path: Path) -> None:
    """Errors of four methods, each curve one step of a distribution."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(parts), figsize=(4.2 * len(parts), 3.4), sharey=True)
    for axis, (name, scores) in zip(axes, parts.items(), strict=True):
        for method in (OURS, "power-3", "power-absolute", "last-value"):
            errors = np.sort([score.errors[method] for score in scores])
            axis.step(errors, np.arange(1, len(errors) + 1) / len(errors), label=method)
        axis.set(xscale="log", xlim=(1e-3, 3), title=name, xlabel="log error")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("share of curves")
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def report_scaling(scaling: list[Score]) -> list[str]:
    """The tables of the 92 curves."""
    domains = {name: [s for s in scaling if s.group == name] for name in SCALING_GROUPS}
    domains["all 92"] = scaling
    text = ["## The 92 curves: mean RMSE of log loss\n", error_table(domains, mean=True)]
    return [*text, "Coverage, new run:\n", coverage_table(domains)]


def report(scaling: list[Score], lcdb: list[Score], out: Path) -> str:
    """All tables, and the plot beside them."""
    text = report_scaling(scaling)
    for cut in sorted({score.cut for score in lcdb}):
        far = [score for score in lcdb if score.cut == cut]
        groups = {name: [s for s in far if s.group == name] for name in LEARNERS.values()}
        groups = {name: scores for name, scores in groups.items() if scores} | {"all": far}
        text += [f"## LCDB, {cut:g} times ahead: median absolute log error\n"]
        text += [error_table(groups, mean=False), "Coverage:\n", coverage_table(groups)]
    parts = {"the 92 curves": scaling}
    parts |= {f"LCDB, {c:g}x": [s for s in lcdb if s.cut == c] for c in (3.0, 8.0)}
    draw_plot(parts, out / "forecasting.png")
    return "\n".join(text)


def main() -> None:
    """Judge all methods and write forecasting.md and forecasting.png."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--curves", type=Path, required=True, help="folder of the 92 curves")
    parser.add_argument("--nothing-given", action="store_true", help="the 92 curves alone")
    parser.add_argument("--lcdb", type=Path, help="LCDB's CSV or source archive")
    parser.add_argument("--every", type=int, default=1, help="take one LCDB curve in so many")
    parser.add_argument("--dataeval", type=Path, help="a Python that has dataeval")
    parser.add_argument("--dataeval-curves", type=int, default=12, help="of each part; slow")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    if options.nothing_given:
        with ProcessPoolExecutor(2) as pool:
            alone = list(pool.map(judge_alone, scaling_curves(options.curves), chunksize=4))
        print("\n".join(report_scaling(alone)))
        return
    first = [(curve, 1.0) for curve in scaling_curves(options.curves)]
    public = lcdb_curves(options.lcdb)[:: options.every]
    second = [(curve, cut) for cut in (3.0, 8.0) for curve in public]
    with ProcessPoolExecutor(2) as pool:
        scaling = [score for score in pool.map(judge, first, chunksize=4) if score]
        lcdb = [score for score in pool.map(judge, second, chunksize=16) if score]
    text = report(scaling, lcdb, options.out)
    if options.dataeval:
        rows = []
        for name, scores in (("the 92 curves", scaling), ("LCDB", lcdb)):
            answers = ask_dataeval(options.dataeval, scores, options.dataeval_curves)
            same = [scores[i].errors[OURS] for i in answers]
            theirs = np.array(list(answers.values()))
            middle = [f"{np.median(theirs[:, 0]):.4f}", f"{np.median(same):.4f}"]
            rows.append([name, len(answers), *middle, f"{np.mean(theirs[:, 1]):.2f}"])
        header = ["curves", "number", "dataeval, median error", "dataworth", "dataeval, seconds"]
        text += "\n## dataeval's Sufficiency on some of them\n\n" + table(rows, header)
    (options.out / "forecasting.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
