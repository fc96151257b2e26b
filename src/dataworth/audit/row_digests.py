"""A digest of each sample's features, by which equal samples are found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.audit.view import blocks
from dataworth.data import digests, features, frames
from dataworth.data.forms import form
from dataworth.data.images import ImageFiles

_BLOCK_ROWS = 16_384


def row_digests(x: Any, rows: NDArray[np.int64] | None = None) -> Iterator[bytes]:
    """The digest of each sample, or of those of `rows`, in order.

    Two samples with the same digest have the same features: 128-bit BLAKE2b of the bytes, and of
    frames 64 bits of the library's own hash of a row.

    Parameters
    ----------
    x : features in any form
    rows : ndarray of int64, optional
    """
    if isinstance(x, ImageFiles):
        paths = x.paths if rows is None else [x.paths[row] for row in rows.tolist()]
        for path in paths:
            yield hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        return
    if form(x) == "array":
        for block in blocks(x, rows):
            # Adding 0 turns -0.0 into 0.0, an equal number with other bytes.
            plain = block if block.dtype == np.uint8 else block + np.zeros((), block.dtype)
            for row in plain.view(np.uint8):
                yield hashlib.blake2b(row.data, digest_size=16).digest()
        return
    wanted = np.arange(features.length(x)) if rows is None else rows
    for start in range(0, len(wanted), _BLOCK_ROWS):
        yield from _of_block(features.take(x, wanted[start : start + _BLOCK_ROWS]))


def _of_block(block: Any) -> Iterator[bytes]:
    library = frames.library_of(block)
    if library is not None:
        yield from _of_frame(block, library)
        return
    for sample in block:
        total = hashlib.blake2b(digest_size=16)
        if hasattr(sample, "tocoo"):
            row = sample.tocoo()
            digests.cell(total, np.asarray(row.coords[-1] if hasattr(row, "coords") else row.col))
            digests.cell(total, row.data)
        else:
            digests.cell(total, sample)
        yield total.digest()


def _of_frame(block: Any, library: str) -> Iterator[bytes]:
    if library == "polars" and not any(each.is_nested() for each in block.dtypes):
        yield from (int(value).to_bytes(8, "little") for value in block.hash_rows())
        return
    if library == "pandas":
        import pandas as pd

        try:
            hashes = pd.util.hash_pandas_object(block, index=False).to_numpy()
        except TypeError:
            # Cells that cannot be hashed, such as lists.
            pass
        else:
            yield from (int(value).to_bytes(8, "little") for value in hashes)
            return
    columns = [frames.cells_of(frames.column(block, name)) for name in frames.names_of(block)]
    for cells in zip(*columns, strict=True):
        total = hashlib.blake2b(digest_size=16)
        digests.cell(total, cells)
        yield total.digest()
