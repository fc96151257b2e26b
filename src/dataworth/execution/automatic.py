"""Runs in this process at first, and in several processes once these are quicker."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from dataworth._util.files import DISK_FULL
from dataworth._util.machine import uses_gpu
from dataworth.errors import StudyError
from dataworth.execution.ahead import Ahead
from dataworth.execution.base import Executor, Moved, StepListener
from dataworth.execution.pace import Pace
from dataworth.records.record import Record, RunKey

_START = (1.5, 6.0)
"""Seconds that the start of a worker is taken for at least and at most: this process may have been
forked from another, and may be days old."""
_LEAST_AHEAD = 0.25
"""Seconds that the first run takes before a process is made ready, however many runs are left."""
_CANNOT = ("not-picklable", "worker-did-not-start", DISK_FULL)
"""Reasons why processes cannot do the runs and this one still can."""


class Automatic:
    """Does runs one after the other until they are known to be worth several processes.

    The first runs tell how long those that are left will take. Where several processes save more
    time than they take to start, they do the rest; a run under way whose steps tell so is begun
    again in one of them. The start of a process is taken to last as long as this one has computed
    before its first run, which was to load the same libraries. The first process is started during
    the first run, as soon as that has taken so long that the others will pay: the other cores are
    idle then. The figures of the runs must not depend on where they are done.

    Parameters
    ----------
    here : callable
        Makes the executor of this process, from a listener of steps.
    elsewhere : callable
        Makes the executor of several processes, from their number.
    on_step : callable
    keys : sequence of RunKey
        The runs to be done, as far as they are known.
    work : callable
        Samples that a run passes through training.
    workers : int
        Number of processes.
    refill : callable
        Called when there is room for more runs, to submit them.
    notify : callable
        Called with the reason why all runs stay in this process, where one is found.
    gpus : int
        GPUs of which each process gets one, where the runs compute on a GPU: then there are as many
        processes. With fewer than two, such runs stay in this process.
    ahead : callable, optional
        As `elsewhere` with `workers`, and with a process that is started at once. Of models that
        report no steps: those of others say how long a run takes.

    Attributes
    ----------
    slots : int
        Number of runs that are done at the same time.
    """

    def __init__(
        self,
        here: Callable[[StepListener], Executor],
        elsewhere: Callable[[int], Executor],
        on_step: StepListener,
        keys: Sequence[RunKey],
        work: Callable[[RunKey], int],
        workers: int,
        refill: Callable[[], None],
        notify: Callable[[str], None],
        gpus: int = 0,
        ahead: Callable[[], Executor] | None = None,
    ) -> None:
        self._here = here(self._stepped)
        self._make = elsewhere
        self._elsewhere: Executor | None = None
        self.slots = 1
        self._on_step = on_step
        least, most = _START
        self._start = max(least, min(time.process_time(), most))
        self._pace = Pace(keys, work, self._start)
        self._workers, self._gpus = workers, gpus
        self._refill, self._notify = refill, notify
        self._stays = workers < 2
        self._ahead = ahead
        self._prepared: Ahead | None = None
        self._waiting: deque[RunKey] = deque()
        self._running: dict[str, RunKey] = {}

    @property
    def in_process(self) -> bool:
        """Whether runs are done in this process."""
        return self._elsewhere is None

    def submit(self, key: RunKey) -> None:
        """Queue a run."""
        if self._elsewhere is None:
            self._waiting.append(key)
        else:
            self._running[key.digest] = key
            self._elsewhere.submit(key)

    def outcomes(self) -> Iterator[Record]:
        """Yield each submitted run's record when the run ends, until none is left."""
        while self._waiting or self._running:
            if self._elsewhere is not None:
                yield from self._outcomes_elsewhere(self._elsewhere)
                continue
            key = self._waiting.popleft()
            self._here.submit(key)
            self._pace.begin()
            self._prepare()
            try:
                record = next(self._here.outcomes())
            except Moved:
                self.submit(key)
                self._refill()
                continue
            self._pace.end(record)
            if self._pays(lost=0.0):
                self._move()
            self._discard()
            yield record

    def close(self) -> None:
        """Stop all runs and free what the executors hold. Checkpoints stay."""
        self._waiting.clear()
        self._running.clear()
        self._discard()
        self._here.close()
        if self._elsewhere is not None:
            self._elsewhere.close()

    def _outcomes_elsewhere(self, executor: Executor) -> Iterator[Record]:
        try:
            for record in executor.outcomes():
                del self._running[record.key.digest]
                yield record
        except StudyError as error:
            if error.code not in _CANNOT:
                raise
            executor.close()
            self._stay(error)
            self._waiting.extend(self._running.values())
            self._running.clear()

    def _stepped(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        self._on_step(key, step, of, values)
        self._pace.step(key, step, of)
        if self._pays(lost=self._pace.seconds_of_run) and self._move():
            raise Moved

    def _prepare(self) -> None:
        """Have a process ready when the first run has ended, if it takes long enough."""
        left = self._pace.runs_left - 1
        if self._ahead is None or self._stays or left < 2:
            return
        share = 1 - 1 / min(self._workers, left)
        after = self._start / (Pace.SURE_SHARE * left * share)
        self._prepared = Ahead(self._ahead, max(_LEAST_AHEAD, after))
        self._ahead = None

    def _discard(self) -> None:
        """Close what was prepared and is not needed."""
        if self._prepared is not None:
            self._prepared.discard()
            self._prepared = None

    def _pays(self, lost: float) -> bool:
        """Whether processes save more than their start, and than what is lost of a run."""
        if self._stays or self._elsewhere is not None or self._pace.runs_left < 2:
            return False
        at_once = min(self._workers, self._pace.runs_left)
        return self._pace.seconds_left * (1 - 1 / at_once) > self._start + lost

    def _move(self) -> bool:
        """Start processes, if there can be any."""
        workers = self._workers
        if uses_gpu():
            if self._gpus < 2:
                self._stays = True
                self._notify("Runs are done one at a time, as they compute on a GPU.")
                return False
            workers = self._gpus
            self._discard()
        try:
            prepared = None if self._prepared is None else self._prepared.take()
            self._elsewhere = prepared or self._make(workers)
        except StudyError as error:
            if error.code not in _CANNOT:
                raise
            self._stay(error)
            return False
        self.slots = self._elsewhere.slots
        waiting, self._waiting = self._waiting, deque()
        for key in waiting:
            self.submit(key)
        return True

    def _stay(self, error: StudyError) -> None:
        self._stays, self._elsewhere, self.slots = True, None, 1
        self._notify(f"Runs are done one at a time. {error}")
