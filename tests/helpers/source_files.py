"""Files to read in tests: small data sets of real digits, in every form."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from emnist_files import Emnist, Split, write

__all__ = ["Emnist", "Split", "digit_images", "emnist_of", "idx_bytes", "write", "write_idx"]


def digit_images(count: int = 60) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Real digits, 8 x 8 pixels spread over 0..255, and labels."""
    bunch = load_digits()
    images = np.round(bunch.images[:count] * (255 / 16)).astype(np.uint8)
    return images, bunch.target[:count].astype(np.uint8)


def emnist_of(name: str = "digits", train: int = 40, test: int = 20, first: int = 0) -> Emnist:
    """Real digits at EMNIST's size: 28 x 28, upright."""
    images, labels = digit_images(train + test)
    framed = np.zeros((len(images), 28, 28), np.uint8)
    framed[:, 2:26, 4:20] = images.repeat(3, axis=1).repeat(2, axis=2)
    labels = (labels + first).astype(np.uint8)
    return Emnist(
        name,
        Split(framed[:train], labels[:train]),
        Split(framed[train:], labels[train:]),
        b"0123456789",
    )


def idx_bytes(array: NDArray[Any]) -> bytes:
    """A ``uint8`` array as an IDX file."""
    head = struct.pack(f">{1 + array.ndim}i", 0x800 + array.ndim, *array.shape)
    return head + array.tobytes()


def write_idx(path: Path, array: NDArray[Any]) -> Path:
    """Write an IDX file, with gzip if its name says so."""
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)
    return path
