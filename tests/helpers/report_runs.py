"""RunKey directories made without training, for reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store

NAMES = ("<script>window.hacked = 1</script>", "</script>", '"quoted" & more', "é", "plain")
SIZES = (200, 600, 1_800, 5_400, 16_200, 48_600)
PER_CLASS = 200


def make_run(
    directory: Path,
    *,
    name: str = "letters",
    names: Sequence[str] = NAMES,
    sizes: Sequence[int] = SIZES,
    seeds: int = 3,
    floor: float = 0.2,
    exponent: float = 0.4,
    pixels: int | None = 12,
    diverged: int | None = None,
) -> Path:
    """Fill a run directory as a study does: a power law, with the noise of seeds.

    The first run of size `diverged` has no loss; without `pixels` the samples are no images.
    """
    rng = np.random.Generator(np.random.Philox(7))
    with Store(directory, write=True) as store:
        store.set_meta(_meta(name, names))
        if pixels is not None:
            images = rng.integers(0, 256, (len(names), 4, pixels, pixels), np.uint8)
            store.set_array("sample_images", images)
        for size in sizes:
            for seed in range(seeds):
                loss = (floor + 8 * size**-exponent) * float(np.exp(rng.normal(0, 0.01)))
                if (size, seed) == (diverged, 0):
                    loss = math.nan
                store.add(_record(size, seed, loss, len(names)))
    return directory


def _record(size: int, seed: int, loss: float, classes: int) -> Record:
    confusion = _confusion(0.9 if math.isnan(loss) else min(0.9, loss / 3), classes)
    accuracy = float(np.trace(confusion) / confusion.sum())
    scores = {
        "loss": loss,
        "accuracy": accuracy,
        "macro_f1": accuracy * 0.99,
        "brier": loss / 4,
        "ece": 0.02,
        "train_loss": loss * 0.7,
    }
    history = {
        "steps": np.array([10.0, 10.0]),
        "samples": np.array([size, size], np.float64),
        "loss": np.array([loss * 0.8, loss * 0.7]),
        "seconds": np.array([0.5, 0.25]),
        "validation_loss": np.array([np.nan, np.nan]),
    }
    arrays = {
        "confusion": confusion,
        "class_losses": np.full(classes, loss) * np.linspace(0.5, 1.5, classes),
    }
    key = RunKey("mlp", size, seed, f"{size}-{seed}")
    facts = {"parameters": 1_234.0}
    return Record(key, scores, history=history, facts=facts, arrays=arrays, seconds=0.75)


def _confusion(error: float, classes: int) -> NDArray[np.int64]:
    """Later classes are wrong more often; each is taken for the one before it."""
    confusion = np.zeros((classes, classes), np.int64)
    for true in range(classes):
        wrong = round(PER_CLASS * min(0.95, error * 2 * (true + 1) / (classes + 1)))
        confusion[true, true] = PER_CLASS - wrong
        confusion[true, true - 1] += wrong
    return confusion


def _meta(name: str, names: Sequence[str]) -> dict[str, object]:
    learner = {"learner": "keras", "preset": "mlp", "hidden": [128], "learning_rate": 0.001}
    return {
        "name": name,
        "data": "letters & digits",
        "source": {"package": "none"},
        "fingerprint": "0123456789abcdef" * 2,
        "samples": 50_000,
        "held_out": PER_CLASS * len(names),
        "held_out_official": True,
        "classes": len(names),
        "class_names": list(names),
        "class_counts": [10_000] * len(names),
        "shape": [12, 12],
        "dtype": "uint8",
        "model": "mlp",
        "learner": learner,
        "subset": "nested",
        "mistakes": {},
        "machine": {"system": "Linux", "processor": "x86_64", "cores": 2, "python": "3.11.7"},
        "versions": {"dataworth": "0.1.0", "numpy": "2.0.0"},
        "identity": {
            "budget": {"epochs": 2, "steps": None, "batch_size": 64, "patience": None},
            "held_out": PER_CLASS * len(names),
        },
        "findings": [
            {
                "code": "labels-scaled",
                "severity": "warning",
                "where": "<b>column 0</b>",
                "message": "Labels & pixels were scaled.",
                "evidence": {"least": math.pi},
                "advice": "Scale pixels alone.",
            }
        ],
    }
