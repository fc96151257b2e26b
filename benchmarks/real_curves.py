"""A collection of learning curves with real seeds, measured by dataworth itself.

    python benchmarks/real_curves.py WORK_FOLDER --real FOLDER_WITH_REAL_DATA

16 data sets (real EMNIST images, glyphs, scikit-learn's digits, made-up tables) are each learned by
4 to 8 models with 5 seeds at 8 sizes a factor 2 apart. The largest size is 128 times the smallest,
so that a forecast from the four smallest can be judged 16 times ahead. It resumes: a data set's
study is in WORK_FOLDER, and a finished run is not done again. The curves go to
results/real_curves.parquet, one row for each run and metric, without any row of the data; it is
written again after each data set.

few_sizes.py judges forecasts on them. A data set that is also in LCDB has its number there as its
name (28 and 554), so that no numbers learned on it are used. Needs
``pip install '.[keras]' lightgbm polars``. About twenty minutes on one core, half of them for the
neural networks, which ``--quick`` leaves out.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from lightgbm import LGBMClassifier, LGBMRegressor
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import dataworth as dw
from dataworth.sources.glyphs import render
from emnist_files import real_folder, real_images

Floats = NDArray[np.float64]
SEEDS = 5
TARGET = Path(__file__).parent / "results" / "real_curves.parquet"
_STEPS, _MOST_CLASSES = 8, 50
_POOL, _HELD_OUT = 14_000, 3_000
"""Rows to draw subsets from, more than the largest size, so that seeds differ there too."""


NETWORKS = {"28": ["mlp"], "waves": ["mlp"], "teacher": ["mlp"], "friedman1": ["mlp"]}
NETWORKS |= {"glyphs": ["mlp", "cnn"], "554": ["mlp", "cnn"], "emnist capitals": ["mlp", "cnn"]}
"""Data sets that neural networks learn as well."""


def classifiers() -> dict[str, Any]:
    """Models of classes by name; each is made anew."""
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=150)),
        "forest": RandomForestClassifier(n_jobs=1),
        "lightgbm": LGBMClassifier(
            n_estimators=40, colsample_bytree=0.3, verbosity=-1, n_jobs=1, deterministic=True
        ),
        "knn": make_pipeline(StandardScaler(), KNeighborsClassifier(10)),
        "svc": make_pipeline(StandardScaler(), SVC()),
        "tree": DecisionTreeClassifier(min_samples_leaf=5),
        "naive bayes": GaussianNB(),
    }


def regressors() -> dict[str, Any]:
    """Models of numbers by name."""
    return {
        "ridge": make_pipeline(StandardScaler(), RidgeCV(np.geomspace(1e-3, 1e3, 13))),
        "forest": RandomForestRegressor(n_jobs=1),
        "lightgbm": LGBMRegressor(verbosity=-1, n_jobs=1, deterministic=True),
        "knn": make_pipeline(StandardScaler(), KNeighborsRegressor(10)),
    }


def emnist(folder: Path, keep: Callable[[NDArray[Any]], NDArray[Any]], seed: int) -> dw.Dataset:
    """EMNIST images of the 47 classes at half the resolution; `keep` gives new labels, or -1."""
    images = real_images(folder, "bymerge").train
    labels = keep(images.labels.astype(np.int64))
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))
    return _halved(images.images[rows[: _POOL + _HELD_OUT]], labels[rows[: _POOL + _HELD_OUT]])


def glyphs(seed: int, classes: int) -> dw.Dataset:
    """Glyphs of the first classes at half the resolution."""
    x, y = render(0, (_POOL + _HELD_OUT) * 62 // classes + 4_000, seed)
    rows = np.flatnonzero(y < classes)[: _POOL + _HELD_OUT]
    return _halved(x[rows], y[rows])


def _halved(images: NDArray[np.uint8], labels: NDArray[Any]) -> dw.Dataset:
    small = images.reshape(len(images), 14, 2, 14, 2).mean(axis=(2, 4))
    return _dataset(np.round(small).astype(np.uint8), labels)


def _dataset(x: NDArray[Any], y: NDArray[Any], held_out: int = _HELD_OUT) -> dw.Dataset:
    task = "regression" if y.dtype.kind == "f" else "classification"
    return dw.Dataset(x[held_out:], y[held_out:], x[:held_out], y[:held_out], task=task)


def digits() -> dw.Dataset:
    """scikit-learn's digits, which are the test part of OpenML's data set 28."""
    x, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return _dataset(x[order], y[order], 389)


def rules(rng: np.random.Generator, count: int) -> tuple[Floats, NDArray[Any]]:
    """Classes by a random tree of 60 leaves on 12 features, a tenth of them wrong."""
    x = rng.uniform(size=(count, 12))
    teacher = DecisionTreeClassifier(max_leaf_nodes=60, random_state=0)
    teacher.fit(rng.uniform(size=(400, 12)), rng.integers(0, 4, 400))
    y = teacher.predict(x)
    return x, np.where(rng.random(count) < 0.1, rng.integers(0, 4, count), y)


def waves(rng: np.random.Generator, count: int) -> tuple[Floats, NDArray[Any]]:
    """Two classes divided by sums of waves of six features."""
    x = rng.standard_normal((count, 6))
    logit = 3 * np.sin(2 * x[:, :3]).sum(axis=1) + 2 * x[:, 3] * x[:, 4]
    return x, (rng.random(count) < 1 / (1 + np.exp(-logit))).astype(int)


def teacher(rng: np.random.Generator, count: int) -> tuple[Floats, NDArray[Any]]:
    """Six classes drawn from a random network of 20 features."""
    x = rng.standard_normal((count, 20))
    hidden = np.maximum(x @ rng.standard_normal((20, 40)) / 4, 0)
    logits = 1.5 * hidden @ rng.standard_normal((40, 6)) / 2
    return x, np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)


def uneven(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Numbers with noise that grows with the first feature, from six features."""
    x = rng.uniform(-1, 1, (count, 10))
    value = 2 * np.abs(x[:, 0]) + np.sin(4 * x[:, 1]) * x[:, 2] + np.exp(x[:, 3])
    return x, value + (0.2 + 0.4 * np.abs(x[:, 0])) * rng.standard_normal(count)


