"""NPZ files: x_train, y_train[, x_test, y_test]; or images and labels; or x and y."""

from __future__ import annotations

import math
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources import arrays
from dataworth.sources.cache import read
from dataworth.sources.files import Entry, opened_archive
from dataworth.sources.plan import Recipe, as_images
from dataworth.tasks.base import Task

_MOST_EXPANSION = 1_032
"""Bytes that deflate (RFC 1951) makes of one at most."""


def load(entry: Entry, *, scale: float | None = None, task: str | Task | None = None) -> Dataset:
    """Read an NPZ file.

    Parameters
    ----------
    entry : Entry
        The file. An array ``class_names`` (text) or ``mapping`` (one ASCII code per class) names
        the classes.
    scale : float, optional
        As in `Dataset`.
    task : {"classification", "regression"} or Task, optional
        As in `Dataset`.

    Raises
    ------
    DataError
        If the file is damaged, or its arrays are not named as expected.
    """

    def fetch(name: str) -> NDArray[Any]:
        return _fetch(entry, name)

    train, test = arrays.names_of(entry, _names(entry))
    return read(
        Recipe(
            entry.stem.removesuffix(".npz"),
            arrays.part(entry, train, fetch, as_images),
            arrays.part(entry, test, fetch, as_images) if test else None,
            class_names=_class_names(entry),
            scale=scale,
            task=task,
        )
    )


def _names(entry: Entry) -> list[str]:
    with entry.open():
        pass
    with opened_archive(entry.path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def _fetch(entry: Entry, name: str) -> NDArray[Any]:
    try:
        with opened_archive(entry.path) as archive:
            _check_size(archive, name)
        with np.load(entry.path, allow_pickle=False) as stored:
            return np.asarray(stored[name])
    except DataError:
        raise
    except (EOFError, zlib.error, zipfile.BadZipFile, OSError, KeyError) as error:
        raise DataError(
            f"{entry}: the array {name} is cut short or damaged ({error}). Copy or download the "
            "file again.",
            code="file-damaged",
        ) from None
    except MemoryError as error:
        raise DataError(
            f"{entry}: there is not enough memory for the array {name} ({error}). Close other "
            "programs, or store it with a smaller type.",
            code="out-of-memory",
        ) from None
    except Exception as error:
        # A damaged header makes NumPy's reader raise nearly anything.
        raise DataError(
            f"{entry}: the array {name} cannot be read ({error}). Save it as plain numbers or text "
            "(no Python objects), or copy the file again.",
            code="not-numeric",
        ) from None


def _check_size(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an array of which the header promises more than the file holds.

    Raises
    ------
    EOFError
        Before memory is taken.
    """
    member = archive.getinfo(name if name in archive.namelist() else f"{name}.npy")
    with archive.open(member) as file:
        version = npy_format.read_magic(file)
        read_header = (
            npy_format.read_array_header_1_0
            if version == (1, 0)
            else npy_format.read_array_header_2_0
        )
        shape, _, dtype = read_header(file)
        header = file.tell()
    promised = math.prod(shape) * dtype.itemsize
    held = member.file_size - header
    if member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        held = min(held, _MOST_EXPANSION * member.compress_size)
    if not dtype.hasobject and promised > held:
        raise EOFError(f"its header says {promised:,} bytes, and it holds at most {max(held, 0):,}")


def _class_names(entry: Entry) -> tuple[str, ...] | None:
    names = _names(entry)
    if "class_names" in names:
        return tuple(map(str, _fetch(entry, "class_names").reshape(-1)))
    if "mapping" not in names:
        return None
    codes = _fetch(entry, "mapping").reshape(-1)
    try:
        return tuple(chr(int(code)) for code in codes)
    except (ValueError, TypeError, OverflowError):
        raise DataError(
            f"{entry}: the array mapping holds {codes[:3].tolist()}...; expected one ASCII code "
            "per class, such as 65 for A. Correct it, or leave it out.",
            code="file-malformed",
        ) from None
