"""Glyphs: synthetic, handwriting-like images of 0-9A-Za-z in any number.

The 62 classes and the 28x28 ``uint8`` format are those of EMNIST byclass, upright. Sample i is a
function of ``(seed, i)``, so any samples can be drawn independently of the others.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import string
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth.data.dataset import Dataset
from dataworth.data.images import LazyImages
from dataworth.errors import DataError, DataworthWarning
from dataworth.sources.cache import NpyWriter
from dataworth.sources.location import cache_folder

CLASS_NAMES = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)
GENERATOR_VERSION = 1
"""Increased whenever any image changes, so that old and new results are not confused."""
HELD_OUT_START = 2**40
"""Index of the first held-out sample; training samples have smaller ones."""

_END = 2**56
_SIDE = 28
_CACHED_FROM = 50_000
_CHUNK = 32_768


def render(start: int, stop: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw samples `start` to `stop`.

    Parameters
    ----------
    start, stop : int
        Indices, ``0 <= start <= stop <= 2**56``; the held-out samples begin at ``2**40``.
    seed : int
        Below 2**64. Another seed gives other samples of the same distribution.

    Returns
    -------
    images : ndarray of uint8, shape (stop - start, 28, 28)
        Bright ink on a background of 0, upright.
    labels : ndarray of int64, shape (stop - start,)
        Class indices; every class is equally likely.

    Raises
    ------
    DataError
        If an index or the seed is not a whole number in range.
    """
    _check("start", start, 0, _END)
    _check("stop", stop, start, _END)
    _check("seed", seed, 0, 2**64 - 1)
    return _drawn(np.arange(start, stop), seed)


class DrawnImages(LazyImages):
    """The images of the samples 0 to `samples`, each drawn when it is taken.

    Parameters
    ----------
    samples : int
    seed : int
    """

    def __init__(self, samples: int, seed: int) -> None:
        self._samples, self._seed = samples, seed

    @property
    def shape(self) -> tuple[int, ...]:
        """(samples, 28, 28)."""
        return (self._samples, _SIDE, _SIDE)

    def _made(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return _drawn(rows, self._seed)[0]


def load(samples: int = 697_932, held_out: int = 26_000, seed: int = 0) -> Dataset:
    """Load glyphs as a data set with an official held-out split.

    Parameters
    ----------
    samples : int
        Training samples, the indices ``0`` to `samples`; a larger set starts with the smaller one.
        From 50,000 on they are stored in the cache folder and memory-mapped. Without space there,
        each is drawn when it is taken.
    held_out : int
        Held-out samples, indices from ``2**40`` on.
    seed : int
        Below 2**64.

    Returns
    -------
    Dataset
        62 classes, ``uint8`` images of shape (28, 28), named "glyphs".

    Raises
    ------
    DataError
        If an option is not a whole number in range.
    """
    _check("samples", samples, 1, HELD_OUT_START)
    _check("held_out", held_out, 1, _END - HELD_OUT_START)
    _check("seed", seed, 0, 2**64 - 1)
    x_train, y_train = _training(samples, seed)
    x_test, y_test = render(HELD_OUT_START, HELD_OUT_START + held_out, seed)
    made_from = {
        "source": "glyphs",
        "generator_version": GENERATOR_VERSION,
        "samples": int(samples),
        "held_out": int(held_out),
        "seed": int(seed),
    }
    return Dataset(
        x_train,
        y_train,
        x_test,
        y_test,
        class_names=CLASS_NAMES,
        name="glyphs",
        source=made_from,
        known_fingerprint=hashlib.blake2b(repr(made_from).encode(), digest_size=16).hexdigest(),
    )


def _check(option: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, Integral) or not low <= value <= high:
        raise DataError(
            f"glyphs: {option} is {value!r}; expected a whole number from {low:,} to {high:,}.",
            code="value-out-of-range",
            option=option,
            value=value,
        )


def _drawn(indices: NDArray[np.int64], seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of any samples, in their order."""
    images = np.empty((len(indices), _SIDE, _SIDE), np.uint8)
    return images, _labels(indices, seed, images)


def _labels(
    indices: NDArray[np.int64], seed: int, images: NDArray[np.uint8] | None = None
) -> NDArray[np.int64]:
    """Labels of any samples; their images are drawn into `images` where that is given."""
    require("jax", "glyphs")
    from dataworth.sources.glyphs.drawing import BLOCK, program

    write, ink = program()
    key = np.array([seed & 0xFFFFFFFF, seed >> 32], np.uint32)
    labels = np.empty(len(indices), np.int64)

    def one(start: int) -> None:
        some = slice(start, start + BLOCK)
        # The last block is filled up: the programs have one size.
        block = np.resize(indices[some], BLOCK)
        high, low = (word.astype(np.uint32) for word in divmod(block, 2**32))
        pens, classes = write(high, low, key)
        labels[some] = np.asarray(classes)[: len(labels[some])]
        if images is not None:
            flat = np.asarray(ink(pens))[: len(labels[some])]
            images[some] = flat.reshape(-1, _SIDE, _SIDE)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(one, range(0, len(indices), BLOCK)):
            pass
    return labels


def _training(samples: int, seed: int) -> tuple[NDArray[np.uint8] | DrawnImages, NDArray[np.int64]]:
    if samples < _CACHED_FROM:
        return render(0, samples, seed)
    folder = cache_folder() / f"glyphs-v{GENERATOR_VERSION}-seed{seed}-{samples}"
    try:
        if not folder.is_dir():
            _write(folder, samples, seed)
        return _mapped(folder)
    except (OSError, ValueError) as error:
        warnings.warn(
            DataworthWarning(
                f"Glyphs cannot be stored in {folder} ({error}); they are drawn when they are "
                "needed instead. Delete that folder if it is damaged, or set DATAWORTH_DATA to one "
                "with space.",
                code="file-not-writable",
            ),
            stacklevel=3,
        )
        return DrawnImages(samples, seed), _labels(np.arange(samples), seed)


def _write(folder: Path, samples: int, seed: int) -> None:
    """Write the folder under a temporary name, then rename it atomically."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder.parent).free < samples * _SIDE * _SIDE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draft-") as work:
        new = Path(work) / "new"
        new.mkdir()
        labels = []
        with NpyWriter(new / "images.npy") as writer:
            for low in range(0, samples, _CHUNK):
                images, chunk = render(low, min(samples, low + _CHUNK), seed)
                writer.append(images)
                labels.append(chunk)
        np.save(new / "labels.npy", np.concatenate(labels))
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # Otherwise another process was first, with the same images.
                raise


def _mapped(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return np.load(folder / "images.npy", "r"), np.load(folder / "labels.npy")
