"""The fingerprint of a data set: a hash of its samples that does not depend on their files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 16_384


class ArrayDigest:
    """SHA-256 of an array's bytes in C order, fed in pieces of any length."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, data: memoryview) -> None:
        """Feed the next bytes."""
        self._digest.update(data)

    def hexdigest(self) -> str:
        """64 hexadecimal digits of all bytes so far."""
        return self._digest.hexdigest()


def fingerprint(
    class_names: Sequence[str],
    scale: float | None,
    arrays: Mapping[str, NDArray[Any] | None],
    digests: Mapping[str, str] | None = None,
) -> str:
    """32 hexadecimal digits of class names, scale and all arrays, in the order given.

    Parameters
    ----------
    class_names : sequence of str
    scale : float, optional
    arrays : mapping from name to ndarray or None
    digests : mapping, optional
        `ArrayDigest` results by the array's name, computed while they were read; the other arrays
        are hashed.
    """
    known = digests or {}
    total = hashlib.sha256(repr((tuple(class_names), scale)).encode())
    for name, array in arrays.items():
        if array is not None:
            digest = known.get(name) or _digest(array)
            total.update(repr((array.shape, array.dtype.str, digest)).encode())
    return total.hexdigest()[:32]


def _digest(array: NDArray[Any]) -> str:
    digest = ArrayDigest()
    for start in range(0, len(array), _BLOCK_ROWS):
        block = np.ascontiguousarray(array[start : start + _BLOCK_ROWS])
        digest.update(block.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
