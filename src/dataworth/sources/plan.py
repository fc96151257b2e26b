"""Recipe: how a data set is read, before anything is read."""

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
"""Gives flat samples, shape (k, features), the shape that they have as images."""


class NotPixelsError(Exception):
    """A value that is no pixel, in data that need not be pixels: read again as ``float32``."""


@dataclass(frozen=True)
class Part:
    """One split (train or test) of a source.

    Attributes
    ----------
    entries : tuple of Entry
        The files it is read from.
    blocks : callable
        ``blocks(pixels)`` yields its samples in file order. With ``pixels`` true they are
        ``uint8``, or NotPixelsError is raised; else they are ``float32``.
    first_row : callable
        Number, counted from 1, of the row that holds the first sample; a header counts.
    """

    entries: tuple[Entry, ...]
    blocks: Callable[[bool], Iterator[Block]]
    first_row: Callable[[], int] = lambda: 1

    def place(self, sample: int, entry: int = -1) -> str:
        """Where a file holds a sample, given its index from 0; by default the labels' file."""
        return f"{self.entries[entry]}, row {self.first_row() + sample}"


@dataclass(frozen=True)
class Recipe:
    """All that determines a data set that is read from files.

    Attributes
    ----------
    name : str
        What tables call the data.
    train, test : Part
        The splits; `test` is None where the source has no official one.
    class_names : tuple of str, optional
        Names of the classes ``0..``; found from the labels if None.
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
    """`x` as ``uint8`` pixels if it holds whole numbers 0..255, else (`pixels` false) ``float32``.

    Raises
    ------
    NotPixelsError
        If `pixels` is true and `x` is no array of whole numbers 0..255.
    """
    if not pixels:
        # What becomes infinite is refused with its row.
        with np.errstate(over="ignore"):
            return x.astype(np.float32)
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind not in "biu" or x.size == 0 or x.min() < 0 or x.max() > 255:
        raise NotPixelsError
    return x.astype(np.uint8)


def as_images(x: NDArray[Any]) -> NDArray[Any]:
    """Flat ``uint8`` samples of a square number of pixels (8 x 8 and more) as square images."""
    side = round(x.shape[1] ** 0.5) if x.ndim == 2 else 0
    if x.dtype == np.uint8 and side >= 8 and side * side == x.shape[1]:
        return x.reshape(-1, side, side)
    return x
