"""IDX files (the format of MNIST): images in one file, labels in another."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources.cache import read
from dataworth.sources.files import Entry, read_exactly
from dataworth.sources.pairs import sibling, test_beside
from dataworth.sources.plan import Block, Part, Recipe, as_features
from dataworth.tasks.base import Task

# http://yann.lecun.com/exdb/mnist: two zero bytes, a type code, the number of axes, then one
# big-endian 32-bit length per axis.
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_BLOCK_BYTES = 1 << 22
_IMAGES = re.compile(r"(?<![a-z])images?(?![a-z])", re.IGNORECASE)
_LABELS = re.compile(r"(?<![a-z])labels?(?![a-z])", re.IGNORECASE)
NAME = re.compile(r"idx\d?[-.]ubyte$|\.idx\d?$|\.ubyte$|-ubyte$")


class Header(NamedTuple):
    """The header of an IDX file: the type of its values and the lengths of its axes."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def load(entry: Entry, *, scale: float | None = None, task: str | Task | None = None) -> Dataset:
    """Read a pair of IDX files; test files in the same folder become the held-out split.

    Parameters
    ----------
    entry : Entry
        The image file or the label file. The other is found by its name (``images`` in one,
        ``labels`` in the other), and the test pair too (``train`` in one, ``test`` or ``t10k`` in
        the other).
    scale : float, optional
        As in `Dataset`.
    task : {"classification", "regression"} or Task, optional
        As in `Dataset`.

    Raises
    ------
    DataError
        If a file is missing, damaged, or swapped with another.
    """
    images, labels = pair_of(entry)
    test = test_beside(images)
    test_part = part(*pair_of(test)) if test else None
    return read(Recipe(images.stem, part(images, labels), test_part, scale=scale, task=task))


def pair_of(entry: Entry) -> tuple[Entry, Entry]:
    """The image file and the label file, given one of them."""
    if _LABELS.search(entry.name):
        mine, other, pattern = ("labels", "images", _LABELS)
        name = pattern.sub("images", entry.name).replace("idx1", "idx3")
    elif _IMAGES.search(entry.name):
        mine, other, pattern = ("images", "labels", _IMAGES)
        name = re.sub(r"idx\d", "idx1", pattern.sub("labels", entry.name))
    else:
        raise DataError(
            f"{entry}: the name of an IDX file must say whether it holds images or labels, such as "
            "train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz. Rename the two.",
            code="file-name-unclear",
        )
    partner = sibling(entry, name)
    if partner is None:
        raise DataError(
            f"{entry} holds {mine}; the {other} must be in {name} beside it, which does not exist.",
            code="file-not-found",
        )
    return (entry, partner) if mine == "images" else (partner, entry)


def part(images: Entry, labels: Entry, *, transposed: bool = False) -> Part:
    """Make one split from its two files; `transposed` images are transposed back."""

    def blocks(pixels: bool) -> Iterator[Block]:
        y = _labels(images, labels)
        with images.open() as file:
            header = read_header(file, images)
            start = 0
            for x in _arrays(file, images, header):
                features = as_features(x, pixels)
                if transposed:
                    features = features.swapaxes(1, 2)
                yield Block(np.ascontiguousarray(features), y[start : start + len(x)])
                start += len(x)

    return Part((images, labels), blocks)


def read_header(file: BinaryIO, entry: Entry) -> Header:
    """Read the header of an IDX file, or raise an error if it is not one."""
    magic = file.read(4)
    axes = magic[3] if len(magic) == 4 else 0
    if magic[:2] != b"\0\0" or len(magic) < 4 or magic[2] not in _TYPES or not 1 <= axes <= 4:
        raise DataError(
            f"{entry} is not an IDX file: it begins with the bytes {magic.hex(' ') or '(none)'}; "
            "expected 00 00 08 01 (labels) or 00 00 08 03 (images). Download it again, or give it "
            "the name ending of what it is.",
            code="file-damaged",
        )
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(
            f"{entry} is cut short within its header. Download it again.", code="file-damaged"
        )
    return Header(np.dtype(_TYPES[magic[2]]), tuple(map(int, np.frombuffer(lengths, ">i4"))))


def _labels(images: Entry, labels: Entry) -> NDArray[np.int64]:
    with labels.open() as file:
        header = read_header(file, labels)
        if len(header.shape) > 1:
            with images.open() as other:
                swapped = len(read_header(other, images).shape) == 1
            raise DataError(
                f"{labels} holds images of shape {header.shape}, not labels"
                + (f", and {images} holds labels: the two files are swapped" if swapped else "")
                + ". Exchange their names, or download them again.",
                code="files-swapped",
            )
        with images.open() as other:
            # Before the labels are read: few bytes of gzip may hold many of them.
            _check(images, labels, read_header(other, images), header)
        return np.concatenate([*_arrays(file, labels, header), np.empty(0, np.int64)]).astype(
            np.int64
        )


def _check(images: Entry, labels: Entry, header: Header, of_labels: Header) -> None:
    if len(header.shape) < 2:
        raise DataError(
            f"{images} holds one axis (labels?), not images. Exchange the names, or download "
            "again.",
            code="files-swapped",
        )
    if header.shape[0] != of_labels.shape[0]:
        raise DataError(
            f"{images} says that it holds {header.shape[0]:,} images, and {labels} says that it "
            f"holds {of_labels.shape[0]:,} labels; they must be as many. "
            "Are they of different splits?",
            code="shape-mismatch",
        )


def _arrays(file: BinaryIO, entry: Entry, header: Header) -> Iterator[NDArray[Any]]:
    item = header.dtype.itemsize * math.prod(header.shape[1:])
    if item == 0 or min(header.shape) < 0:
        raise DataError(
            f"{entry} says that its shape is {header.shape}. Download it again.",
            code="shape-mismatch",
        )
    step = max(1, _BLOCK_BYTES // item)
    for start in range(0, header.shape[0], step):
        count = min(step, header.shape[0] - start)
        data = read_exactly(file, count * item)
        if len(data) < count * item:
            raise DataError(
                f"{entry} is cut short: its header says {header.shape[0]:,} items, and it ends "
                f"within item {start + len(data) // item:,}. Copy or download it again.",
                code="file-damaged",
            )
        yield np.frombuffer(data, header.dtype).reshape(count, *header.shape[1:])
    if file.read(1):
        raise DataError(
            f"{entry} goes on after the {header.shape[0]:,} items that its header says. "
            "Copy or download it again.",
            code="file-damaged",
        )
