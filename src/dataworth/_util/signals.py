"""Requests to stop (SIGINT, SIGTERM, SIGHUP), recorded and raised where it is safe."""

from __future__ import annotations

import _thread
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Timer
from types import FrameType
from typing import Any

_ENDS = ("SIGTERM", "SIGHUP")
_SECONDS_FOR_IMPORTS = 10.0
_SECONDS_UNTIL_ASKED_AGAIN = 0.05


class _Request:
    """The pending request to stop, if any."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._again: Timer | None = None

    def clear(self) -> None:
        self.drop_reminder()
        self.since = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: raise, or defer while a library is imported that could crash."""
        self.since = self.since or time.monotonic()
        waited = time.monotonic() - self.since
        if _is_importing(frame) and waited < _SECONDS_FOR_IMPORTS:
            self.remind()
            return
        self.drop_reminder()
        raise KeyboardInterrupt

    def remind(self) -> None:
        """Send the signal again after a short delay."""
        self.drop_reminder()
        self._again = Timer(_SECONDS_UNTIL_ASKED_AGAIN, _thread.interrupt_main)
        self._again.daemon = True
        self._again.start()

    def drop_reminder(self) -> None:
        if self._again is not None:
            self._again.cancel()


_request = _Request()


def listen() -> None:
    """Raise KeyboardInterrupt for Ctrl-C, SIGTERM and SIGHUP (a closed terminal).

    SIGHUP stays ignored where it was, as under ``nohup``.

    While a library is imported, it is raised after a delay. Where Python would only print it, as
    in a callback of the garbage collector, it is raised again.
    """
    _request.clear()
    sys.unraisablehook = partial(_unraisable, sys.unraisablehook)
    for name in ("SIGINT", *_ENDS):
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            continue
        signal.signal(number, _request.handle)


def ignore() -> None:
    """Ignore further requests: the work is done, and the process is about to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _ENDS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    _request.drop_reminder()


def check() -> None:
    """Raise a pending request that a library has suppressed.

    Raises
    ------
    KeyboardInterrupt
        If a stop was requested. Some libraries catch everything.
    """
    if _request.since is not None:
        _request.drop_reminder()
        raise KeyboardInterrupt


@contextmanager
def heard() -> Iterator[None]:
    """Replace an error that a library raises because of a request to stop by the request.

    Raises
    ------
    KeyboardInterrupt
        In place of any error, if a stop was requested.
    """
    try:
        yield
    except Exception:
        if _request.since is not None:
            raise KeyboardInterrupt from None
        raise


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _unraisable(otherwise: Callable[[Any], None], what: Any) -> None:
    if isinstance(what.exc_value, KeyboardInterrupt):
        _request.remind()
    else:
        otherwise(what)
