"""Shortened public curves as users have them: 4 to 6 sizes, 1, 3 or 5 seeds.

Three collections: LCDB 1.0 by error rate and by log loss (20 learners, 248 data sets, 25 real runs
at each size; ``database-accuracy.csv`` and ``database-logloss.csv`` in the source archive of
``lcdb`` 0.1.0), and the error rates of LCDB 1.1 (28 learners, 131 data sets), where only means and
standard deviations over 25 splits are published: its seeds are drawn from the whole spread.

The runs of a size are chosen independently of those of the other sizes. The truth at a larger size
is the mean over all its runs. A fourth collection is our own (real_curves.py): five real seeds, of
which the same are taken at every size. Data sets are divided into folds by a hash of their number,
the same in all collections: into two halves for the constants of the prior, which were learned on
LCDB 1.0 (learn_prior.py), and into three folds for the correction (learn_correction.py).
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDS = 3
HORIZONS = (2.0, 4.0, 8.0, 16.0)
LEARNED = (1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0, 11.3, 16.0, 22.6, 32.0)
"""Horizons that a correction is learned at."""
SHARES = (0.95, 0.9, 0.8)
"""Targets, as shares of the last measured loss: 5, 10 and 20 % below it."""
_SMALLEST, _FEWEST_RUNS = 32, 10
_NEAR = 0.06
"""A size counts as twice another if it is within 6 % of that."""
_TRIES = 12
_WIDER = 0.25
_WITH_PROBABILITIES = {
    *("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis", "ExtraTreesClassifier"),
    *("GradientBoostingClassifier", "RandomForestClassifier", "LogisticRegression", "BernoulliNB"),
    *("MultinomialNB", "KNeighborsClassifier", "MLPClassifier"),
}
"""Log loss is judged for these only: that of the others is a multiple of their error."""
FAMILIES = {
    **dict.fromkeys(("SVC_linear", "LogisticRegression", "PassiveAggressiveClassifier"), "linear"),
    **dict.fromkeys(("Perceptron", "RidgeClassifier", "SGDClassifier", "SVM_Linear"), "linear"),
    **dict.fromkeys(("PassiveAggressive",), "linear"),
    **dict.fromkeys(("LinearDiscriminantAnalysis", "LDA", "QDA"), "discriminant"),
    **dict.fromkeys(("QuadraticDiscriminantAnalysis", "NearestCentroid"), "discriminant"),
    **dict.fromkeys(("BernoulliNB", "ComplementNB", "GaussianNB", "MultinomialNB"), "naive-bayes"),
    **dict.fromkeys(("KNeighborsClassifier", "KNN"), "knn"),
    **dict.fromkeys(("SVC_poly", "SVC_rbf", "SVC_sigmoid", "SVM_Poly"), "kernel-svm"),
    **dict.fromkeys(("SVM_RBF", "SVM_Sigmoid"), "kernel-svm"),
    **dict.fromkeys(("DecisionTreeClassifier", "ExtraTreeClassifier"), "tree"),
    **dict.fromkeys(("Decision Tree", "ExtraTree"), "tree"),
    **dict.fromkeys(("ExtraTreesClassifier", "RandomForestClassifier"), "forest"),
    **dict.fromkeys(("ens.ExtraTrees", "ens.RandomForest"), "forest"),
    **dict.fromkeys(("GradientBoostingClassifier", "CatBoost", "ens.GradientBoosting"), "boosting"),
    **dict.fromkeys(("MLPClassifier", "MLP"), "mlp"),
    **dict.fromkeys(("RealMLP", "TabNet"), "deep-tabular"),
    "TabPFNv2": "pretrained",
    **dict.fromkeys(("logistic", "ridge"), "linear"),
    "forest": "forest",
    "lightgbm": "boosting",
    "knn": "knn",
    "svc": "kernel-svm",
    "tree": "tree",
    "naive bayes": "naive-bayes",
    "mlp": "mlp",
    "cnn": "cnn",
}


@dataclass(frozen=True, eq=False)
class LongCurve:
    """A public curve: rising sizes, the runs of each, and their means."""

    collection: str
    metric: str
    dataset: str
    learner: str
    sizes: Floats
    means: Floats
    runs: tuple[Floats, ...] = ()
    spread: Floats | None = None
    paired: bool = False
    """Whether a run's place is its seed, which is then the same at every size."""

    @property
    def family(self) -> str:
        """The family of its learner."""
        return FAMILIES[self.learner]

    @property
    def half(self) -> int:
        """0 or 1: the half of LCDB's data sets, as in public_curves.py."""
        return hashlib.sha256(self.dataset.encode()).digest()[0] % 2

    @property
    def fold(self) -> int:
        """Which of `FOLDS` folds, by another byte of the same hash."""
        return hashlib.sha256(self.dataset.encode()).digest()[1] % FOLDS

    def at(self, size: float) -> int | None:
        """The position of the size nearest to this one, if it is near."""
        nearest = int(np.argmin(np.abs(np.log(self.sizes / size))))
        return nearest if abs(np.log(self.sizes[nearest] / size)) < _NEAR else None

    def drawn(self, index: int, count: int, rng: np.random.Generator) -> Floats:
        """Some runs of a size."""
        if self.spread is None:
            return np.asarray(rng.choice(self.runs[index], count, replace=False))
        normal = self.means[index] + self.spread[index] * rng.standard_normal(count)
        return np.asarray(np.clip(normal, self.means[index] / 10, 1.0))


