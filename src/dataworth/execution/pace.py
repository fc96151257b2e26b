"""How long the runs of a study that are left will take, by those that were done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from dataworth.records.record import Record, RunKey

_LEAST_SECONDS = 0.5
"""So long the steps of a run are watched before they say how long the run takes."""


class Pace:
    """The seconds that the runs that are left take, one after the other.

    Parameters
    ----------
    keys : sequence of RunKey
        The runs to be done.
    work : callable
        Samples that a run passes through training; the time of a model's runs grows with it.
    start : float
        Seconds that loading libraries and compiling take at most: the first run of a model may be
        longer by so much. That of a model without steps, which compiles nothing, is longer by no
        more than half of it; and as it is the smallest, the others take no less than its rest.
    """

    SURE_SHARE: ClassVar[float] = 0.5
    """The share of the first run of a model without steps that others take too."""

    def __init__(self, keys: Sequence[RunKey], work: Callable[[RunKey], int], start: float) -> None:
        self._left = {key.digest: key for key in keys}
        self._work = work
        self._start = start
        self._of_runs: dict[str, list[float]] = {}
        self._rest_of_first: dict[str, float] = {}
        self._of_steps: dict[str, float] = {}
        self._began = 0.0
        self._first_step: tuple[int, float] | None = None

    def begin(self) -> None:
        """A run begins."""
        self._began, self._first_step = time.perf_counter(), None

    def step(self, key: RunKey, step: int, of: int | None) -> None:
        """A run has done a step; the first one, in which programs are compiled, does not count."""
        if step < 1:
            return
        now = time.perf_counter()
        if self._first_step is None:
            self._first_step = (step, now)
            return
        first, since = self._first_step
        if of is not None and step > first and now - since >= _LEAST_SECONDS:
            seconds = (now - since) / (step - first) * of
            self._of_steps[key.learner] = seconds / self._work(key)

    def end(self, record: Record) -> None:
        """A run has ended."""
        self._left.pop(record.key.digest, None)
        if record.failure is None:
            if self._first_step is None:
                more = min(self._start, (1 - self.SURE_SHARE) * record.seconds)
                self._rest_of_first.setdefault(record.key.learner, record.seconds - more)
            seconds = record.seconds / self._work(record.key)
            self._of_runs.setdefault(record.key.learner, []).append(seconds)

    @property
    def runs_left(self) -> int:
        """Runs that are left, with the one that is being done."""
        return len(self._left)

    @property
    def seconds_of_run(self) -> float:
        """Seconds since the present run began."""
        return time.perf_counter() - self._began

    @property
    def seconds_left(self) -> float:
        """Seconds of the runs that are left; those of models of which nothing is known count none.

        Of the runs of a model, the one with the most work in a second is taken: small runs take
        their time for other things.
        """
        return sum(
            self._seconds_of_work(key.learner, self._work(key)) for key in self._left.values()
        )

    def _seconds_of_work(self, learner: str, work: int) -> float:
        rates = self._of_runs.get(learner, [])
        if len(rates) > 1:
            return min(rates) * work
        if rates:
            return self._rest_of_first.get(learner, max(0.0, rates[0] * work - self._start))
        return self._of_steps.get(learner, 0.0) * work
