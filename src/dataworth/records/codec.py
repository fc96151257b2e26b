"""Arrays as bytes: compact ones for what every run has, plain ones for what is large.

`pack` writes several named arrays into one blob. Every figure reads back to the bit; most bytes of
a history and of a confusion matrix are saved by three steps that lose nothing:

1. Whole numbers, and decimals with up to six places (times rounded to microseconds), become the
   smallest integers that hold them; float64 becomes float32 where that loses nothing.
2. The first bytes of all numbers are put together, then the second ones, and so on ("byte
   shuffle", as in HDF5 and Blosc), so that equal bytes are neighbours.
3. zlib (RFC 1950) compresses the result.

The blob begins with the CRC-32 of the rest, so that damage is found without unpacking.
"""

from __future__ import annotations

import io
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError

_MOST_BYTES = 1 << 30
"""No blob unpacks to more: a few forged bytes must not fill the memory."""
_TYPES = frozenset(["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"])
_DECIMALS = 1e6


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Numeric arrays by name as one compact blob.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Any shape; booleans, integers or floating-point numbers.

    Raises
    ------
    TypeError
        If an array holds anything else.
    """
    entries, parts = [], []
    for name, array in arrays.items():
        values = np.asarray(array)
        if _code(values.dtype) not in _TYPES:
            raise TypeError(f"{name} is an array of {values.dtype}; expected numbers.")
        stored, scale = _narrowed(values.ravel())
        entries.append([name, _code(values.dtype), list(values.shape), _code(stored.dtype), scale])
        parts.append(_shuffled(stored))
    header = json.dumps(entries, separators=(",", ":")).encode()
    packed = zlib.compress(b"".join([len(header).to_bytes(4, "little"), header, *parts]))
    return zlib.crc32(packed).to_bytes(4, "little") + packed


def unpack(blob: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a blob.

    Raises
    ------
    StudyError
        If it has changed since `pack` wrote it.
    """
    return dict(PackedArrays(blob))


def is_intact(blob: bytes) -> bool:
    """Whether the bytes of a blob are those that `pack` wrote."""
    return len(blob) > 4 and int.from_bytes(blob[:4], "little") == zlib.crc32(memoryview(blob)[4:])


class PackedArrays(Mapping[str, NDArray[Any]]):
    """The arrays of a blob, each unpacked when it is asked for.

    Parameters
    ----------
    blob : bytes
        As `pack` returns it.
    """

    def __init__(self, blob: bytes) -> None:
        self._blob = blob

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._parts[name].values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        return f"PackedArrays({dict(self)!r})"

    @cached_property
    def _parts(self) -> dict[str, _Part]:
        if not is_intact(self._blob):
            raise StudyError("stored arrays are damaged: their checksum does not match.")
        try:
            return _parts_of(self._blob)
        except (ValueError, TypeError, zlib.error) as error:
            # The checksum holds: these bytes were forged.
            raise StudyError(f"stored arrays are damaged: {error}.") from None


class _Part(NamedTuple):
    """One array of a blob."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    stored: np.dtype[Any]
    scale: float
    data: memoryview

    def values(self) -> NDArray[Any]:
        planes = np.frombuffer(self.data, np.uint8).reshape(self.stored.itemsize, -1)
        values = planes.T.copy().view(self.stored).astype(self.dtype)
        return (values / self.scale if self.scale else values).reshape(self.shape)


def _parts_of(blob: bytes) -> dict[str, _Part]:
    data = memoryview(zlib.decompressobj().decompress(memoryview(blob)[4:], _MOST_BYTES))
    start = 4 + int.from_bytes(data[:4], "little")
    parts = {}
    for name, code, shape, stored, scale in json.loads(bytes(data[4:start])):
        if not isinstance(name, str) or {code, stored} - _TYPES:
            raise ValueError("a header names no array of numbers")
        end = start + math.prod(shape) * int(stored[1:])
        if min(shape, default=0) < 0 or end > len(data):
            raise ValueError("an array is cut short")
        dtypes = np.dtype("<" + code), np.dtype("<" + stored)
        parts[name] = _Part(dtypes[0], tuple(shape), dtypes[1], float(scale), data[start:end])
        start = end
    return parts


def _narrowed(values: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Values in the smallest type that holds them, and what to divide by when they are read."""
    if values.dtype.kind in "iu":
        return _smallest_integers(values), 0
    if values.dtype == np.float64:
        for scale in (1.0, _DECIMALS):
            # A few values tell most columns of losses from whole numbers.
            if _are_whole(values[:4], scale) and _are_whole(values, scale):
                return _smallest_integers(np.rint(values * scale).astype(np.int64)), scale
        with np.errstate(over="ignore"):
            single = values.astype(np.float32)
        if single.astype(np.float64).tobytes() == values.tobytes():
            return single, 0
    return values, 0


def _are_whole(values: NDArray[np.float64], scale: float) -> bool:
    """Whether integers divided by `scale` give the same values to the bit."""
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.rint(values * scale)
        # Infinity and NaN fail the comparison; integers have no negative zero.
        same = (whole / scale == values) & (np.abs(whole) < 2.0**53)
    return bool(same.all()) and not np.signbit(values[values == 0]).any()


def _smallest_integers(values: NDArray[Any]) -> NDArray[Any]:
    if not len(values):
        return values.astype(np.int8)
    least, most = int(values.min()), int(values.max())
    for code in ("i1", "u1", "i2", "u2", "i4", "u4"):
        limits = np.iinfo(code)
        if limits.min <= least and most <= limits.max:
            return values.astype(code)
    return values


def _shuffled(values: NDArray[Any]) -> bytes:
    size = values.dtype.itemsize
    little = values.astype(values.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, size).T.tobytes()


def _code(dtype: np.dtype[Any]) -> str:
    """Kind and bytes of a type, as "f8"."""
    return f"{dtype.kind}{dtype.itemsize}"


def plain_bytes(array: NDArray[Any]) -> bytes:
    """An array in NumPy's own format (.npy): for weights, which no compression makes smaller."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def from_plain_bytes(data: bytes) -> NDArray[Any]:
    """The array that `plain_bytes` wrote.

    Raises
    ------
    Exception
        Of damaged bytes NumPy's reader raises nearly anything.
    """
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return array