def _table(make: Callable[..., Any], **options: Any) -> Callable[[Path], dw.Dataset]:
    def load(_: Path) -> dw.Dataset:
        x, y = make(n_samples=_POOL + _HELD_OUT, random_state=7, **options)
        if make is datasets.make_moons:
            noise = np.random.default_rng(8).standard_normal((len(y), 10))
            x = np.hstack([x, noise])
        return _dataset(x, y if len(np.unique(y)) > _MOST_CLASSES else y.astype(int))

    return load


def _own(make: Callable[[np.random.Generator, int], Any]) -> Callable[[Path], dw.Dataset]:
    return lambda _: _dataset(*make(np.random.default_rng(7), _POOL + _HELD_OUT))


# EMNIST's first ten classes are digits, the next 26 capital letters (with small ones that look the
# same), the last eleven small letters.
DATA: dict[str, tuple[str, Callable[[Path], dw.Dataset]]] = {
    "28": ("small", lambda _: digits()),
    "hastie": ("table", _table(datasets.make_hastie_10_2)),
    "quantiles": ("table", _table(datasets.make_gaussian_quantiles, n_features=8, n_classes=5)),
    "moons": ("table", _table(datasets.make_moons, noise=0.35)),
    "clusters": (
        "table",
        _table(
            datasets.make_classification, n_features=40, n_informative=15, n_classes=8, flip_y=0.03
        ),
    ),
    "rules": ("table", _own(rules)),
    "554": ("images", lambda real: emnist(real, lambda y: np.where(y < 10, y, -1), 1)),
    "friedman1": ("regression", _table(datasets.make_friedman1, noise=1.0)),
    "emnist capitals": (
        "images",
        lambda real: emnist(real, lambda y: np.where((y >= 10) & (y < 36), y - 10, -1), 2),
    ),
    "uneven": ("regression", _own(uneven)),
    "waves": ("table", _own(waves)),
    "glyphs": ("images", lambda _: glyphs(11, 26)),
    "teacher": ("table", _own(teacher)),
    "friedman2": ("regression", _table(datasets.make_friedman2, noise=50.0)),
    "friedman3": ("regression", _table(datasets.make_friedman3, noise=0.1)),
    "emnist small or not": ("images", lambda real: emnist(real, lambda y: (y >= 36) * 1, 3)),
}
_SMALLEST = {"small": 11, "table": 32, "regression": 32, "images": 25}


def measured(name: str, work: Path, real: Path, quick: bool) -> pl.DataFrame:
    """All curves of one data set, a row for each run and metric."""
    kind, load = DATA[name]
    models = regressors() if kind == "regression" else classifiers()
    models |= {network: network for network in NETWORKS.get(name, []) if not quick}
    sizes = [_SMALLEST[kind] * 2**step for step in range(_STEPS)]
    study = dw.Study(load(real), models, sizes=sizes, seeds=SEEDS, name="real-curves")
    outcome = study.run_in(work / name.replace(" ", "-"), progress=False)
    if outcome.failed:
        print(outcome.failures(), flush=True)
    parts = []
    for model, curve in outcome.curves.items():
        for metric in ("rmse",) if kind == "regression" else ("loss", "accuracy"):
            if metric in {curve.metric.name, *curve.others}:
                parts.append(_rows(name, model, metric, curve[metric]))
    return pl.concat(parts)


def _rows(dataset: str, model: str, metric: str, curve: dw.Curve) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "dataset": [dataset] * len(curve.samples),
            "learner": [model] * len(curve.samples),
            "metric": [metric] * len(curve.samples),
            "size": curve.samples.astype(np.int32),
            "seed": curve.seeds.astype(np.int32),
            "value": curve.values.astype(np.float32),
        }
    )


def main() -> None:
    """Measure all data sets and write the collection."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("work", type=Path, help="the folder of the studies")
    parser.add_argument("--real", default=os.environ.get("DATAWORTH_REAL_DATA"))
    parser.add_argument("--only", nargs="*", choices=list(DATA), help="the others are kept")
    parser.add_argument("--quick", action="store_true", help="leave the neural networks out")
    options = parser.parse_args()
    real = real_folder(options.real)
    wanted = list(options.only or DATA)
    kept = pl.read_parquet(TARGET) if options.only else None
    tables = [] if kept is None else [kept.filter(~pl.col("dataset").is_in(wanted))]
    for name in wanted:
        started = time.process_time()
        tables.append(measured(name, options.work, real, options.quick))
        print(f"{name}: {time.process_time() - started:.0f} CPU seconds", flush=True)
        pl.concat(tables).write_parquet(TARGET, compression="zstd")
    table = pl.concat(tables)
    curves = table.select("dataset", "learner", "metric").unique()
    pairs = len(curves.select("dataset", "learner").unique())
    print(f"{pairs} pairs of data set and model, {len(curves)} curves, {len(table):,} values")


if __name__ == "__main__":
    main()
