"""`dw.Torch` against the same loop written out: an MLP 784-128-62 on images of 28x28.

    python benchmarks/torch_loop.py [--samples 20000] [--batch 128] [--epochs 3]

Both train one epoch each by turns. Prints samples per second, the best epoch of each. Exit code 1
if `dw.Torch` is slower by more than 2 %.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import dataworth as dw
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners import FitRequest, TrainingOptions
from dataworth.testing.contexts import MemoryContext

CLASSES = 62


def build(shape: tuple[int, ...], outputs: int) -> Any:
    nn: Any = torch.nn
    inputs = int(np.prod(shape))
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, outputs))


def plain(data: Dataset, batch: int) -> Callable[[], float]:
    """An epoch of the loop as tutorials have it: float32 features in one tensor."""
    module = build(data.shape, CLASSES)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    cost = torch.nn.CrossEntropyLoss()
    x = torch.from_numpy(data.x.astype(np.float32) / np.float32(255))
    y = torch.from_numpy(data.y)

    def epoch() -> float:
        started = time.perf_counter()
        for rows in torch.split(torch.randperm(len(x)), batch):
            optimizer.zero_grad()
            cost(module(x[rows]), y[rows]).backward()
            optimizer.step()
        return time.perf_counter() - started

    return epoch


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    data = Dataset(
        random.integers(0, 256, (options.samples, 28, 28), dtype=np.uint8),
        random.integers(0, CLASSES, options.samples),
        class_names=[str(index) for index in range(CLASSES)],
    )
    learner = dw.Torch(build, device="cpu")
    training = TrainingOptions(epochs=1, batch_size=options.batch)
    request = FitRequest(View(data, np.arange(options.samples)), data.task, 0, options=training)
    epoch = plain(data, options.batch)
    epoch()
    seconds: dict[str, list[float]] = {"plain loop": [], "dw.Torch": []}
    for _ in range(options.epochs):
        seconds["plain loop"].append(epoch())
        history = learner.fit(request, MemoryContext()).history
        seconds["dw.Torch"].append(float(history["seconds"][0]))
    rates = {name: options.samples / min(each) for name, each in seconds.items()}
    for name, rate in rates.items():
        print(f"{name:12} {rate:10,.0f} samples/s")
    ratio = rates["dw.Torch"] / rates["plain loop"]
    print(f"ratio        {ratio:10.2f}")
    return int(ratio < 0.98)


if __name__ == "__main__":
    sys.exit(main())
