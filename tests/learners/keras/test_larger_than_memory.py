"""Training from samples that do not fit in memory gives the figures of training from memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataworth.data import features, passes
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.learners.ending import Ending
from dataworth.sources import glyphs
from dataworth.testing.contexts import MemoryContext

SAMPLES, TRAINED, VALIDATED = 700, 100, 40


def fitted(data: Dataset, options: TrainingOptions) -> tuple[Any, Any]:
    learner: Any = resolve("mlp:16", standardize=data.x.dtype != np.uint8)
    rows = np.random.default_rng(0).permutation(SAMPLES)
    validation = View(data, rows[-VALIDATED:])
    request = FitRequest(View(data, rows[:TRAINED]), data.task, 1, validation, options)
    predictor = learner.fit(request, MemoryContext())
    return predictor.history, predictor.predict(data.take(rows[:50])[0])


@pytest.mark.parametrize(
    ("kind", "memory", "way"),
    [
        ("uint8", 500_000, passes.Copied),
        ("uint8", 400_000, passes.Spooled),
        ("float64", 2_000_000, passes.Copied),
        ("float64", 1_600_000, passes.Spooled),
        ("drawn", 500_000, passes.Copied),
        ("drawn", 400_000, passes.InPlace),
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        TrainingOptions(epochs=2, batch_size=32, patience=5),
        TrainingOptions(batch_size=32, until=Ending(interval=4, least=8, ceiling_epochs=3)),
    ],
    ids=["epochs", "to the end"],
)
def test_the_same_to_the_bit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    memory: int,
    way: type,
    options: TrainingOptions,
) -> None:
    images, labels = glyphs.render(0, SAMPLES)
    held: Any = images if kind != "float64" else images.astype(np.float64) / 7
    elsewhere: Any = glyphs.DrawnImages(SAMPLES, 0)
    if kind != "drawn":
        np.save(tmp_path / "x.npy", held)
        elsewhere = np.load(tmp_path / "x.npy", mmap_mode="r")
    history, predicted = fitted(Dataset(held, labels, class_names=glyphs.CLASS_NAMES), options)
    for module in (features, passes):
        monkeypatch.setattr(module, "available_memory", lambda: memory)
    data = Dataset(elsewhere, labels, class_names=glyphs.CLASS_NAMES).as_arrays("mlp")
    assert type(passes.open_samples(data.x, np.arange(140), lambda: tmp_path)) is way
    found = fitted(data, options)
    for name in history.keys() - {"seconds"}:
        np.testing.assert_array_equal(found[0][name], history[name])
    np.testing.assert_array_equal(found[1], predicted)
