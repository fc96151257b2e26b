"""Texts: many strings in two arrays, which processes can share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataError


class Texts(Sequence[str]):
    """Strings, stored as their UTF-8 bytes one after the other.

    A list of strings is an object for each of them, which every process would have to hold; two
    arrays can be mapped into the memory of all.

    Parameters
    ----------
    data : ndarray of uint8, shape (bytes,)
        The bytes of all texts.
    ends : ndarray of int64, shape (n,)
        Where each text ends in `data`.
    """

    def __init__(self, data: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.data = data
        self.ends = ends

    @classmethod
    def of(cls, texts: Sequence[Any], which: str = "x") -> Texts:
        """Store texts; a missing one, or one that is not text, is refused with its row.

        Raises
        ------
        DataError
            If an entry is not a string, or holds half of a surrogate pair.
        """
        encoded = []
        for row, text in enumerate(texts):
            if not isinstance(text, str):
                raise DataError(
                    f"{which}, row {row}: {text!r} is not text, and the other entries are. Give a "
                    "text, which may be empty, or remove the row.",
                    code="not-text",
                    row=row,
                )
            try:
                encoded.append(text.encode())
            except UnicodeEncodeError:
                raise DataError(
                    f"{which}, row {row}: the text holds a character that UTF-8 does not have "
                    "(half of a surrogate pair). Read the file again with the right encoding.",
                    code="not-utf-8",
                    row=row,
                ) from None
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        return cls(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum(lengths))

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        row = range(len(self))[index]
        start = int(self.ends[row - 1]) if row else 0
        return self.data[start : int(self.ends[row])].tobytes().decode()

    def take(self, rows: NDArray[np.int64]) -> list[str]:
        """The texts of `rows`, in their order."""
        return [self[row] for row in rows.tolist()]
