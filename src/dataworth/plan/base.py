"""The planner protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dataworth.records.record import Record, RunKey


class Planner(Protocol):
    """Decides which runs are done next."""

    def next(
        self, records: Sequence[Record], running: Sequence[RunKey], free: int
    ) -> Sequence[RunKey]:
        """The runs to start now.

        Parameters
        ----------
        records : sequence of Record
            All runs of the study that have ended, finished or failed, also before this start.
        running : sequence of RunKey
            The runs that were started and have not ended.
        free : int
            How many more runs can be done at the same time.

        Returns
        -------
        sequence of RunKey
            At most `free`; empty while runs are under way that decide what comes next. The study
            ends when it is empty and nothing is running.
        """

    def expected(self) -> int | None:
        """How many runs are still to be started, if that is known."""
