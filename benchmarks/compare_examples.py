"""The examples of two other tools, with ours beside them: dataeval's Sufficiency, Keras's recipe.

    python benchmarks/compare_examples.py --dataeval PYTHON

dataeval's example asks how good a model will be with more samples than it was trained on, and how
many a target takes. Here it is asked of logistic regression on digits: both train on up to a third
of the rows, five runs a size, and forecast the rest, which is measured too. ``PYTHON`` is the
interpreter of an environment with dataeval and scikit-learn.

Keras's recipe "Estimating required sample size for model training" publishes 20 accuracies, fits a
power law to their means by gradient descent, and reads off the accuracy at twice the samples. Both
fits are of the published accuracies.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import warnings
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.data.splits import split

SIZES, LARGEST, RUNS = [30, 60, 120, 240, 480], 1_438, 5
# keras.io/examples/keras_recipes/sample_size_estimate, by JacoVerster, 2021.
SAMPLES = np.array([165, 330, 825, 1_651])
ACCURACIES = [
    [0.8202, 0.7466, 0.8011, 0.8447, 0.8229],
    [0.8610, 0.8774, 0.8501, 0.8937, 0.8910],
    [0.8910, 0.9237, 0.8856, 0.9101, 0.8910],
    [0.8937, 0.9373, 0.9128, 0.8719, 0.9128],
]
ALL_SAMPLES = 3_303


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dataeval", type=Path, help="Python of an environment with dataeval")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(date.today())
    if options.dataeval is not None:
        sufficiency(options.dataeval)
    keras_recipe()


def sufficiency(python: Path) -> None:
    """Logistic regression on digits, by both."""
    data = dw.load("digits")
    assert isinstance(data, Dataset)
    parts = split(data)
    job = {
        "pool": parts.pool.rows.tolist(),
        "held_out": parts.held_out.rows.tolist(),
        "sizes": SIZES,
        "runs": RUNS,
        "wanted": [LARGEST, 4 * LARGEST],
    }
    worker = Path(__file__).with_name("_sufficiency_worker.py")
    found = subprocess.run(
        [str(python), str(worker)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(found.stdout)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    with tempfile.TemporaryDirectory() as folder:

        def measured(sizes: list[int]) -> dw.Curve:
            study = dw.Study(data, model, metric="accuracy", sizes=sizes, seeds=RUNS)
            curve: dw.Curve = study.run(Path(folder, str(sizes[-1])))
            return curve

        curve, truth = measured(SIZES), measured([LARGEST])
    ours = dw.forecast(curve)
    at = ours.predict([LARGEST, 4 * LARGEST])
    print("logistic regression on digits, mean accuracy of five runs")
    print("         " + "".join(f"{size:>8,}" for size in SIZES))
    print("dataeval " + "".join(f"{value:>8.3f}" for value in theirs["measured"]))
    print("dataworth" + "".join(f"{point.mean:>8.3f}" for point in curve.summary()))
    for index, size in enumerate([LARGEST, 4 * LARGEST]):
        end = f"; measured {truth.values.mean():.3f}" if size == LARGEST else ""
        print(
            f"at {size:,}: dataeval {theirs['projected'][index]:.3f}, "
            f"dataworth {at.median[index]:.3f} "
            f"({at.lower[index]:.3f} to {at.upper[index]:.3f}){end}"
        )


def keras_recipe() -> None:
    """The published accuracies: the recipe's fit, and ours."""
    mean = np.mean(ACCURACIES, axis=1)
    a = b = 0.0
    for _ in range(5_000):
        power = SAMPLES**b
        off = a * power - mean
        slope_a, slope_b = 2 * off * power, 2 * off * a * power * np.log(SAMPLES)
        a, b = a - 0.01 * slope_a.mean(), b - 0.01 * slope_b.mean()
    curve = dw.Curve(np.repeat(SAMPLES, 5), np.ravel(ACCURACIES), metric="accuracy")
    ours = dw.forecast(curve)
    print(f"Keras's recipe: accuracy = {a:.3f} n^{b:.4f}")
    for size in (ALL_SAMPLES, 10 * ALL_SAMPLES):
        at = ours.predict([size])
        print(
            f"at {size:,}: recipe {a * size**b:.3f}, dataworth {at.median[0]:.3f} "
            f"({at.lower[0]:.3f} to {at.upper[0]:.3f})"
        )
    target = ours.samples_for(0.95)
    print(
        f"0.95: recipe from {(0.95 / a) ** (1 / b):,.0f} samples on, dataworth with probability "
        f"{target.probability_reachable:.2f}"
    )


if __name__ == "__main__":
    main()
