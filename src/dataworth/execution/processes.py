"""Runs side by side in processes of this machine, each with its share of the cores."""

from __future__ import annotations

import mmap
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataworthError, StudyError
from dataworth.execution.base import EpochListener, Pending
from dataworth.records.record import Record, Run
from dataworth.study.resolved import Experiment

_SHARED_BYTES = 1 << 20


class _Pickler(pickle.Pickler):
    """Replaces each large array by the name of a file that holds it."""

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder = folder
        self._count = 0

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FunctionType | type) and value.__module__ == "__main__":
            raise pickle.PicklingError(
                f"{value.__qualname__} is defined in the script or notebook itself, where other "
                "processes cannot find it"
            )
        if not isinstance(value, np.ndarray) or value.nbytes < _SHARED_BYTES:
            return NotImplemented
        if isinstance(value, np.memmap) and isinstance(value.base, mmap.mmap):
            place = (str(value.filename), value.dtype.str, value.shape, value.offset)
            return _map, place
        path = self._folder / f"array-{self._count}.npy"
        self._count += 1
        np.save(path, value)
        return _open, (str(path),)


def dump_sharing_arrays(value: object, path: Path) -> None:
    """Pickle `value` to `path`; its large arrays are mapped by whoever loads it, not copied.

    Arrays that are not memory-mapped already are written beside `path`.

    Raises
    ------
    OSError
        If there is no room.
    pickle.PicklingError, AttributeError, TypeError
        If something in `value` cannot be pickled.
    """
    with path.open("wb") as file:
        _Pickler(file, path.parent).dump(value)


def _map(path: str, dtype: str, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    return np.memmap(path, np.dtype(dtype), "r", offset, shape)


def _open(path: str) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r")
    return array


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    run: Run | None = None

    @property
    def inbox(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin


class LocalProcesses:
    """Performs runs in `workers` processes, largest runs first so that all end together.

    Parameters
    ----------
    workers : int
        Number of processes. Each computes on its own share of the cores, so that the machine is
        neither idle nor asked for more threads than it has.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def perform(
        self,
        experiment: Experiment,
        runs: Sequence[Run],
        pending: Pending,
        on_epoch: EpochListener,
    ) -> Iterator[Record]:
        """Yield each run's record as it is finished; closing the iterator ends the processes."""
        waiting = sorted(runs, key=experiment.work)
        messages: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()
        with _payload(experiment) as payload:
            # Not by the runs that are left: large products depend on the number of cores in their
            # last bits, and a study that was stopped must end with the figures of an unbroken one.
            shares = shares_of_cores(min(self.workers, len(experiment.runs())))
            workers = [_start(payload, cores, messages) for cores in shares[: len(runs)]]
            try:
                for worker in workers:
                    _hand_over(worker, waiting.pop(), pending)
                while any(worker.run is not None for worker in workers):
                    worker, message = messages.get()
                    run = worker.run
                    if run is None:
                        continue
                    match message:
                        case ("epoch", epoch, epochs):
                            on_epoch(run, epoch, epochs)
                        case ("checkpoint", history, state):
                            pending.save_checkpoint(run.key, history, state)
                        case ("record", record):
                            worker.run = None
                            yield record
                            if waiting:
                                _hand_over(worker, waiting.pop(), pending)
                        case ("failed", error):
                            raise error
                        case _:
                            raise _died(worker, run)
            finally:
                for worker in workers:
                    worker.process.kill()
                for worker in workers:
                    worker.process.wait()


def shares_of_cores(workers: int) -> list[list[int]]:
    """Divide the cores that this process may use: as equal as can be, none left idle."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if not cores:
        return [[] for _ in range(workers)]
    if workers >= len(cores):
        return [[cores[worker % len(cores)]] for worker in range(workers)]
    return [cores[worker::workers] for worker in range(workers)]


@contextmanager
def _payload(experiment: Experiment) -> Iterator[Path]:
    """The experiment in a file of a folder that is gone at the end."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="dataworth-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _no_room(error) from None
    with folder as name:
        path = Path(name) / "experiment"
        try:
            dump_sharing_arrays(experiment, path)
        except OSError as error:
            raise _no_room(error) from None
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise StudyError(
                f"workers: the model cannot be handed to other processes ({error}). Give it as "
                "module:function or a .keras file, or use one worker.",
                code="not-picklable",
            ) from None
        yield path


def _no_room(error: OSError) -> StudyError:
    return StudyError(
        "workers: the data could not be laid out for the processes in the folder for temporary "
        f"files ({error.strerror}). Make room there, set TMPDIR, or use one worker.",
        code="file-not-writable",
    )


def _start(
    payload: Path, cores: list[int], messages: queue.SimpleQueue[tuple[_Worker, Any]]
) -> _Worker:
    command = [sys.executable, "-m", "dataworth.execution.worker", str(payload)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        # The module of a builder may import Keras at its top, before a learner does.
        "KERAS_BACKEND": "jax",
    }
    process = subprocess.Popen(
        [*command, *map(str, cores)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # A Ctrl-C is for the main process, which ends the workers itself.
        start_new_session=True,
    )
    worker = _Worker(process)
    threading.Thread(target=_listen, args=(worker, messages), daemon=True).start()
    return worker


def _listen(worker: _Worker, messages: queue.SimpleQueue[tuple[_Worker, Any]]) -> None:
    assert worker.process.stdout is not None
    while True:
        try:
            message = pickle.load(worker.process.stdout)
        except (EOFError, pickle.UnpicklingError, OSError):
            messages.put((worker, None))
            return
        messages.put((worker, message))


def _hand_over(worker: _Worker, run: Run, pending: Pending) -> None:
    worker.run = run
    try:
        pickle.dump((run, pending.load_checkpoint(run.key)), worker.inbox)
        worker.inbox.flush()
    except OSError:
        raise _died(worker, run) from None


def _died(worker: _Worker, run: Run) -> DataworthError:
    code = worker.process.wait()
    how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return StudyError(
        f"size {run.size:,}, seed {run.seed}: its worker process was {how}. Finished runs are "
        "kept. If memory ran out (signal 9), use fewer workers; then run the same command again.",
        code="worker-died",
    )
