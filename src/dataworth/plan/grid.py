"""The plan of every size with every seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from dataworth.records.record import Record, RunKey


class Grid:
    """All of the given runs, each once.

    Parameters
    ----------
    keys : sequence of RunKey
    work : callable
        Samples that a run passes through training.
        With one run at a time, small runs come first, so that a curve is there early; with
        several, large ones do, so that all end at about the same time.
    """

    def __init__(self, keys: Sequence[RunKey], work: Callable[[RunKey], int]) -> None:
        self._waiting = deque(sorted(keys, key=work))

    def next(
        self, records: Sequence[Record], running: Sequence[RunKey], free: int
    ) -> Sequence[RunKey]:
        """The next runs, as many as are free."""
        take = self._waiting.popleft if len(running) + free == 1 else self._waiting.pop
        busy = {key.digest for key in running}
        found: list[RunKey] = []
        while self._waiting and len(found) < free:
            key = take()
            if key.digest not in busy:
                found.append(key)
        return found

    def expected(self) -> int:
        """How many runs are still to be started."""
        return len(self._waiting)
