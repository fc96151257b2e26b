"""Features in the form in which a data set holds them: checked, counted, and taken by row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.machine import available_memory
from dataworth.data import frames, items
from dataworth.data.base import RowNumbers
from dataworth.data.forms import form, is_sparse, numbers
from dataworth.data.images import LazyImages
from dataworth.data.texts import Texts
from dataworth.errors import DataError

_BLOCK_BYTES = 1 << 24


def features_of(x: Any, which: str) -> Any:
    """Features as a data set holds them; see `Dataset` for what becomes of each form.

    Raises
    ------
    DataError
        If they have no rows, are not finite, or have a form that cannot be used.
    """
    kind = form(x)
    if kind == "frame":
        return _frame(x, which)
    if kind == "sparse":
        return _sparse(x, which)
    if kind == "texts":
        return x if isinstance(x, Texts) else Texts.of(x, which)
    if kind == "items":
        return _items(x, which)
    return x if is_lazy(x) else _array(x, which)


def length(x: Any) -> int:
    """Number of samples."""
    if frames.library_of(x) is not None:
        return frames.rows_of(x)
    return int(x.shape[0]) if hasattr(x, "shape") else len(x)


def shape_of(x: Any) -> tuple[int, ...]:
    """Shape of one sample: the number of columns of a frame; empty for texts and items."""
    if frames.library_of(x) is not None:
        return (len(frames.names_of(x)),)
    return tuple(x.shape[1:]) if hasattr(x, "shape") else ()


def type_name(x: Any) -> str:
    """What one sample is made of, in a word for tables."""
    kind = form(x)
    if kind == "frame":
        return f"{frames.library_of(x)} columns"
    if kind == "texts":
        return "text"
    return str(x.dtype) if hasattr(x, "dtype") else "items"


def take(x: Any, rows: RowNumbers) -> Any:
    """The samples of `rows` in their order, as a learner gets them."""
    kind = form(x)
    if kind == "frame":
        return frames.take(x, rows)
    if kind in ("texts", "items"):
        return items.fetch(x, rows)
    taken = x[rows]
    return taken if is_sparse(taken) else as_held(taken)


def as_held(array: NDArray[Any]) -> NDArray[Any]:
    """Values of a memory-mapped array in the type that learners get: ``uint8`` or ``float32``."""
    if is_lazy(array):
        return np.asarray(array)
    if array.dtype in (np.uint8, np.float32):
        return array
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype=np.float32)


def is_held(x: Any) -> bool:
    """Whether samples are an array, mapped or not, of a type that learners get."""
    return isinstance(x, np.ndarray) and x.dtype in (np.uint8, np.float32)


def as_numbers(x: Any, what: str) -> Any:
    """Features as an array of ``uint8`` or ``float32``, unless they do not fit in memory.

    See `Dataset.as_arrays`.
    """
    if is_held(x):
        return x
    memory = available_memory()
    if is_elsewhere(x) and memory is not None and bytes_of(x, len(x)) > memory // 2:
        return x
    return numbers(x, what)


def copy_rows(x: Any, rows: RowNumbers, out: NDArray[Any]) -> None:
    """Copy samples of an array of any type, or of images, to `out`, as a learner gets them."""
    if isinstance(x, np.ndarray) and x.dtype == out.dtype:
        # Rows are within bounds; with a check of them, NumPy would copy once more.
        np.take(x, rows, axis=0, out=out, mode="clip")
    else:
        out[:] = as_held(x[rows])


def bytes_of(x: Any, rows: int) -> int:
    """Bytes that so many samples of an array take in the type that learners get."""
    size = 1 if x.dtype == np.uint8 else 4
    return int(rows * math.prod(x.shape[1:]) * size)


def check_match(x: Any, test: Any) -> Any:
    """Held-out features in the order of the columns of `x`; refused where they differ from it.

    Raises
    ------
    DataError
        If a column is missing or has cells of another kind, or a sample another shape.
    """
    if form(x) != form(test):
        raise DataError(
            f"x is of the form {form(x)!r} and x_test of {form(test)!r}; both must be the same.",
            code="shape-mismatch",
        )
    library = frames.library_of(x)
    if library is None:
        if shape_of(x) != shape_of(test):
            raise DataError(
                f"x holds samples of shape {shape_of(x)} and x_test of shape {shape_of(test)}; "
                "both must be the same.",
                code="shape-mismatch",
            )
        return test
    if frames.library_of(test) != library:
        raise DataError(
            f"x is a frame of {library} and x_test one of {frames.library_of(test)}; both must be "
            "of one library.",
            code="shape-mismatch",
        )
    lacking = [name for name in frames.names_of(x) if name not in frames.names_of(test)]
    if lacking:
        raise DataError(
            f"x_test lacks {len(lacking)} of the columns of x: {frames.listed(lacking)}. Add them, "
            f"or omit them of both with drop= (--drop {','.join(map(str, lacking))}).",
            code="column-missing",
            columns=lacking,
        )
    test = frames.select(test, frames.names_of(x))
    held = frames.kinds_of(test)
    for name, kind in frames.kinds_of(x).items():
        if {kind, held[name]} in ({"text", "number"}, {"text", "date"}, {"number", "date"}):
            raise DataError(
                f"column {name!r} is {kind} in x and {held[name]} in x_test. Read both in the same "
                "way, or leave the column out of both with drop=.",
                code="shape-mismatch",
                column=name,
            )
    return test


def _frame(x: Any, which: str) -> Any:
    names = frames.names_of(x)
    if not frames.rows_of(x) or not names:
        raise DataError(
            f"{which} is a table of {frames.rows_of(x):,} rows and {len(names)} columns of "
            "features; expected at least one of each.",
            code="no-rows",
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            f"{which}: {names.count(twice)} columns are called {twice!r}; rename all but one.",
            code="named-twice",
            column=twice,
        )
    return x


def _sparse(x: Any, which: str) -> Any:
    if len(x.shape) != 2 or not x.shape[0]:
        raise DataError(
            f"{which} has shape {x.shape}; expected (samples, features) with at least one sample.",
            code="shape-mismatch",
        )
    rows = x.tocsr()
    if rows.dtype.kind not in "biuf":
        raise DataError(
            f"{which} is a sparse matrix of {rows.dtype}; expected numbers.", code="not-numeric"
        )
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    finite = np.isfinite(rows.data)
    if not finite.all():
        row = int(np.searchsorted(rows.indptr, int((~finite).argmax()), side="right") - 1)
        raise _not_finite(which, int((~finite).sum()), row)
    return rows


def _items(x: Any, which: str) -> Any:
    if not len(x):
        raise DataError(f"{which} holds no samples.", code="no-rows")
    if not isinstance(x, list | tuple):
        return x
    arrays = [np.asarray(each) for each in x if hasattr(each, "shape")]
    types = {each.dtype for each in arrays}
    if len(arrays) < len(x) or len(types) > 1 or arrays[0].dtype.kind not in "biuf":
        return list(x)
    for row, each in enumerate(arrays):
        if not np.isfinite(each).all():
            raise _not_finite(which, 1, row)
    return items.Arrays(arrays)


def _array(x: Any, which: str) -> NDArray[Any]:
    try:
        array = x if isinstance(x, np.ndarray) else np.asarray(x)
    except ValueError as error:
        raise DataError(f"{which} forms no array: {error}.", code="shape-mismatch") from None
    if array.ndim < 2 or len(array) == 0:
        raise DataError(
            f"{which} has shape {array.shape}; expected (samples, ...) with at least one sample "
            "and one feature; of a table, were all other columns left out?",
            code="shape-mismatch",
        )
    if array.dtype == np.uint8:
        return array
    if not is_mapped(array) or array.dtype.kind not in "biuf":
        try:
            array = np.asarray(array, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{which} holds something that is not a number: {error}. Columns of text, dates or "
                "gaps belong in a frame of pandas or polars, which goes to the model as it is.",
                code="not-numeric",
            ) from None
    faults, first = 0, -1
    for start, values in blocks(array):
        finite = np.isfinite(as_held(values)).reshape(len(values), -1).all(axis=1)
        if not finite.all():
            first = start + int(finite.argmin()) if first < 0 else first
            faults += int((~finite).sum())
    if faults:
        raise _not_finite(which, faults, first)
    return array


def _not_finite(which: str, samples: int, row: int) -> DataError:
    return DataError(
        f"{which} holds NaN or infinity in {samples:,} samples, the first in row {row}; remove "
        "those samples or fill the gaps.",
        code="not-finite",
        row=row,
    )


def is_mapped(array: NDArray[Any]) -> bool:
    """Whether an array, or what it is a view of, is mapped from a file."""
    owner: Any = array
    while owner is not None:
        if isinstance(owner, np.memmap):
            return True
        owner = getattr(owner, "base", None)
    return False


def is_lazy(x: Any) -> bool:
    """Whether samples are images that are made when their rows are taken."""
    return isinstance(x, LazyImages)


def is_elsewhere(x: Any) -> bool:
    """Whether samples are not in memory: mapped from a file, or made when they are taken."""
    return is_lazy(x) or (isinstance(x, np.ndarray) and is_mapped(x))


def blocks(array: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Consecutive samples of some megabytes, with the number of the first of them."""
    step = max(1, _BLOCK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), step):
        yield start, array[start : start + step]