@dataclass(frozen=True, eq=False)
class Case:
    """What a forecast sees, and what is true.

    Attributes
    ----------
    sizes, runs
        The measured sizes, shape (k,), and the losses of their runs, shape (k, r).
    horizons, truths : ndarray, shape (h,)
        Exact ratios of judged sizes to the largest measured one, and mean losses there.
    nominal : ndarray, shape (h,)
        The horizons' names: 2, 4, 8 or 16.
    reached : tuple of float
        For each of `SHARES`, the size where the mean loss first meets the target; infinite if none
        known does.
    known : float
        The largest size known.
    """

    collection: str
    metric: str
    dataset: str
    learner: str
    family: str
    half: int
    fold: int
    sizes: Floats
    runs: Floats
    horizons: Floats
    nominal: Floats
    truths: Floats
    reached: tuple[float, ...]
    known: float

    @property
    def last(self) -> float:
        """The last measured mean."""
        return float(self.runs[-1].mean())


def cases_of(
    curves: list[LongCurve], count: int, seed: int = 0, per_curve: int = 1, wider: bool = False
) -> Iterator[Case]:
    """At most `count` cases, of curves in random order; `wider` ones have 3 to 12 sizes."""
    rng = np.random.default_rng(seed)
    made = 0
    for _ in range(per_curve):
        for index in rng.permutation(len(curves)):
            case = _case(curves[index], rng, wider)
            if case is not None:
                yield case
                made += 1
            if made == count:
                return


def _case(long: LongCurve, rng: np.random.Generator, wider: bool) -> Case | None:
    for _ in range(_TRIES):
        count, factor = int(rng.integers(4, 7)), float(rng.choice([2.0, 3.0]))
        if wider and rng.random() < _WIDER:
            count, factor = int(rng.choice([3, 7, 8, 10, 12])), float(rng.choice([1.41, 2.0]))
        repeats, furthest = int(rng.choice([1, 3, 5])), float(rng.choice([*HORIZONS, HORIZONS[-1]]))
        spread, smallest = 2 ** -rng.uniform(0, 0.5), float(_SMALLEST)
        if long.paired:
            # A short grid of powers of two: every size of it is used as it is.
            spread, smallest = 1.0, float(long.sizes[0])
        largest = long.sizes[-1] / furthest * spread
        if largest < smallest * factor ** (count - 1):
            continue
        last = int(np.argmin(np.abs(np.log(long.sizes / largest))))
        step = {1.41: np.sqrt(2), 2.0: 2.0, 3.0: np.sqrt(8)}[factor]
        at = [long.at(long.sizes[last] * step ** -(count - 1 - j)) for j in range(count)]
        known = [i for i in at if i is not None]
        if len(set(known)) < count:
            continue
        ahead = [(h, long.at(h * long.sizes[last])) for h in (LEARNED if wider else HORIZONS)]
        judged = [(h, i) for h, i in ahead if i is not None and i >= last and long.means[i] > 0]
        if long.paired:
            seeds = rng.choice(len(long.runs[0]), repeats, replace=False)
            runs = np.array([long.runs[i][seeds] for i in known])
        else:
            runs = np.array([long.drawn(i, repeats, rng) for i in known])
        if not judged or (runs.mean(axis=1) <= 0).any():
            continue
        sizes, hidden = long.sizes[known], [i for _, i in judged]
        targets = runs[-1].mean() * np.array(SHARES)
        return Case(
            long.collection,
            long.metric,
            long.dataset,
            long.learner,
            long.family,
            long.half,
            long.fold,
            sizes,
            runs,
            long.sizes[hidden] / sizes[-1],
            np.array([h for h, _ in judged]),
            long.means[hidden],
            tuple(_first(long, last, float(target)) for target in targets),
            float(long.sizes[-1]),
        )
    return None


