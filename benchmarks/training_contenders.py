"""One contender of `training.py`, in a process of its own: KIND NAME CASE EPOCHS, prints JSON."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import training_gemm
from training_network import CLASSES, hidden

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def data(samples: int) -> tuple[Images, Labels]:
    """Make random images and labels."""
    random = np.random.default_rng(0)
    return (
        random.integers(0, 256, (samples, 28, 28), dtype=np.uint8),
        random.integers(0, CLASSES, samples),
    )


def timed(epoch: Callable[[], object], epochs: int) -> dict[str, Any]:
    """Time the first epoch, which compiles, and `epochs` more."""
    seconds = []
    for _ in range(epochs + 1):
        started = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - started)
    return {"first": seconds[0], "epochs": seconds[1:]}


def train_keras(backend: str, model: str, batch: int, samples: int, epochs: int) -> dict[str, Any]:
    """Call `fit`, as tutorials do: float32 features, one-hot labels."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    keras = importlib.import_module("keras")
    layers = keras.layers
    x, y = data(samples)
    if model == "cnn":
        body = [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(128, activation="relu"),
        ]
    else:
        dense = [layers.Dense(width, activation="relu") for width in hidden(model)]
        body = [keras.Input((28, 28, 1)), layers.Flatten(), *dense]
    network = keras.Sequential([*body, layers.Dense(CLASSES, activation="softmax")])
    network.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy")
    features = x[..., None].astype(np.float32) / np.float32(255)
    targets = keras.utils.to_categorical(y, CLASSES)
    return timed(
        lambda: network.fit(features, targets, batch_size=batch, epochs=1, verbose=0), epochs
    )


def train_torch(model: str, batch: int, samples: int, epochs: int) -> dict[str, Any]:
    """Write the loop out: float32 features resident, a new order every epoch."""
    torch = importlib.import_module("torch")
    nn = torch.nn
    x, y = data(samples)
    if model == "cnn":
        body = [nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        body += [nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        body += [nn.Flatten(), nn.Dropout(0.5), nn.Linear(64 * 7 * 7, 128), nn.ReLU()]
        last = 128
    else:
        body, last = [nn.Flatten()], 784
        for width in hidden(model):
            body += [nn.Linear(last, width), nn.ReLU()]
            last = width
    network = nn.Sequential(*body, nn.Linear(last, CLASSES))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    cost = nn.CrossEntropyLoss()
    features = torch.from_numpy(x[:, None].astype(np.float32) / np.float32(255))
    targets = torch.from_numpy(y)

    def epoch() -> None:
        for rows in torch.randperm(samples).split(batch):
            optimizer.zero_grad()
            cost(network(features[rows]), targets[rows]).backward()
            optimizer.step()

    return timed(epoch, epochs)


def train_dataworth(model: str, batch: int, samples: int, epochs: int) -> dict[str, Any]:
    """Train as a study does."""
    from dataworth.data.base import View
    from dataworth.data.dataset import Dataset
    from dataworth.learners import FitRequest, TrainingOptions
    from dataworth.learners.registry import resolve
    from dataworth.testing.contexts import MemoryContext

    x, y = data(samples)
    dataset = Dataset(x, y, class_names=[str(index) for index in range(CLASSES)], scale=1 / 255)
    options = TrainingOptions(epochs=epochs + 1, batch_size=batch)
    request = FitRequest(View(dataset, np.arange(samples)), dataset.task, 0, options=options)
    learner: Any = resolve(model)
    seconds = learner.fit(request, MemoryContext()).history["seconds"].tolist()
    return {"first": seconds[0], "epochs": seconds[1:]}


def main() -> None:
    """Do what the command line says."""
    kind, name, text, epochs = sys.argv[1:]
    case = json.loads(text)
    if kind == "gemm":
        result = training_gemm.gemm(name, case["model"], case["batch"])
    elif name == "dataworth":
        result = train_dataworth(**case, epochs=int(epochs))
    elif name == "torch":
        result = train_torch(**case, epochs=int(epochs))
    else:
        result = train_keras(name.removeprefix("keras-"), **case, epochs=int(epochs))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
