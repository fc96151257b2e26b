"""The estimate of the time that the rest of a study takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from dataworth.records.record import RunKey

_WINDOW_SECONDS = 30.0


class EtaEstimator:
    """Counts the samples that pass through training while a study runs.

    A run may begin at the epoch where it was stopped, and end before its last epoch where early
    stopping is used. So the runs to come are expected to take the share of their epochs that
    the finished ones took, and epochs trained on another day count neither as done nor as left.

    Parameters
    ----------
    runs, done : sequence of Run
        All runs, and those that were done before.
    work : sequence of int
        Samples that each of `runs` passes through training, at most.
    """

    def __init__(self, runs: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]) -> None:
        kept = set(done)
        self._work = {run: each for run, each in zip(runs, work, strict=True) if run not in kept}
        self._waiting = set(self._work)
        self._before: dict[RunKey, float] = {}
        self._share: dict[RunKey, float] = {}
        self._has_finished = False
        self._moments = deque([(time.monotonic(), 0.0)])

    def add(self, run: RunKey, work: int) -> None:
        """Expect a further run."""
        self._work[run] = work
        self._waiting.add(run)

    def step(self, run: RunKey, step: int, of: int | None) -> None:
        """Count step `step` of `of`; a run of unknown length counts when it ends."""
        if of is None or not 1 <= step <= of:
            return
        if run not in self._before:
            self._before[run] = (step - 1) / of
            if not self._has_finished:
                # The first step of a run may include loading libraries and compiling.
                self._moments.clear()
        self._share[run] = step / of
        self._note()

    def finished(self, run: RunKey) -> None:
        """Count a run that has ended."""
        self._waiting.discard(run)
        self._has_finished = True
        if run not in self._share:
            # Not every model reports steps.
            self._before[run], self._share[run] = 0.0, 1.0
        self._note()

    @property
    def waiting(self) -> int:
        """Number of runs that are not done yet."""
        return len(self._waiting)

    @property
    def done(self) -> float:
        """Samples that passed through training since the start."""
        return sum(
            self._work[run] * (share - self._before[run]) for run, share in self._share.items()
        )

    @property
    def left(self) -> float:
        """Samples that are expected to pass through training from now on."""
        expected = self._expected_share()
        shares = ((run, self._share.get(run, 0.0)) for run in self._waiting)
        return sum(self._work[run] * (max(expected, share) - share) for run, share in shares)

    @property
    def share(self) -> float:
        """What is done of all there is to do, 0 to 1."""
        if not self._waiting:
            return 1.0
        done = self.done
        return done / (done + self.left) if done else 0.0

    @property
    def seconds_left(self) -> float | None:
        """The time that the rest takes at the speed of the last half minute, if that is known."""
        (first, before), (last, now) = self._moments[0], self._moments[-1]
        return self.left * (last - first) / (now - before) if now > before else None

    def _note(self) -> None:
        now = time.monotonic()
        self._moments.append((now, self.done))
        while len(self._moments) > 2 and self._moments[1][0] < now - _WINDOW_SECONDS:
            self._moments.popleft()

    def _expected_share(self) -> float:
        """The share of their epochs that the finished runs took; 1 before the first is."""
        finished = self._share.keys() - self._waiting
        allowed = sum(self._work[run] for run in finished)
        taken = sum(self._work[run] * self._share[run] for run in finished)
        return taken / allowed if allowed else 1.0
