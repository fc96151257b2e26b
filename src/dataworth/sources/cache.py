"""Reading of a recipe, with a cache of memory-mapped arrays for large files."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from dataworth._util.files import atomic_directory, is_disk_full
from dataworth.data.dataset import Dataset
from dataworth.data.digests import ArrayDigest
from dataworth.data.fingerprint import fingerprint
from dataworth.errors import DataError, DataworthWarning
from dataworth.sources.assemble import dataset_of, read_to_memory, require_samples
from dataworth.sources.location import cache_folder
from dataworth.sources.plan import NotPixelsError, Recipe


class NpyWriter:
    """Writes the rows of one array to a ``.npy`` file block by block, and hashes them.

    The data start at a multiple of 64 bytes, as the format requires, so XLA can use the mapped
    file without a copy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self.digest = ArrayDigest()
        self._file = path.open("wb", buffering=0)
        self._like: NDArray[Any] | None = None

    def append(self, block: NDArray[Any]) -> None:
        """Append the rows of `block`; all blocks must have the same dtype and shape of a row."""
        block = np.ascontiguousarray(block)
        if self._like is None:
            self._like = block[:0]
            self._file.write(self._header())
        data = block.reshape(-1).view(np.uint8).data
        self.digest.update(data)
        written = 0
        while written < len(data):
            written += self._file.write(data[written:]) or 0
        self.rows += len(block)

    def _header(self) -> bytes:
        like = self._like
        assert like is not None
        header = io.BytesIO()
        npy_format.write_array_header_1_0(
            header,
            {
                "descr": npy_format.dtype_to_descr(like.dtype),
                "fortran_order": False,
                "shape": (self.rows, *like.shape[1:]),
            },
        )
        return header.getvalue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # numpy pads the header for a first axis of up to 21 digits: its length is fixed.
            if error is None and self._like is not None:
                self._file.seek(0)
                self._file.write(self._header())
        finally:
            self._file.close()


_VERSION = 3
CACHE_FROM_BYTES = 8_000_000
"""Smaller files are read into memory each time."""
_ENDS_BYTES = 65_536
_ABOUT = "about.json"


def read(recipe: Recipe) -> Dataset:
    """Read the data set that `recipe` describes.

    The first read of files of 8 MB and more writes ``.npy`` files to ``cache`` in the data folder.
    Later reads map them into memory, and processes share the pages.

    Raises
    ------
    DataError
        If a file cannot be used, or the disk is full.
    """
    paths = {entry.path for entry in recipe.entries}
    if sum(path.stat().st_size for path in paths if path.exists()) < CACHE_FROM_BYTES:
        return read_to_memory(recipe)
    folder = cache_folder() / _key(recipe)
    cached = _open(folder, recipe)
    if cached is not None:
        return cached
    try:
        with atomic_directory(folder) as draft:
            _fill(draft, recipe)
            _publish(draft, folder, recipe)
    except OSError as error:
        if is_disk_full(error):
            raise DataError(
                f"The disk is full: {recipe.name} could not be cached in {folder.parent}. Nothing "
                "was left there. Free some space, or set DATAWORTH_DATA to a folder on another "
                "disk.",
                code="disk-full",
            ) from None
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise
        warnings.warn(
            DataworthWarning(
                f"{folder.parent} cannot be written ({error.strerror}): {recipe.name} is read "
                "into memory, and will be read again next time. Set DATAWORTH_DATA to a folder of "
                "yours.",
                code="file-not-writable",
            ),
            stacklevel=5,
        )
        return read_to_memory(recipe)
    cached = _open(folder, recipe)
    if cached is None:
        raise DataError(
            f"The files of {recipe.name} changed while they were read; try again.",
            code="files-changed",
        )
    return cached


def opened(recipe: Recipe) -> Dataset | None:
    """The stored data set of files that have not changed; None where there is none."""
    return _open(cache_folder() / _key(recipe), recipe)


