"""Six models in one study of real EMNIST images: who is best where, and who will be at 190,000.

    python benchmarks/six_models.py OUT --real FOLDER_WITH_REAL_DATA [--truth NAME ...]

The images (47 classes, 26,000 held out) are those of ``emnist_files.py``. Logistic regression, a
random forest, LightGBM, a convolutional network of torch, ``mlp`` and ``cnn`` are measured on the
same nested subsets of 300 to 27,000 samples with three seeds, the smallest sizes first; then each
curve is forecast at 190,000 and the models are compared. ``--truth`` measures models there too,
with one seed, and prints the forecast beside the truth. The study resumes: finished runs are in
OUT. The seconds of every run are printed, and `--sizes` takes less than all sizes.

The models are of a size that this costs half an hour of one core: 30 iterations of boosting,
networks of five epochs and at least 600 steps. None of them is tuned.

Needs ``pip install '.[keras,torch]' lightgbm``.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from rich.console import Console
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from torch import nn

import dataworth as dw
from dataworth.cli.show.forecast import show_comparison
from dataworth.observers.terminal import TerminalObserver
from dataworth.records.store import Store
from emnist_files import real_folder, real_images

SIZES = [300, 1_000, 3_000, 9_000, 27_000]
LARGEST = 190_000
SEEDS = 3
NETWORKS = ("torch cnn", "mlp", "cnn")


def main() -> int:
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", default=os.environ.get("DATAWORTH_REAL_DATA"))
    parser.add_argument("--truth", nargs="*", default=[], choices=sorted(models()))
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES, choices=SIZES)
    options = parser.parse_args()
    data = emnist(options.real)
    print(f"{date.today()}, {os.cpu_count()} cores")

    study = dw.Study(data, models(), steps=steps, seeds=SEEDS, name="six-models")
    progress = TerminalObserver(Console(stderr=True, width=160))
    for size in options.sizes:
        outcome = replace(study, sizes=[size]).run_in(options.out / "study", progress=progress)
    console = Console(width=160)
    curves = {name: curve["accuracy"] for name, curve in outcome.curves.items()}
    _print_measured(curves, options.out / "study")
    comparison = dw.compare(curves)
    show_comparison(console, comparison, [LARGEST], 0.9)

    for name in options.truth:
        largest = dw.Study(
            data,
            {name: models()[name]},
            steps=steps if name in NETWORKS else None,
            sizes=[LARGEST],
            seeds=1,
            name="truth",
        )
        found = largest.run_in(options.out / f"truth-{name}", progress=progress).curves[name]
        (truth,) = found["accuracy"].values
        at = dw.forecast(curves[name]).predict([LARGEST])
        inside = at.lower[0] <= truth <= at.upper[0]
        print(
            f"{name} at {LARGEST:,}: forecast {at.median[0]:.4f} "
            f"({at.lower[0]:.4f} to {at.upper[0]:.4f}), measured {truth:.4f}, "
            f"{at.median[0] / truth - 1:+.1%}, {'inside' if inside else 'OUTSIDE'}"
        )
    return int(bool(outcome.failed))


def emnist(real: str | None) -> dw.Dataset:
    """Real images under the 47 classes: 190,168 to train on, 26,000 held out."""
    images = real_images(real_folder(real), "bymerge")
    return dw.Dataset(
        images.train.images,
        images.train.labels,
        images.test.images,
        images.test.labels,
        name="emnist/bymerge",
    )


def models() -> dict[str, Any]:
    """The models by name; each is made anew."""
    return {
        "logistic": make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=100)),
        "forest": RandomForestClassifier(n_jobs=1),
        "boosting": LGBMClassifier(
            n_estimators=30,
            learning_rate=0.2,
            max_bin=63,
            colsample_bytree=0.25,
            min_child_weight=1.0,  # Boosting of 47 classes diverges with the default of 0.001.
            verbosity=-1,
            n_jobs=1,
        ),
        "torch cnn": dw.Torch(small_cnn),
        "mlp": "mlp",
        "cnn": "cnn",
    }


def steps(size: int) -> int:
    """Optimizer steps of the networks: five epochs in batches of 128, and 600 at least."""
    return max(600, 5 * -(-size // 128))


def small_cnn(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Two convolutions and a hidden layer of 128."""
    height, width = shape[:2]
    return nn.Sequential(
        nn.Unflatten(1, (1, height)),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (height // 4) * (width // 4), 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, outputs),
    )


def _print_measured(curves: dict[str, dw.Curve], directory: Path) -> None:
    with Store(directory) as store:
        records = list(store.records("finished"))
    spent: dict[tuple[str, int], list[float]] = {
        (name, size): [] for name in curves for size in SIZES
    }
    for record in records:
        spent[record.key.learner, record.key.size].append(record.seconds)
    header = f"{'samples':>10}" + "".join(f"{name:>12}" for name in curves)
    print(f"mean accuracy over the seeds:\n{header}")
    sizes = [size for size in SIZES if all(size in curve.samples for curve in curves.values())]
    for size in sizes:
        row = (float(curve.values[curve.samples == size].mean()) for curve in curves.values())
        print(f"{size:>10,}" + "".join(f"{value:>12.4f}" for value in row))
    print(f"mean seconds of a run:\n{header}")
    for size in sizes:
        print(f"{size:>10,}" + "".join(f"{np.mean(spent[name, size]):>12.1f}" for name in curves))


if __name__ == "__main__":
    sys.exit(main())
