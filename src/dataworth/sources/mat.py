"""MATLAB files up to version 7: EMNIST's struct ``dataset``, or arrays named as in NPZ files."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources import arrays
from dataworth.sources.cache import read
from dataworth.sources.files import Entry
from dataworth.sources.plan import Part, Recipe, Shape, as_images
from dataworth.tasks.base import Task

_STRUCT = "dataset"


def load(entry: Entry, *, scale: float | None = None, task: str | Task | None = None) -> Dataset:
    """Read a MATLAB file.

    Parameters
    ----------
    entry : Entry
        The file: arrays named as in an NPZ file, or a struct ``dataset`` with ``train.images``,
        ``train.labels``, ``test.images`` and ``test.labels``.
    scale : float, optional
        As in `Dataset`.
    task : {"classification", "regression"} or Task, optional
        As in `Dataset`.

    Raises
    ------
    DataError
        If the file is damaged, of version 7.3, or does not have the expected arrays.
    """
    train, test = parts(entry, as_images)
    return read(Recipe(entry.stem.removesuffix(".mat"), train, test, scale=scale, task=task))


def parts(entry: Entry, shape: Shape) -> tuple[Part, Part | None]:
    """Make the two splits; `shape` reshapes flat samples to images."""
    names = _read(entry, lambda file, mat: [name for name, _, _ in mat.whosmat(file)])

    @cache
    def content() -> dict[str, Any]:
        return cast(dict[str, Any], _read(entry, lambda file, mat: mat.loadmat(file)))

    if _STRUCT in names:
        train: arrays.Names = arrays.Names("train.images", "train.labels")
        test: arrays.Names | None = arrays.Names("test.images", "test.labels")
    else:
        try:
            train, test = arrays.names_of(entry, names)
        except DataError:
            # A truncated file seems to have fewer arrays; reading it raises an error.
            content()
            raise

    def fetch(name: str) -> NDArray[Any]:
        if _STRUCT not in names:
            return np.asarray(content()[name])
        value = content()[_STRUCT]
        try:
            for field in name.split("."):
                value = value[field][0, 0]
        except (ValueError, IndexError, KeyError):
            raise DataError(
                f"{entry}: its struct `{_STRUCT}` has no {name}; expected train.images, "
                "train.labels, test.images and test.labels.",
                code="array-missing",
            ) from None
        return np.asarray(value)

    return (
        arrays.part(entry, train, fetch, shape),
        arrays.part(entry, test, fetch, shape) if test else None,
    )


def _read(entry: Entry, how: Callable[[Any, Any], Any]) -> Any:
    import scipy.io

    with entry.open() as file:
        try:
            return how(file, scipy.io)
        except NotImplementedError:
            raise DataError(
                f"{entry} is of MATLAB's version 7.3 (HDF5), which is not read. In MATLAB: "
                "save(file, '-v7').",
                code="unsupported-format",
            ) from None
        except zlib.error:
            raise
        except Exception as error:
            # scipy raises many types of errors for a damaged file.
            raise DataError(
                f"{entry} is not a MATLAB file, or it is cut short or damaged ({error}). Copy or "
                "download it again.",
                code="file-damaged",
            ) from None
