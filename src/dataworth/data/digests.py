"""SHA-256 of features in every form: it changes with any cell, column name or type."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dataworth.data import features, frames
from dataworth.data.forms import form
from dataworth.data.items import HuggingFace
from dataworth.data.texts import Texts
from dataworth.errors import DataError

_BLOCK_ROWS = 16_384


class Hash(Protocol):
    """What is fed with bytes; SHA-256 here."""

    def update(self, data: Any, /) -> None:
        """Feed the next bytes."""


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


def described(x: Any, digest: str | None = None) -> tuple[Any, ...]:
    """What a fingerprint holds of features, targets or a column: shape, types and a hash.

    Parameters
    ----------
    x : features in any form, or an ndarray
    digest : str, optional
        The hash of an array, where it is known.
    """
    if hasattr(x, "update_digest"):
        content = hashlib.sha256()
        x.update_digest(content)
        return type(x).__name__, len(x), content.hexdigest()
    kind = form(x) if not (isinstance(x, np.ndarray) and x.dtype.kind in "UT") else "array"
    if kind == "array" and hasattr(x, "dtype") and x.dtype.kind != "O":
        held = x[:0] if x.dtype.kind in "UT" or not features.is_mapped(x) else _held_type(x)
        return x.shape, held.dtype.str, digest or _digest_of_array(x, held.dtype)
    total = hashlib.sha256()
    if kind == "frame":
        _frame(total, x)
    elif kind == "sparse":
        for part in (x.indptr.astype(np.int64), x.indices.astype(np.int64), x.data):
            _array(total, part)
        return "sparse", x.shape, x.dtype.str, total.hexdigest()
    elif isinstance(x, Texts):
        _array(total, x.ends)
        total.update(x.data.data)
    elif isinstance(x, HuggingFace):
        for start in range(0, len(x), _BLOCK_ROWS):
            _frame(total, x.table(start, _BLOCK_ROWS))
    else:
        for index in range(len(x)):
            cell(total, x[index])
    return kind, len(x) if kind != "frame" else frames.rows_of(x), total.hexdigest()


def _held_type(x: NDArray[Any]) -> NDArray[Any]:
    # Targets and columns that are mapped keep their type: only features become float32.
    return x[:0] if x.ndim < 2 else features.as_held(x[:0])


def _digest_of_array(array: NDArray[Any], dtype: np.dtype[Any]) -> str:
    digest = ArrayDigest()
    for start in range(0, len(array), _BLOCK_ROWS):
        block = np.ascontiguousarray(array[start : start + _BLOCK_ROWS], dtype)
        digest.update(block.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _array(total: Hash, array: NDArray[Any]) -> None:
    total.update(repr((array.shape, array.dtype.str)).encode())
    total.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _frame(total: Hash, frame: Any) -> None:
    """Column by column, each in blocks of rows."""
    rows = frames.rows_of(frame)
    for name in frames.names_of(frame):
        values = frames.column(frame, name)
        total.update(repr((name, frames.type_of(values), frames.categories_of(values))).encode())
        for start in range(0, rows, _BLOCK_ROWS):
            _cells(total, frames.slice_of(values, start, _BLOCK_ROWS))


def _cells(total: Hash, values: Any) -> None:
    array = frames.plain_array(values)
    if array is not None:
        _array(total, array)
        return
    cells = frames.cells_of(values)
    if all(type(each) is str for each in cells):
        _texts(total, cells)
        return
    if all(each is None or type(each) is str for each in cells):
        total.update(bytes(each is None for each in cells))
        _texts(total, ["" if each is None else each for each in cells])
        return
    for each in cells:
        cell(total, each)


def _texts(total: Hash, texts: list[str]) -> None:
    encoded = [each.encode("utf-8", "surrogatepass") for each in texts]
    _array(total, np.fromiter(map(len, encoded), np.int64, len(encoded)))
    total.update(b"".join(encoded))


def cell(total: Hash, value: Any) -> None:
    """Feed one value of any type: its type, its length and its content.

    Raises
    ------
    DataError
        If it is an object that cannot be pickled.
    """
    name = type(value).__qualname__
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        _array(total, value)
        return
    if isinstance(value, str | bytes):
        content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        total.update(f"{name} {len(content)} ".encode() + content)
        return
    if isinstance(value, Mapping):
        total.update(f"{name} {len(value)} ".encode())
        _each(total, (part for pair in value.items() for part in pair))
        return
    if isinstance(value, set | frozenset):
        total.update(f"{name} {len(value)} ".encode())
        _each(total, sorted(value, key=repr))
        return
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        total.update(f"{name} {len(value)} ".encode())
        _each(total, value)
        return
    if hasattr(value, "__array__") and hasattr(value, "shape") and np.ndim(value):
        # A tensor, or an image.
        total.update(f"{name} ".encode())
        cell(total, np.asarray(value))
        return
    text = repr(value)
    if " at 0x" not in text and type(value).__module__.partition(".")[0] in _PLAIN_MODULES:
        total.update(f"{name} {len(text)} {text}".encode())
        return
    try:
        content = pickle.dumps(value, protocol=4)
    except Exception as error:
        raise DataError(
            f"a cell holds {text[:80]}, of which no fingerprint can be made ({error}). Use "
            "numbers, texts, dates or arrays; or leave the column out.",
            code="wrong-type",
        ) from None
    total.update(f"{name} {len(content)} ".encode() + content)


_PLAIN_MODULES = ("builtins", "datetime", "decimal", "fractions", "numpy", "pandas", "uuid")


def _each(total: Hash, values: Iterable[Any]) -> None:
    for value in values:
        cell(total, value)
