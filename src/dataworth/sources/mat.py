"""MATLAB files up to version 7: EMNIST's struct ``dataset``, or arrays named as in NPZ files."""

from __future__ import annotations

import shutil
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.files import temporary_folder
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources import arrays
from dataworth.sources.cache import CACHE_FROM_BYTES, read
from dataworth.sources.files import Entry, read_fenced
from dataworth.sources.mat_arrays import STRUCT
from dataworth.sources.plan import Part, Recipe, Shape, as_images
from dataworth.tasks.base import Task

_WHAT = "a MATLAB file"


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

    @cache
    def content() -> dict[str, NDArray[Any] | str]:
        return _content(entry)

    # Of a large file the arrays are read only if the cache does not hold them.
    is_small = entry.path.exists() and entry.path.stat().st_size < CACHE_FROM_BYTES
    names = (
        list(content())
        if is_small
        else read_fenced(entry, "dataworth.sources.mat_arrays:names", _WHAT)
    )
    is_struct = STRUCT in names or any("." in name for name in names)
    if is_struct:
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
        array = content().get(name)
        if array is None:
            raise DataError(
                f"{entry}: its struct `{STRUCT}` has no {name}; expected train.images, "
                "train.labels, test.images and test.labels.",
                code="column-missing",
            )
        if isinstance(array, str):
            raise DataError(f"{entry}: {name} holds {array}; expected numbers.", code="not-numeric")
        return array

    return (
        arrays.part(entry, train, fetch, shape),
        arrays.part(entry, test, fetch, shape) if test else None,
    )


def _content(entry: Entry) -> dict[str, NDArray[Any] | str]:
    """All arrays by name; of those that hold neither numbers nor text, the type."""
    try:
        folder = temporary_folder()
    except OSError as error:
        raise DataError(
            f"{entry}: there is no room to unpack it in the folder for temporary files "
            f"({error.strerror}). Free some space there, or set TMPDIR.",
            code="disk-full",
        ) from None
    try:
        function = "dataworth.sources.mat_arrays:write"
        written = read_fenced(entry, function, _WHAT, folder=str(folder))
        found: dict[str, NDArray[Any] | str] = {}
        for number, (name, dtype) in enumerate(written):
            path = folder / f"{number}.npy"
            # A mapped file can be read after it is removed.
            found[name] = np.load(path, mmap_mode="r") if path.is_file() else dtype
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)
