"""Hand large arrays to other processes through files that all of them map."""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from types import FunctionType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_SHARED_BYTES = 1 << 20


class _Pickler(pickle.Pickler):
    """Replaces each large array by the name of a file that holds it."""

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
        if not isinstance(value, np.ndarray) or value.nbytes < _SHARED_BYTES:
            return NotImplemented
        if isinstance(value, np.memmap) and isinstance(value.base, mmap.mmap):
            place = (str(value.filename), value.dtype.str, value.shape, value.offset)
            return _map, place
        path = self._folder / f"array-{self._count}.npy"
        self._count += 1
        np.save(path, value)
        return _open, (str(path),)


def dump_sharing_arrays(value: object, path: Path) -> None:
    """Pickle `value` to `path`; its large arrays are mapped by whoever loads it, not copied.

    Arrays that are not memory-mapped already are written beside `path`.

    Raises
    ------
    OSError
        If there is no room.
    pickle.PicklingError, AttributeError, TypeError
        If something in `value` cannot be pickled.
    """
    with path.open("wb") as file:
        _Pickler(file, path.parent).dump(value)


def _map(path: str, dtype: str, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    return np.memmap(path, np.dtype(dtype), "r", offset, shape)


def _open(path: str) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r")
    return array
