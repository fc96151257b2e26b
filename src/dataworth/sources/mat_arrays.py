"""The arrays of a MATLAB file, read in a process of their own; see `dataworth.sources.mat`."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from dataworth.errors import DataError
from dataworth.sources.files import Entry

STRUCT = "dataset"
"""EMNIST's struct; its fields are given as ``train.images`` and so on."""
_FIELDS = [f"{split}.{kind}" for split in ("train", "test") for kind in ("images", "labels")]


def names(path: str, member: str) -> list[str]:
    """The names of the variables of a file."""
    import scipy.io

    entry = Entry(Path(path), member)
    with entry.open() as file:
        return [name for name, _, _ in _of_version_5(entry, scipy.io.whosmat, file)]


def write(path: str, member: str, folder: str) -> list[list[str]]:
    """Write the arrays of a file to ``0.npy``, ``1.npy``, ... in a folder.

    Returns
    -------
    list of [str, str]
        The name and the type of each array. Those that hold neither numbers nor text are not
        written.
    """
    import scipy.io

    entry = Entry(Path(path), member)
    with entry.open() as file:
        content = _of_version_5(entry, scipy.io.loadmat, file)
    if STRUCT in content:
        found = {name: _field(content[STRUCT], name) for name in _FIELDS}
    else:
        found = {name: value for name, value in content.items() if not name.startswith("__")}
    written: list[list[str]] = []
    for name, value in found.items():
        if value is None:
            continue
        array = np.asarray(value)
        if array.dtype.kind in "biufcSU":
            np.save(Path(folder) / f"{len(written)}.npy", array, allow_pickle=False)
        written.append([name, str(array.dtype)])
    return written


def _field(struct: Any, name: str) -> Any:
    """A field of EMNIST's struct; None where there is none."""
    value = struct
    try:
        for field in name.split("."):
            value = value[field][0, 0]
    except (ValueError, IndexError, KeyError):
        return None
    return value


def _of_version_5(entry: Entry, read: Any, file: Any) -> Any:
    try:
        return read(file)
    except NotImplementedError:
        raise DataError(
            f"{entry} is of MATLAB's version 7.3 (HDF5), which is not read. In MATLAB: "
            "save(file, '-v7').",
            code="unsupported-format",
        ) from None
    except zlib.error as error:
        raise EOFError(str(error)) from None
