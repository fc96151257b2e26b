"""Outlet: output whose reader may go away, as ``| head`` does, without stopping who writes it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class _Outlet(io.FileIO):
    """A file descriptor that takes everything, and drops it once its reader has gone."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            discard(self.fileno())
            return memoryview(data).nbytes


def discard(descriptor: int) -> None:
    """Let what is written to a file descriptor from now on go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextlib.contextmanager
def outlets() -> Iterator[None]:
    """Make stdout and stderr outlets, so that a command ends its work whoever reads of it.

    What a command leaves in files is worth more than what it prints: a study goes on, and the exit
    code is the command's own. Signs that the encoding lacks are replaced.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_outlet, before)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, AttributeError):
                stream.flush()
        sys.stdout, sys.stderr = before


def _outlet(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    # An encoding without the signs that tables are drawn with shall cost signs, not the table.
    stream.reconfigure(errors="replace")
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if type(raw) is not io.FileIO:
        # In memory, or a console of Windows: neither has a reader that goes away.
        return stream
    with contextlib.suppress(OSError):
        stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(raw.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