def _fill(draft: Path, recipe: Recipe) -> None:
    try:
        _write_arrays(draft, recipe, pixels=True)
    except NotPixelsError:
        _write_arrays(draft, recipe, pixels=False)


def _write_arrays(draft: Path, recipe: Recipe, pixels: bool) -> None:
    before = _sources(recipe)
    x: dict[str, NDArray[Any] | None] = {"train": None, "test": None}
    y: dict[str, NDArray[Any] | None] = {"train": None, "test": None}
    digests = {}
    for split, part in (("train", recipe.train), ("test", recipe.test)):
        if part is None:
            continue
        labels = []
        with NpyWriter(draft / f"x_{split}.npy") as writer:
            for block in part.blocks(pixels):
                writer.append(block.x)
                labels.append(block.y)
            require_samples(part, len(labels))
        x[split] = np.load(draft / f"x_{split}.npy", mmap_mode="r")
        y[split] = np.concatenate(labels)
        digests[f"x_{split}"] = writer.digest.hexdigest()
    assert x["train"] is not None
    assert y["train"] is not None
    dataset = dataset_of(recipe, x["train"], y["train"], x["test"], y["test"])
    arrays = {
        "x_train": dataset.x,
        "y_train": dataset.y,
        "x_test": dataset.x_test,
        "y_test": dataset.y_test,
    }
    for name in ("y_train", "y_test"):
        array = arrays[name]
        if array is not None:
            np.save(draft / f"{name}.npy", array)
    about = {
        "version": _VERSION,
        "sources": before,
        "class_names": dataset.class_names,
        "fingerprint": fingerprint(dataset.class_names, dataset.scale, arrays, digests),
    }
    (draft / _ABOUT).write_text(json.dumps(about, indent=1))


def _open(folder: Path, recipe: Recipe) -> Dataset | None:
    """The cached data set, or None where there is none or the files have changed since."""
    try:
        about = json.loads((folder / _ABOUT).read_text())
        if about["version"] != _VERSION or about["sources"] != _sources(recipe):
            return None
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r" if name[0] == "x" else None)
            for name in ("x_train", "y_train", "x_test", "y_test")
            if recipe.test or name.endswith("train")
        }
        os.utime(folder)
        return dataset_of(
            recipe,
            arrays["x_train"],
            arrays["y_train"],
            arrays.get("x_test"),
            arrays.get("y_test"),
            tuple(about["class_names"]),
            about["fingerprint"],
        )
    except (OSError, ValueError, KeyError):
        return None


def _key(recipe: Recipe) -> str:
    said = json.dumps(
        [
            _VERSION,
            recipe.name,
            recipe.scale,
            [[str(entry.path.absolute()), entry.member] for entry in recipe.entries],
            dict(recipe.identity),
        ],
        sort_keys=True,
    )
    readable = "".join(sign if sign.isalnum() else "-" for sign in recipe.name)[:40]
    return f"{readable}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _sources(recipe: Recipe) -> list[dict[str, Any]]:
    return [_state(path) for path in dict.fromkeys(entry.path for entry in recipe.entries)]


def _state(path: Path) -> dict[str, Any]:
    """Metadata that change when a file changes, without reading all of it."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        ends = hashlib.sha256(file.read(_ENDS_BYTES))
        file.seek(max(0, status.st_size - _ENDS_BYTES))
        ends.update(file.read(_ENDS_BYTES))
    return {
        "path": str(path.absolute()),
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ends": ends.hexdigest(),
    }


def _publish(draft: Path, folder: Path, recipe: Recipe) -> None:
    """Rename the temporary folder atomically; another process may have done so before."""
    try:
        draft.rename(folder)
    except OSError:
        if _open(folder, recipe) is not None:
            return
        folder.rename(draft / "replaced")
        shutil.rmtree(draft / "replaced", ignore_errors=True)
        draft.rename(folder)
