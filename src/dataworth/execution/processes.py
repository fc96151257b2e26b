"""Runs side by side in processes of this machine, each with its share of the cores."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dataworth._util.machine import available_memory, resident_memory
from dataworth._util.machine import cores as available_cores
from dataworth.errors import StudyError
from dataworth.execution.base import CheckpointStore, Objective, StepListener
from dataworth.execution.handover import folder_for_handover, lay_out
from dataworth.execution.shares import confine, shares_of_cores
from dataworth.records.record import Failure, Record, RunKey

_PACKAGE_ROOT = Path(__file__).parents[2]
# Neither -m nor a bare -c: both would put the current folder first among the places that modules
# are imported from.
_START = (
    "import sys; sys.path.append({root!r}); from dataworth.execution.worker import main; main()"
)
_MOST_LOST_STARTS = 3
"""So many processes may be killed before their first runs, one after the other."""


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    cores: list[int]
    gpu: str | None
    key: RunKey | None = None
    ready: bool = False
    since: float = 0.0
    """When the run began, by the monotonic clock, in seconds."""

    @property
    def inbox(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin


_Message = tuple[_Worker, Any]


class LocalProcesses:
    """Does runs in processes of this machine; a process that dies is replaced.

    Parameters
    ----------
    objective : callable
        Pickled to the processes; large arrays in it are memory-mapped by all of them.
    checkpoints : CheckpointStore
    on_step : callable
    folder : Path
        Each run has a folder of its own in it.
    time_limit : float, optional
        Seconds that a run may take; then its process is ended, and the run has failed.
    workers : int
        Number of processes. Each computes on its own share of the cores, so that the machine is
        neither idle nor running more threads than it has.
    lends_cores : bool
        Whether the last runs get the cores of processes that have nothing left to do. The figures
        of the runs must not depend on the number of cores then.
    memory : callable, optional
        Bytes that a process is expected to hold at most, until the first runs tell. A second and
        further process is started where so much memory is available beside what those before may
        still take. By default as many processes are started as there are workers.
    gpus : sequence of str
        As CUDA names them. Each process sees one of them, in turn; without any, a process sees what
        this one does.

    Raises
    ------
    StudyError
        If the objective cannot be pickled, or there is no room for it in the folder for temporary
        files.
    """

    def __init__(
        self,
        objective: Objective,
        checkpoints: CheckpointStore,
        on_step: StepListener,
        folder: Path,
        workers: int,
        time_limit: float | None = None,
        *,
        lends_cores: bool = True,
        memory: Callable[[], int] | None = None,
        gpus: Sequence[str] = (),
    ) -> None:
        self.slots = workers
        self._gpus = gpus
        self._memory = memory
        self._peak = 0
        self._lends_cores = lends_cores
        self._time_limit = time_limit
        self._checkpoints = checkpoints
        self._on_step = on_step
        self._folder = folder
        self._waiting: deque[RunKey] = deque()
        self._workers: list[_Worker] = []
        self._lost_starts = 0
        self._messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._shares = shares_of_cores(workers)
        self._temporary = folder_for_handover()
        self._payload = self._temporary / "objective"
        try:
            lay_out(objective, self._payload)
        except BaseException:
            self.close()
            raise

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes that are there."""
        return [worker.process.pid for worker in self._workers]

    def submit(self, key: RunKey) -> None:
        """Queue a run."""
        self._waiting.append(key)

    def start_one(self) -> None:
        """Start a process before there is a run for it."""
        self._workers.append(self._started(self._shares[0]))

    def outcomes(self) -> Iterator[Record]:
        """Yield each submitted run's record when the run ends, until none is left.

        Raises
        ------
        StudyError
            If a process cannot load the objective, so that no run can be done.
        """
        while self._waiting or any(worker.key for worker in self._workers):
            self._occupy()
            try:
                worker, message = self._messages.get(timeout=self._seconds_left())
            except queue.Empty:
                yield from self._overdue()
                continue
            if worker not in self._workers:
                continue
            key = worker.key
            match message:
                case ("ready",):
                    self._lost_starts = 0
                    worker.ready, worker.since = True, time.monotonic()
                case ("unusable", reason):
                    raise StudyError(
                        f"workers: the model cannot be loaded in other processes ({reason}). Give "
                        "it as module:function or a .keras file, or use one worker.",
                        code="not-picklable",
                    )
                case ("steps", steps) if key is not None:
                    for step, of, values in steps:
                        self._on_step(key, step, of, values)
                case ("checkpoint", history, state) if key is not None:
                    self._checkpoints.save_checkpoint(key.digest, history, state)
                case ("record", record, peak):
                    worker.key = None
                    self._peak = max(self._peak, peak)
                    yield record
                case None:
                    record = self._buried(worker)
                    if record is not None:
                        yield record

    def close(self) -> None:
        """End all processes and remove their files. Checkpoints stay."""
        self._waiting.clear()
        for worker in self._workers:
            _kill(worker.process)
        for worker in self._workers:
            worker.process.wait()
        self._workers = []
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _seconds_left(self) -> float | None:
        """Until the first run under way exceeds the time limit; None without a limit."""
        if self._time_limit is None:
            return None
        begun = [each.since for each in self._workers if each.key is not None and each.ready]
        now = time.monotonic()
        return max(0.0, min([self._time_limit, *(at + self._time_limit - now for at in begun)]))

    def _overdue(self) -> Iterator[Record]:
        """End the processes whose runs exceed the time limit; the records of these runs."""
        assert self._time_limit is not None
        for worker in list(self._workers):
            seconds = time.monotonic() - worker.since
            if worker.key is None or not worker.ready or seconds < self._time_limit:
                continue
            self._workers.remove(worker)
            _kill(worker.process)
            worker.process.wait()
            message = f"it took longer than the time limit of {self._time_limit:g} s"
            failure = Failure("timeout", message)
            yield Record(worker.key, {}, failure=failure, seconds=seconds)

    def _occupy(self) -> None:
        """Give a waiting run to each free process; start processes as long as runs wait."""
        for worker in self._workers:
            if worker.key is None and self._waiting:
                self._hand_over(worker)
        while self._waiting and len(self._workers) < self.slots and self._has_room():
            taken = [worker.cores for worker in self._workers]
            self._workers.append(self._started(min(self._shares, key=taken.count)))
            self._hand_over(self._workers[-1])
        if self._lends_cores:
            self._share_cores()

    def _has_room(self) -> bool:
        """Whether the memory of a further process is available."""
        if self._memory is None or not self._workers:
            return True
        available = available_memory()
        held = [resident_memory(worker.process.pid) for worker in self._workers]
        expected = self._peak or self._memory()
        more = expected + sum(max(0, expected - each) for each in held)
        return available is None or more <= available

    def _share_cores(self) -> None:
        """Divide all cores among the processes that have a run."""
        busy = [worker for worker in self._workers if worker.key is not None]
        for worker, share in zip(busy, shares_of_cores(len(busy)), strict=True):
            if worker.cores != share:
                worker.cores = share
                confine(worker.process.pid, share)

    def _hand_over(self, worker: _Worker) -> None:
        worker.key = key = self._waiting.popleft()
        worker.since = time.monotonic()
        # A process that has just died says so in a message of its own.
        with contextlib.suppress(OSError):
            order = (key, self._checkpoints.load_checkpoint(key.digest), self._folder / key.digest)
            pickle.dump(order, worker.inbox)
            worker.inbox.flush()

    def _buried(self, worker: _Worker) -> Record | None:
        """Remove a process that has died, and return the record of the run that it did."""
        self._workers.remove(worker)
        code = worker.process.wait()
        if not worker.ready:
            self._lost_starts += 1
            if worker.key is not None and code < 0 and self._lost_starts < _MOST_LOST_STARTS:
                # Killed from outside, or by a lack of memory that may have passed.
                self._waiting.appendleft(worker.key)
                return None
            raise StudyError(
                f"workers: a worker process {_ending(code)} before its first run. Finished runs "
                "are stored; use fewer workers, or one.",
                code="worker-did-not-start",
            )
        if worker.key is None:
            return None
        return Record(worker.key, {}, failure=Failure("killed", f"its process {_ending(code)}"))

    def _started(self, cores: list[int]) -> _Worker:
        command = [sys.executable, "-P", "-c", _START.format(root=str(_PACKAGE_ROOT))]
        # The module of a model may import Keras at its top, before a learner does. XLA divides work
        # by NPROC, and its figures must be those of this process.
        environment = os.environ | {"KERAS_BACKEND": "jax", "NPROC": str(available_cores())}
        taken = [worker.gpu for worker in self._workers]
        gpu = min(self._gpus, key=taken.count, default=None)
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        process = subprocess.Popen(
            [*command, str(self._payload)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            # A Ctrl-C is for the main process, which ends the workers itself.
            start_new_session=True,
        )
        # Before the numerical libraries are loaded: they make one thread for each core they see.
        confine(process.pid, cores)
        worker = _Worker(process, cores, gpu)
        threading.Thread(target=_listen, args=(worker, self._messages), daemon=True).start()
        return worker


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker and the programs that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
        memory = "; memory may have run out" if name == "SIGKILL" else ""
        return f"was killed by signal {-code} ({name}{memory})"
    return f"was killed by signal {-code}"


def _listen(worker: _Worker, messages: queue.SimpleQueue[_Message]) -> None:
    assert worker.process.stdout is not None
    while True:
        try:
            message = pickle.load(worker.process.stdout)
        except Exception:
            # The process has died, perhaps in the middle of a message.
            messages.put((worker, None))
            return
        messages.put((worker, message))
