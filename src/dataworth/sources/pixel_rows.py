"""Rows of comma-separated numbers 0..255, parsed by whole-array operations.

A chunk of text is a ``uint8`` array. Every byte gets the value that a field would have if it ended
there (its digit, ten times the digit before it, a hundred times the one before that); then the
bytes before separators are kept. No number exists as text, and no array wider than a byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dataworth.sources.recipe import Block

Pixels = NDArray[np.uint8]
Plain = Callable[[Pixels], Block]
Careful = Callable[[bytes, int], Block]
"""``careful(text, row)`` reads rows of which the first is number `row`, or says what is wrong."""

# A chunk and what is made of it stay in a core's cache, and below the size from which the C library
# gives memory back to the system at once: page faults would cost more than the parsing.
_CHUNK_BYTES = 1 << 18
_THREADS = 2
_AHEAD = 4 * _THREADS
_ZERO, _COMMA, _NEWLINE = (np.uint8(ord(sign)) for sign in "0,\n")


def parse(text: bytes, columns: int) -> Pixels | None:
    r"""Parse complete rows, each ended by ``\n``.

    Parameters
    ----------
    text : bytes
        Rows of `columns` whole numbers 0..255 of at most three digits.
    columns : int
        Fields of every row.

    Returns
    -------
    ndarray of uint8, shape (rows, columns), or None
        None if anything in the text is not exactly of this form.
    """
    signs = np.frombuffer(text, np.uint8)
    digits = signs - _ZERO
    is_digit = digits < 10
    ends = ~is_digit[1:]
    if not is_digit[0] or signs[-1] != _NEWLINE or not (is_digit[:-1] | is_digit[1:]).all():
        return None
    pairs = is_digit[1:] & is_digit[:-1]
    if (pairs[2:] & pairs[:-2]).any():
        return None
    np.multiply(digits, is_digit.view(np.uint8), out=digits)
    values = digits.copy()
    values[1:] += digits[:-1] * np.uint8(10)
    hundreds = digits[:-2] * pairs[1:].view(np.uint8)
    if hundreds.max(initial=0) > 2:
        return None
    hundreds *= np.uint8(100)
    values[2:] += hundreds
    if (values[2:] < hundreds).any():
        return None
    return _table(*_where(ends, values[:-1], signs[1:]), columns)


def _table(values: Pixels, separators: Pixels, columns: int) -> Pixels | None:
    """`values` as rows, if a newline ends every row and commas all other fields."""
    if len(values) % columns:
        return None
    marks = separators.reshape(-1, columns)
    if not ((marks[:, :-1] == _COMMA).all() and (marks[:, -1] == _NEWLINE).all()):
        return None
    return values.reshape(-1, columns)


def _where(mask: NDArray[np.bool_], first: Pixels, second: Pixels) -> tuple[Pixels, Pixels]:
    # polars filters bytes with vector instructions, several times as fast as numpy's indexing.
    import polars as pl

    bits = pl.Series(mask)
    return pl.Series(first).filter(bits).to_numpy(), pl.Series(second).filter(bits).to_numpy()


def read_rows(
    stream: BinaryIO, columns: int, plain: Plain, careful: Careful, first_row: int
) -> Iterator[Block]:
    """Yield the samples in the rest of `stream`, in order.

    Parameters
    ----------
    stream : binary file
        Positioned at the start of a row.
    columns : int
        Fields of every row.
    plain : callable
        Parts a table of shape (rows, columns) into features and labels.
    careful : callable
        Takes over for a chunk that `parse` refuses.
    first_row : int
        Number of the first row, for `careful`.
    """

    def block_of(text: bytes) -> Block | None:
        table = parse(text, columns)
        return None if table is None else plain(table)

    row = first_row
    waiting: deque[tuple[bytes, Future[Block | None]]] = deque()
    chunks = _chunks(stream)
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            while True:
                for text in islice(chunks, _AHEAD - len(waiting)):
                    waiting.append((text, pool.submit(block_of, text)))
                if not waiting:
                    return
                text, future = waiting.popleft()
                block = future.result() or careful(text, row)
                row += len(block.y)
                yield block
        finally:
            pool.shutdown(cancel_futures=True)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    r"""Complete rows, ``\n`` after each; blank lines at the very end are left out."""
    rest = b""
    while block := stream.read(_CHUNK_BYTES):
        whole = rest + block
        if b"\r" in whole:
            whole = whole.replace(b"\r\n", b"\n")
        rows = whole[: whole.rfind(b"\n") + 1].rstrip(b"\n")
        if rows:
            yield rows + b"\n"
        # Blank lines wait for what comes after them.
        rest = whole[len(rows) + 1 :] if rows else whole
    last = rest.rstrip(b"\r\n")
    if last:
        yield last + b"\n"
