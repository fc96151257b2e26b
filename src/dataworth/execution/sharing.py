"""Pickles of which the data lie in files that several processes map into memory."""

from __future__ import annotations

import mmap
import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data import frames
from dataworth.data.stored import store

_SHARED_BYTES = 1 << 20
_SHARED_ROWS = 10_000


def dump_sharing_arrays(value: object, path: Path) -> None:
    """Pickle `sys.path`, then `value`; large arrays and frames in it are memory-mapped on loading.

    Those that are not memory-mapped already are written beside `path`, once.

    Raises
    ------
    OSError
        If there is no room.
    pickle.PicklingError, AttributeError, TypeError
        If something in `value` cannot be pickled.
    """
    with path.open("wb") as file:
        pickle.dump(list(sys.path), file)
        _Pickler(file, path.parent).dump(value)


class _Pickler(pickle.Pickler):
    """Replaces each large array or frame by the name of a file that holds it."""

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder = folder
        self._count = 0

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FunctionType | type) and value.__module__ == "__main__":
            raise pickle.PicklingError(
                f"{value.__qualname__} is defined in the script or notebook itself, where other "
                "processes cannot find it"
            )
        if isinstance(value, np.ndarray):
            return self._array(value)
        if type(value).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow"):
            return self._frame(value)
        return NotImplemented

    def _array(self, value: NDArray[Any]) -> Any:
        if value.nbytes < _SHARED_BYTES or value.dtype.hasobject:
            return NotImplemented
        place = _place_in_file(value)
        if place is not None:
            return _map, place
        path = self._path("array", ".npy")
        np.save(path, value)
        return _open, (str(path),)

    def _frame(self, value: Any) -> Any:
        library = frames.library_of(value)
        if library == "pyarrow" and value.nbytes >= _SHARED_BYTES:
            from pyarrow import OSFile, ipc

            path = self._path("frame", ".arrow")
            with OSFile(str(path), "wb") as file, ipc.new_file(file, value.schema) as writer:
                writer.write_table(value)
            return _open_arrow, (str(path),)
        if library in ("pandas", "polars") and len(value) >= _SHARED_ROWS:
            stored = store(value, self._folder, self._path("column", "").name)
            if stored is not None:
                return type(stored), (stored.rest, stored.stored, stored.columns)
        return NotImplemented

    def _path(self, kind: str, ending: str) -> Path:
        self._count += 1
        return self._folder / f"{kind}-{self._count - 1}{ending}"


def _place_in_file(value: NDArray[Any]) -> tuple[Any, ...] | None:
    """Where the bytes of a mapped array lie: file, dtype, shape, offset; None for another array."""
    owner: Any = value
    while isinstance(owner, np.ndarray) and not (
        isinstance(owner, np.memmap) and isinstance(owner.base, mmap.mmap)
    ):
        owner = owner.base
    if not isinstance(owner, np.memmap) or not value.flags.c_contiguous or not owner.filename:
        return None
    start = value.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    if start < 0 or start + value.nbytes > owner.nbytes:
        return None
    return str(owner.filename), value.dtype.str, value.shape, owner.offset + start


def _map(path: str, dtype: str, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    return np.memmap(path, np.dtype(dtype), "r", offset, shape)


def _open(path: str) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r")
    return array


def _open_arrow(path: str) -> Any:
    import pyarrow
    from pyarrow import ipc

    return ipc.open_file(pyarrow.memory_map(path)).read_all()