def _first(long: LongCurve, last: int, target: float) -> float:
    """The first size from the largest measured one on whose mean meets a target, interpolated."""
    means, sizes = long.means[last:], long.sizes[last:]
    met = np.flatnonzero(means <= target)
    if not len(met):
        return float("inf")
    first = int(met[0])
    if first == 0:
        return float(sizes[0])
    above, below = means[first - 1], means[first]
    share = (above - target) / (above - below)
    return float(sizes[first - 1] * (sizes[first] / sizes[first - 1]) ** share)


def lcdb_long(archive: Path | None, metric: str, cache: Path) -> list[LongCurve]:
    """LCDB 1.0's curves with real runs; `metric` is "error" or "log loss"."""
    kept = cache / f"lcdb-{metric.replace(' ', '-')}.parquet"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _table(archive, metric).write_parquet(kept)
    table = pl.read_parquet(kept)
    keys = ["openmlid", "learner", "size_train"]
    if metric == "log loss":
        short = pl.col("learner").str.split(".").list.last()
        table = table.filter(short.is_in(list(_WITH_PROBABILITIES)))
    groups = table.group_by(keys).agg(pl.col("loss")).sort(keys)
    found = []
    for (dataset, learner), rows in groups.group_by(keys[:2], maintain_order=True):
        sizes = rows["size_train"].to_numpy().astype(np.float64)
        runs = [group.to_numpy() for group in rows["loss"]]
        enough = [i for i, group in enumerate(runs) if len(group) >= _FEWEST_RUNS]
        name = str(learner).rsplit(".", 1)[-1]
        if len(enough) >= 8:
            chosen = tuple(runs[i] for i in enough)
            means = np.array([group.mean() for group in chosen])
            found.append(
                LongCurve("LCDB 1.0", metric, str(dataset), name, sizes[enough], means, chosen)
            )
    return found


def lcdb11_long(file: Path) -> list[LongCurve]:
    """LCDB 1.1's curves of error rates, means and spreads."""
    table = pl.read_parquet(file).filter(pl.col("learner") != "DummyClassifier")
    found = []
    for (dataset, learner), rows in table.group_by(["dataset", "learner"], maintain_order=True):
        rows = rows.sort("size").filter(pl.col("test_error").is_finite())
        means, spread = (
            rows[name].to_numpy().astype(np.float64) for name in ("test_error", "test_error_std")
        )
        sizes = rows["size"].to_numpy().astype(np.float64)
        if len(sizes) >= 20 and np.isfinite(spread).all():
            found.append(
                LongCurve(
                    "LCDB 1.1", "error", str(dataset), str(learner), sizes, means, spread=spread
                )
            )
    return found


def own_curves(file: Path) -> dict[str, list[LongCurve]]:
    """The curves of real_curves.py, by metric; accuracies as error rates."""
    table = pl.read_parquet(file)
    found: dict[str, list[LongCurve]] = {}
    keys = ["metric", "dataset", "learner"]
    for (metric, dataset, learner), rows in table.group_by(keys, maintain_order=True):
        wide = rows.pivot("seed", index="size", values="value").sort("size")
        runs = wide.drop("size").to_numpy().astype(np.float64)
        name = {"accuracy": "error", "loss": "log loss"}.get(str(metric), str(metric))
        runs = 1 - runs if metric == "accuracy" else runs
        sizes = wide["size"].to_numpy().astype(np.float64)
        means = runs.mean(axis=1)
        curve = LongCurve(
            "own", name, str(dataset), str(learner), sizes, means, tuple(runs), paired=True
        )
        found.setdefault(f"own, {name}", []).append(curve)
    return found


def all_curves(archive: Path | None, lcdb11: Path, cache: Path) -> dict[str, list[LongCurve]]:
    """The three collections by name."""
    return {
        "LCDB 1.0, error": lcdb_long(archive, "error", cache),
        "LCDB 1.0, log loss": lcdb_long(archive, "log loss", cache),
        "LCDB 1.1, error": lcdb11_long(lcdb11),
    }


def _table(archive: Path | None, metric: str) -> pl.DataFrame:
    if archive is None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "lcdb==0.1.0", "--no-deps"]
            command += ["--no-binary", ":all:", "--no-build-isolation", "-q", "-d", folder]
            subprocess.run(command, check=True)
            return _table(next(Path(folder).glob("lcdb-0.1.0*")), metric)
    member = "accuracy" if metric == "error" else "logloss"
    with tarfile.open(archive) as opened:
        stream = opened.extractfile(f"lcdb-0.1.0/lcdb/database-{member}.csv")
        assert stream is not None
        table = pl.read_csv(io.BytesIO(stream.read()), infer_schema_length=100_000)
    loss = 1 - pl.col("score_test") if metric == "error" else pl.col("score_test")
    return table.select("openmlid", "learner", "size_train", loss.alias("loss")).filter(
        pl.col("loss").is_finite()
    )
