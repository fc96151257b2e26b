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
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError

_MOST_BYTES = 1 << 30
"""No blob unpacks to more: a few forged bytes must not fill the memory."""
_HEAD_BYTES = 1 << 10
"""The names of most histories fit in so many bytes."""
_DTYPES = {
    code: np.dtype("<" + code)
    for code in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
}
_INTEGERS = [
    (_DTYPES[code], int(np.iinfo(code).min), int(np.iinfo(code).max))
    for code in ("i1", "u1", "i2", "u2", "i4", "u4")
]
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
        if _code(values.dtype) not in _DTYPES:
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
    """The arrays of a blob, each unpacked when it is read, and no other.

    Parameters
    ----------
    blob : bytes
        As `pack` returns it.
    """

    def __init__(self, blob: bytes) -> None:
        self._blob = blob

    def __getitem__(self, name: str) -> NDArray[Any]:
        part = self._parts[name]
        try:
            planes = np.frombuffer(self._bytes(part.start, part.end), np.uint8)
            planes = planes.reshape(part.stored.itemsize, -1)
            values = planes.T.copy().view(part.stored).astype(part.dtype)
            return (values / part.scale if part.scale else values).reshape(part.shape)
        except (ValueError, TypeError, zlib.error) as error:
            raise _forged(error) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        return f"PackedArrays({dict(self)!r})"

    @cached_property
    def _parts(self) -> Mapping[str, _Part]:
        if not is_intact(self._blob):
            raise StudyError(
                "stored arrays are damaged: their checksum does not match.", code="file-damaged"
            )
        try:
            head = self._head
            start = 4 + int.from_bytes(head[:4], "little")
            if start > len(head):
                head = self._bytes(0, start)
            return _described(head[4:start])
        except (ValueError, TypeError, KeyError, zlib.error) as error:
            raise _forged(error) from None

    @cached_property
    def _head(self) -> bytes:
        """The first of the unpacked bytes: the names, and all of most confusion matrices."""
        return zlib.decompressobj().decompress(memoryview(self._blob)[4:], _HEAD_BYTES)

    def _bytes(self, start: int, end: int) -> bytes:
        """Some of the unpacked bytes; those before them are unpacked on the way."""
        if end > _MOST_BYTES:
            raise ValueError("an array is too large")
        if end <= _HEAD_BYTES:
            return self._head[start:end]
        return zlib.decompressobj().decompress(memoryview(self._blob)[4:], end)[start:]


class _Part(NamedTuple):
    """Where one array of a blob is, and what it was before `_narrowed`."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    stored: np.dtype[Any]
    scale: float
    start: int
    end: int


@lru_cache(maxsize=256)
def _described(header: bytes) -> Mapping[str, _Part]:
    """The arrays that a header describes; the runs of a study share a few headers."""
    start, parts = 4 + len(header), {}
    for name, code, shape, stored, scale in json.loads(header):
        dtype, stored_dtype = _DTYPES[code], _DTYPES[stored]
        end = start + math.prod(shape) * stored_dtype.itemsize
        if end < start or not isinstance(name, str):
            raise ValueError("its header describes no arrays")
        parts[name] = _Part(dtype, tuple(shape), stored_dtype, float(scale), start, end)
        start = end
    return parts


def _forged(error: Exception) -> StudyError:
    """The error of a blob whose checksum holds, but which `pack` has not written."""
    return StudyError(f"stored arrays are damaged: {error}.", code="file-damaged")


def _narrowed(values: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Values in the smallest type that holds them, and what to divide by when they are read."""
    if values.dtype.kind in "iu":
        return _smallest_integers(values), 0
    if values.dtype == np.float64:
        with np.errstate(over="ignore", invalid="ignore"):
            for scale in (1.0, _DECIMALS):
                whole = _whole(values, scale)
                if whole is not None:
                    return _smallest_integers(whole), scale
            single = values.astype(np.float32)
        if single.astype(np.float64).tobytes() == values.tobytes():
            return single, 0
    return values, 0


def _whole(values: NDArray[np.float64], scale: float) -> NDArray[np.int64] | None:
    """Integers that give the same values to the bit when divided by `scale`, if there are any."""
    # The first value is enough to see that most columns of losses are not whole.
    first = float(values[0]) if len(values) else 0.0
    if not math.isfinite(first * scale) or round(first * scale) / scale != first:
        return None
    scaled = np.rint(values * scale)
    # Infinity and NaN fail the comparison.
    if not ((scaled / scale == values) & (np.abs(scaled) < 2.0**53)).all():
        return None
    # Integers have no negative zero.
    return None if np.signbit(values[values == 0]).any() else scaled.astype(np.int64)


def _smallest_integers(values: NDArray[Any]) -> NDArray[Any]:
    least, most = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    for dtype, lower, upper in _INTEGERS:
        if lower <= least and most <= upper:
            return values.astype(dtype)
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
