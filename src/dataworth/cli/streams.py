"""Standard streams that tolerate a broken pipe, as of ``| head``."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class _TolerantFile(io.FileIO):
    """A file descriptor that discards what is written after its reader has gone away."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # A terminal that was closed raises EIO.
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            discard(self.fileno())
            return memoryview(data).nbytes


def discard(descriptor: int) -> None:
    """Let what is written to a file descriptor from now on go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextlib.contextmanager
def tolerate_broken_pipe() -> Iterator[None]:
    """Let a command finish its work when the reader of stdout or stderr closes the pipe.

    Its files matter more than its output: a study continues, and the exit code is the command's
    own. Characters that the encoding lacks are replaced.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_tolerant, before)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, AttributeError):
                stream.flush()
        sys.stdout, sys.stderr = before


def _tolerant(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    # Box-drawing characters that the encoding lacks are replaced instead of raising an error.
    stream.reconfigure(errors="replace")
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if type(raw) is not io.FileIO:
        # In memory, or a console of Windows: neither has a reader that goes away.
        return stream
    with contextlib.suppress(OSError):
        stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_TolerantFile(raw.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
