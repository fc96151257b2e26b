"""Where the convolutional preset drops units, chosen on a part of the training images.

    python benchmarks/cnn_dropout.py --real FOLDER_WITH_REAL_DATA [--epochs 10]

Of the 190,168 training images that `emnist_files.py` makes, 180,000 are trained on and 10,000 are
scored; the 26,000 held-out ones are not looked at. 32C3-P-64C3-P-128, batch 128, one seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.learners.keras.backend import load_keras
from dataworth.metrics import classification as metrics
from dataworth.testing.contexts import MemoryContext
from emnist_files import real_folder, real_images

VARIANTS = ((0.0, 0.0), (0.0, 0.25), (0.0, 0.5), (0.5, 0.0))
"""Shares of units dropped after Flatten, and after the dense layer."""

TRAINED, SCORED = 180_000, 10_000


def network(flattened: float, dense: float) -> Callable[[tuple[int, ...], int], Any]:
    """Return a builder of the preset's network with these shares dropped."""

    def build(shape: tuple[int, ...], classes: int) -> Any:
        keras = load_keras()
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input((*shape, 1)),
                layers.Conv2D(32, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                *([layers.Dropout(flattened)] if flattened else []),
                layers.Dense(128, activation="relu"),
                *([layers.Dropout(dense)] if dense else []),
                layers.Dense(classes, activation="softmax"),
            ]
        )

    return build


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--real")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    images, labels = real_images(real_folder(options.real), "bymerge").train
    y = labels.astype(np.int64)
    order = np.random.default_rng(99).permutation(len(y))
    rows, scored = np.sort(order[:TRAINED]), np.sort(order[TRAINED : TRAINED + SCORED])
    data = Dataset(images, y, class_names=[str(index) for index in range(47)], scale=1 / 255)
    training = TrainingOptions(options.epochs)
    request = FitRequest(View(data, rows), data.task, seed=0, options=training)
    print("| dropped after Flatten | after the dense layer | accuracy | nats |")
    print("|---:|---:|---:|---:|")
    for flattened, dense in VARIANTS:
        learner: Any = resolve(network(flattened, dense))
        trained = learner.fit(request, MemoryContext())
        found = metrics.score(trained.predict(images[scored]), y[scored])
        print(f"| {flattened} | {dense} | {found.accuracy:.4f} | {found.loss:.4f} |", flush=True)


if __name__ == "__main__":
    main()
