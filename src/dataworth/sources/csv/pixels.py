"""Rows of comma-separated numbers 0..255, parsed by whole-array operations.

A chunk of text is a ``uint8`` array. The parser finds the separators in it, and the one, two and
three characters before each: four short arrays, from which it checks and computes the numbers. No
number is handled as a string, and no array is wider than a byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth.sources.plan import Block

Pixels = NDArray[np.uint8]
Plain = Callable[[Pixels], Block]
Careful = Callable[[bytes, int], Block]
"""``careful(text, row)`` reads rows of which the first is number `row`, or raises an error."""

# Small enough for the arrays to stay in the cache, large enough for few calls per byte.
_CHUNK_BYTES = 1 << 20
_AHEAD = 3
_KEPT_BYTES = 1 << 23
_MOST_ROW_BYTES = 1 << 26
_ZERO, _NINE, _COMMA, _NEWLINE = (np.uint8(ord(sign)) for sign in "09,\n")
LEAD = b"\n\n\n"
"""Padding before the rows, so that the first fields have three characters before their ends."""


def parse(text: bytes | memoryview, columns: int, label: int | None = None) -> Pixels | None:
    r"""Parse `LEAD` and complete rows, each ended by ``\n``.

    Parameters
    ----------
    text : bytes-like
        `LEAD`, then rows of `columns` whole numbers 0..255 of at most three digits.
    columns : int
        Fields of every row.
    label : int, optional
        Index of the column in which 07 is not 7: a field with a leading zero is refused.

    Returns
    -------
    ndarray of uint8, shape (rows, columns), or None
        None if the text is not exactly of this form.
    """
    require("polars", "tables of data")
    import polars as pl

    signs = np.frombuffer(text, np.uint8)
    if signs[-1] != _NEWLINE or signs.max() > _NINE:
        return None
    # polars filters bytes with vector instructions, much faster than numpy's indexing.
    series, length = pl.Series(signs), len(signs) - len(LEAD)
    is_end = series.slice(len(LEAD)) < ord("0")
    ends, ones, tens, hundreds = (
        series.slice(len(LEAD) - back, length).filter(is_end).to_numpy() for back in range(4)
    )
    if not _is_table(ends, columns):
        return None
    if label is not None and _is_padded(tens[label::columns], hundreds[label::columns]):
        return None
    values = _values(ones - _ZERO, tens - _ZERO, hundreds - _ZERO, length)
    return None if values is None else values.reshape(-1, columns)


def _is_table(ends: Pixels, columns: int) -> bool:
    """Whether a newline ends every row and commas all other fields."""
    if len(ends) % columns:
        return False
    rows = len(ends) // columns
    return (
        bool((ends[columns - 1 :: columns] == _NEWLINE).all())
        and np.count_nonzero(ends == _COMMA) == len(ends) - rows
    )


def _is_padded(tens: Pixels, hundreds: Pixels) -> bool:
    """Whether a number has a leading zero."""
    has_tens = tens >= _ZERO
    has_hundreds = has_tens & (hundreds >= _ZERO)
    first = np.where(has_hundreds, hundreds, tens)
    return bool((has_tens & (first == _ZERO)).any())


def _values(ones: Pixels, tens: Pixels, hundreds: Pixels, length: int) -> Pixels | None:
    """The numbers of a text of `length` characters that end in these; above 9 is a separator.

    None if a field is empty, has more than three digits, or is above 255.
    """
    has_tens = tens < 10
    has_hundreds = (hundreds < 10) & has_tens
    counted = 2 * len(ones) + np.count_nonzero(has_tens) + np.count_nonzero(has_hundreds)
    # Fields of four digits and more have characters that were not counted.
    if ones.max() > 9 or counted != length:
        return None
    hundreds *= has_hundreds.view(np.uint8)
    if hundreds.max() > 2:
        return None
    hundreds *= np.uint8(100)
    tens *= has_tens.view(np.uint8)
    tens *= np.uint8(10)
    ones += tens
    ones += hundreds
    # Numbers above 255 overflowed.
    return None if (ones < hundreds).any() else ones


def read_rows(
    stream: BinaryIO,
    columns: int,
    plain: Plain,
    careful: Careful,
    first_row: int,
    label: int | None = None,
) -> Iterator[Block]:
    """Yield the samples in the rest of `stream`, in order.

    Parameters
    ----------
    stream : binary file
        Positioned at the start of a row.
    columns : int
        Fields of every row.
    plain : callable
        Splits a table of shape (rows, columns) into features and labels.
    careful : callable
        Reads a chunk that `parse` refuses.
    first_row : int
        Number of the first row, for `careful`.
    label : int, optional
        As in `parse`.
    """

    def blocks() -> Iterator[Block]:
        row = first_row
        for text in _chunks(stream):
            table = parse(text, columns, label)
            block = careful(bytes(text[len(LEAD) :]), row) if table is None else plain(table)
            row += len(block.y)
            yield block

    return _ahead(blocks())


def _ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield the same blocks, computed ahead in a thread while the caller uses earlier ones.

    One thread only: with two, the many short calls of numpy would mostly wait for the
    interpreter lock.
    """
    # glibc returns freed memory to the system at once, and page faults then cost as much as the
    # parsing, until it has freed a block of this size (M_MMAP_THRESHOLD adapts).
    np.empty(_KEPT_BYTES, np.uint8)
    pool = ThreadPoolExecutor(1)
    try:
        waiting = deque(pool.submit(next, blocks, None) for _ in range(_AHEAD))
        while (block := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, blocks, None))
            yield block
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(stream: BinaryIO) -> Iterator[memoryview]:
    r"""Yield `LEAD` and complete rows, ``\n`` after each, without blank lines at the end."""
    rest = b""
    while block := stream.read(_CHUNK_BYTES):
        whole = b"".join((LEAD, rest, block))
        if b"\r" in whole:
            whole = whole.replace(b"\r\n", b"\n")
        end = whole.rfind(b"\n")
        if whole[end - 1 : end] == b"\n":
            # Blank lines are held back: they may be the end of the file.
            end = max(len(LEAD) - 1, len(whole[:end].rstrip(b"\n")))
        if end < len(LEAD) and len(whole) > _MOST_ROW_BYTES:
            # A row without end: as it is now, it has too many fields or a field that is too long.
            yield memoryview(whole + b"\n")
            rest = b""
            continue
        rest = whole[end + 1 :]
        if end >= len(LEAD):
            yield memoryview(whole)[: end + 1]
    last = rest.rstrip(b"\r\n")
    if last:
        yield memoryview(LEAD + last + b"\n")
