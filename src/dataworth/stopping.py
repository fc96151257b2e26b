"""Stopping: a request to stop that a library swallowed still counts at the end of the epoch."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

_requested = Event()


def listen() -> None:
    """Take Ctrl-C and SIGTERM as requests to stop, each raised as KeyboardInterrupt."""
    _requested.clear()
    for name in ("SIGINT", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _request)


def check() -> None:
    """Raise what was requested, if it was swallowed on its way.

    Raises
    ------
    KeyboardInterrupt
        If a stop was requested. Some libraries catch everything while they are being imported.
    """
    if _requested.is_set():
        raise KeyboardInterrupt


@contextmanager
def heard() -> Iterator[None]:
    """Take what a library makes of a request to stop, such as a failed import, for the request.

    Raises
    ------
    KeyboardInterrupt
        In place of any error, if a stop was requested.
    """
    try:
        yield
    except Exception:
        if _requested.is_set():
            raise KeyboardInterrupt from None
        raise


def _request(number: int, frame: FrameType | None) -> None:
    _requested.set()
    if not _is_lost_in(frame):
        raise KeyboardInterrupt


def _is_lost_in(frame: FrameType | None) -> bool:
    """Whether Python would print and forget what is raised here: in a callback of its collector."""
    codes = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None:
        if frame.f_code in codes:
            return True
        frame = frame.f_back
    return False
