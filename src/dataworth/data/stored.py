"""Frames of which the columns lie in files that several processes map into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.data import frames
from dataworth.data.frames import Name
from dataworth.data.texts import Texts

_BLOCK_ROWS = 65_536
_THERE, _NONE, _NAN, _NA = range(4)
"""What a cell is: a value, None, NaN, or pandas' NA."""


class StoredColumn(NamedTuple):
    """A column with gaps.

    Attributes
    ----------
    values : Texts or ndarray, shape (n,)
        Anything where a cell is missing.
    missing : ndarray of uint8, shape (n,)
        0 for a value, else which missing value the cell holds.
    dtype : object
        The library's type of the column.
    """

    values: Texts | NDArray[Any]
    missing: NDArray[np.uint8]
    dtype: Any


class StoredFrame:
    """A frame of pandas or polars, some columns of which are stored in files.

    Parameters
    ----------
    rest : DataFrame
        The other columns; in pandas its index is that of the frame.
    stored : mapping from name to StoredColumn
    columns : sequence of hashable, or pandas.Index
        The names of all columns in their order.
    """

    def __init__(self, rest: Any, stored: Mapping[Name, StoredColumn], columns: Any) -> None:
        self.rest = rest
        self.stored = dict(stored)
        self.columns = columns

    @property
    def library(self) -> str:
        """The library of the frames that `take_rows` gives."""
        return frames.library_of(self.rest) or ""

    def __len__(self) -> int:
        return len(next(iter(self.stored.values())).missing)

    def take_rows(self, rows: NDArray[np.int64]) -> Any:
        """These rows as a frame of the library."""
        return self._in_pandas(rows) if self.library == "pandas" else self._in_polars(rows)

    def _in_pandas(self, rows: NDArray[np.int64]) -> Any:
        import pandas as pd

        rest = self.rest.iloc[rows]
        columns = {
            place: _series_of_pandas(self.stored[name], rows, rest.index)
            if name in self.stored
            else rest[name]
            for place, name in enumerate(self.columns)
        }
        frame = pd.DataFrame(columns, index=rest.index, copy=False)
        frame.columns = self.columns
        return frame

    def _in_polars(self, rows: NDArray[np.int64]) -> Any:
        import polars as pl

        rest = self.rest[rows] if self.rest.width else self.rest
        return pl.DataFrame(
            [
                _series_of_polars(name, self.stored[name], rows)
                if name in self.stored
                else rest[name]
                for name in self.columns
            ]
        )


def store(frame: Any, folder: Path, stem: str) -> StoredFrame | None:
    """Write columns to files and map them; None where no column needs it.

    Of pandas these are the columns of texts: arrays of numbers are shared as they are. Of polars
    they are those of numbers, times, texts and categories.

    Parameters
    ----------
    frame : DataFrame of pandas or polars
    folder : Path
    stem : str
        The beginning of the names of the files.

    Raises
    ------
    OSError
        If the files cannot be written.
    """
    library = frames.library_of(frame)
    write = _written_of_pandas if library == "pandas" else _written_of_polars
    stored = {}
    for place, name in enumerate(frames.names_of(frame)):
        column = write(frames.column(frame, name), folder / f"{stem}-{place}")
        if column is not None:
            stored[name] = column
    if not stored:
        return None
    rest = frames.select(frame, [name for name in frames.names_of(frame) if name not in stored])
    return StoredFrame(rest, stored, frame.columns)


def _written_of_pandas(column: Any, path: Path) -> StoredColumn | None:
    is_objects = str(column.dtype) in ("object", "str", "string", "large_string[pyarrow]")
    if not is_objects or frames.kind_of(column) != "text":
        return None

    def blocks() -> Iterator[Sequence[Any]]:
        for start in range(0, len(column), _BLOCK_ROWS):
            yield column.iloc[start : start + _BLOCK_ROWS].astype(object).tolist()

    return _written_texts(blocks(), path, column.dtype)


def _written_of_polars(column: Any, path: Path) -> StoredColumn | None:
    import polars as pl

    kind = column.dtype
    if kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum):

        def blocks() -> Iterator[Sequence[Any]]:
            for start in range(0, len(column), _BLOCK_ROWS):
                yield column.slice(start, _BLOCK_ROWS).cast(pl.String).to_list()

        return _written_texts(blocks(), path, kind)
    if not (kind.is_integer() or kind.is_float() or kind.is_temporal() or kind == pl.Boolean):
        return None
    if str(kind) in ("Int128", "UInt128", "Float16"):
        return None
    physical = column.cast(pl.UInt8) if kind == pl.Boolean else column.to_physical()
    values = np.lib.format.open_memmap(
        path.with_suffix(".npy"), "w+", physical.slice(0, 0).to_numpy().dtype, (len(column),)
    )
    for start in range(0, len(column), _BLOCK_ROWS):
        cells = physical.slice(start, _BLOCK_ROWS).fill_null(0)
        values[start : start + len(cells)] = cells.to_numpy()
    values.flush()
    missing = column.is_null().cast(pl.UInt8).to_numpy()
    return StoredColumn(np.load(path.with_suffix(".npy"), mmap_mode="r"), missing, kind)


def _written_texts(blocks: Iterator[Sequence[Any]], path: Path, dtype: Any) -> StoredColumn:
    ends, missing = [], []
    total = 0
    with path.with_suffix(".bin").open("wb") as file:
        for cells in blocks:
            kinds = np.array([_kind(cell) for cell in cells], np.uint8)
            encoded = [
                cell.encode("utf-8", "surrogatepass") if kind == _THERE else b""
                for cell, kind in zip(cells, kinds.tolist(), strict=True)
            ]
            lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
            ends.append(total + np.cumsum(lengths))
            missing.append(kinds)
            total = int(ends[-1][-1])
            file.write(b"".join(encoded))
        # A file of no bytes cannot be mapped.
        file.write(b"\0")
    data = np.memmap(path.with_suffix(".bin"), np.uint8, "r")
    return StoredColumn(Texts(data, np.concatenate(ends)), np.concatenate(missing), dtype)


def _kind(cell: Any) -> int:
    if isinstance(cell, str):
        return _THERE
    if cell is None:
        return _NONE
    return _NAN if isinstance(cell, float) else _NA


def _cells(column: StoredColumn, rows: NDArray[np.int64], gaps: Sequence[Any]) -> NDArray[Any]:
    """Texts as objects, with `gaps` for None, NaN and NA."""
    assert isinstance(column.values, Texts)
    values = np.empty(len(rows), object)
    values[:] = column.values.take(rows)
    kinds = column.missing[rows]
    for kind, gap in zip((_NONE, _NAN, _NA), gaps, strict=True):
        values[kinds == kind] = gap
    return values


def _series_of_pandas(column: StoredColumn, rows: NDArray[np.int64], index: Any) -> Any:
    import pandas as pd

    values = _cells(column, rows, (None, np.nan, pd.NA))
    return pd.Series(values, index=index, dtype=column.dtype)


def _series_of_polars(name: str, column: StoredColumn, rows: NDArray[np.int64]) -> Any:
    import polars as pl

    if isinstance(column.values, Texts):
        texts = _cells(column, rows, (None, None, None)).tolist()
        return pl.Series(name, texts, pl.String).cast(column.dtype)
    values = pl.Series(name, np.asarray(column.values[rows])).cast(column.dtype)
    missing = column.missing[rows] != 0
    return values.set(pl.Series(missing), None) if missing.any() else values
