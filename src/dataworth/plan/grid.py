"""The plan of every size with every seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dataworth.records.record import Record, RunKey


class Grid:
    """All of the given runs, each once.

    Parameters
    ----------
    keys : sequence of RunKey
    work : callable
        Samples that a run passes through training.
    slots : int
        Runs that are done at the same time. With one, small runs come first, so that a curve is
        there early; with several, large ones do, so that all slots end at about the same time.
    """

    def __init__(self, keys: Sequence[RunKey], work: Callable[[RunKey], int], slots: int) -> None:
        # Taken from the end.
        self._waiting = sorted(keys, key=work)
        if slots == 1:
            self._waiting.reverse()

    def next(
        self, records: Sequence[Record], running: Sequence[RunKey], free: int
    ) -> Sequence[RunKey]:
        """The next runs, as many as are free."""
        return [self._waiting.pop() for _ in range(min(free, len(self._waiting)))]

    def expected(self) -> int:
        """How many runs are still to be started."""
        return len(self._waiting)
