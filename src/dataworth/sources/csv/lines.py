"""The lines of a CSV file, whatever ends them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from dataworth.sources.files import Entry

_HEAD_BYTES = 1 << 18


@contextmanager
def open_lines(entry: Entry) -> Iterator[BinaryIO]:
    r"""Open a file whose lines end with ``\n``.

    Where a carriage return alone ends the first lines, as in files of Excel's "CSV (Macintosh)",
    each is read as a line feed.

    Raises
    ------
    DataError
        As `Entry.open`.
    """
    with entry.open() as file:
        head = cast(io.BufferedReader, file).peek(_HEAD_BYTES)[:_HEAD_BYTES]
        if b"\r" in head and b"\n" not in head:
            yield cast(BinaryIO, io.BufferedReader(_LineFeeds(file), _HEAD_BYTES))
        else:
            yield file


class _LineFeeds(io.RawIOBase):
    """A stream with a line feed in place of each carriage return."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._file.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(block)] = block
        return len(block)
