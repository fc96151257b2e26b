"""A ``.npy`` file that grows block by block, so that an array never has to be in memory whole."""

from __future__ import annotations

import io
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from dataworth.fingerprint import ArrayDigest


class NpyWriter:
    """Writes the rows of one array to a file as they come, and digests them on the way.

    The data start at a multiple of 64 bytes, as the format demands, so that a compiler's runtime
    can use the mapped file without a copy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self.digest = ArrayDigest()
        self._file = path.open("wb", buffering=0)
        self._like: NDArray[Any] | None = None

    def append(self, block: NDArray[Any]) -> None:
        """Add the rows of `block`; all blocks have one dtype and one shape of a row."""
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
            # numpy pads the header for a first axis of up to 21 digits: the length stays.
            if error is None and self._like is not None:
                self._file.seek(0)
                self._file.write(self._header())
        finally:
            self._file.close()
