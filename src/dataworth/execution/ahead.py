"""Processes made ready while the first run of a study is done in this one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from dataworth.execution.base import Executor


class Ahead:
    """Makes an executor in a thread, once some time has passed.

    Parameters
    ----------
    make : callable
    after : float
        Seconds.
    """

    def __init__(self, make: Callable[[], Executor], after: float) -> None:
        self._make = make
        self._made: Executor | None = None
        self._timer = threading.Timer(after, self._prepare)
        self._timer.daemon = True
        self._timer.start()

    def take(self) -> Executor | None:
        """The executor; None if it was not begun, or could not be made."""
        self._timer.cancel()
        self._timer.join()
        made, self._made = self._made, None
        return made

    def discard(self) -> None:
        """Close the executor, or do not make it."""
        made = self.take()
        if made is not None:
            made.close()

    def _prepare(self) -> None:
        # What is wrong is said where the executor is needed and made again.
        with suppress(Exception):
            self._made = self._make()
