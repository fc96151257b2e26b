"""Descriptions of how a data set is read: blocks, splits (parts) and the recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.sources.files import Entry
from dataworth.tasks.base import Task


class Block(NamedTuple):
    """Some consecutive samples of a file.

    `x` holds features, shape (k, ...), ``uint8`` or ``float32``; `y` holds labels, shape (k,).
    """

    x: NDArray[Any]
    y: NDArray[Any]


Shape = Callable[[NDArray[Any]], NDArray[Any]]
"""Reshapes flat samples, shape (k, features), to images."""


class NotPixelsError(Exception):
    """Raised for a value that is not a pixel, if the data can be read again as ``float32``."""


@dataclass(frozen=True)
class Part:
    """One split (train or test) of a source.

    Attributes
    ----------
    entries : tuple of Entry
        The files it is read from.
    blocks : callable
        ``blocks(pixels)`` yields its samples in file order. If ``pixels`` is true they are
        ``uint8``, or NotPixelsError is raised; otherwise they are ``float32``.
    first_row : callable
        Number, counted from 1, of the row that holds the first sample; a header counts.
    """

    entries: tuple[Entry, ...]
    blocks: Callable[[bool], Iterator[Block]]
    first_row: Callable[[], int] = lambda: 1

    def place(self, sample: int, entry: int = -1) -> str:
        """The file and row of a sample, given its index from 0; by default of the labels' file."""
        return f"{self.entries[entry]}, row {self.first_row() + sample}"


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a data set that is read from files.

    Attributes
    ----------
    name : str
        Name of the data in tables.
    train, test : Part
        The splits; `test` is None if the source has no official one.
    class_names : tuple of str, optional
        Names of the classes ``0..``; derived from the labels if None.
    scale : float, optional
        As in `Dataset`.
    task : str or Task, optional
        As in `Dataset`.
    options : mapping
        Options of the reader that change what is read (JSON values).
    """

    name: str
    train: Part
    test: Part | None = None
    class_names: tuple[str, ...] | None = None
    scale: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    task: str | Task | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that says how the files are read, as JSON values; a task only where one is given."""
        if self.task is None:
            return self.options
        task = self.task if isinstance(self.task, str) else dict(self.task.identity())
        return {**self.options, "task": task}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The files of both splits."""
        return self.train.entries + (self.test.entries if self.test else ())


def as_features(x: NDArray[Any], pixels: bool) -> NDArray[Any]:
    """Convert whole numbers 0..255 to ``uint8``, or (`pixels` false) anything to ``float32``.

    Raises
    ------
    NotPixelsError
        If `pixels` is true and `x` is not an array of whole numbers 0..255.
    """
    if not pixels:
        # Values that overflow to infinity are refused later, with their row.
        with np.errstate(over="ignore"):
            return x.astype(np.float32)
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind not in "biu" or x.size == 0 or x.min() < 0 or x.max() > 255:
        raise NotPixelsError
    return x.astype(np.uint8)


def as_images(x: NDArray[Any]) -> NDArray[Any]:
    """Reshape flat ``uint8`` samples of a square number of pixels, 8 x 8 or more, to images."""
    side = round(x.shape[1] ** 0.5) if x.ndim == 2 else 0
    if x.dtype == np.uint8 and side >= 8 and side * side == x.shape[1]:
        return x.reshape(-1, side, side)
    return x
