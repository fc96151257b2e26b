"""Data without a fault, which each test then gives one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dataworth import Dataset, Finding

REAL = os.environ.get("DATAWORTH_REAL_DATA")
needs_emnist = pytest.mark.skipif(
    REAL is None or not (Path(REAL) / "emnist").is_dir(),
    reason="DATAWORTH_REAL_DATA names no folder with emnist/",
)


def digits() -> Dataset:
    """scikit-learn's 1,797 real digits of 8x8, values 0..16."""
    bunch = load_digits()
    return Dataset(bunch.images, bunch.target, name="digits", scale=1 / 16)


def images(samples: int = 400, classes: int = 10, seed: int = 0) -> Dataset:
    """Noise of 28x28 in random order of classes: nothing to find in it."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (samples, 28, 28), dtype=np.uint8)
    labels = random.permutation(np.arange(samples) % classes)
    return Dataset(pixels, labels, class_names=[str(c) for c in range(classes)], name="noise")


def emnist(part: str) -> Dataset:
    """Real EMNIST: "byclass_test", or "bymerge_test_minus_byclass_test"."""
    assert REAL is not None
    with np.load(Path(REAL) / "emnist" / f"{part}.npz") as file:
        names = [chr(code) for code in file["mapping"]]
        return Dataset(file["images"], file["labels"], class_names=names, name=f"emnist/{part}")


def codes(findings: list[Finding]) -> dict[str, str]:
    """Severity by code."""
    return {finding.code: finding.severity for finding in findings}
