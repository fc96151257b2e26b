"""A worker process: ``python -m dataworth.execution.worker PAYLOAD [CORE ...]``.

It reads pickled (run, checkpoint) pairs from its standard input and writes pickled messages to its
standard output; see `LocalProcesses`. It ends when its input does, also in the middle of a run, so
that it never outlives the main process.
"""

from __future__ import annotations

import os
import pickle
import queue
import shutil
import sys
import threading
from pathlib import Path
from typing import IO, Any, NoReturn

from dataworth.errors import DataworthError, StudyError
from dataworth.execution.base import KeptCheckpoint, RunCheckpoints
from dataworth.records.record import Run
from dataworth.study.resolved import Experiment


def main() -> None:
    """Serve runs until the input ends."""
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get between the messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    payload, *cores = sys.argv[1:]
    if cores:
        # Before the numerical libraries are loaded: they make one thread for each core they see.
        os.sched_setaffinity(0, map(int, cores))
    orders: queue.SimpleQueue[tuple[Run, KeptCheckpoint | None]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(orders, Path(payload)), daemon=True).start()
    experiment: Experiment = pickle.loads(Path(payload).read_bytes())
    while True:
        run, kept = orders.get()
        _send(outbox, _perform(experiment, run, kept, outbox))


def _receive(
    orders: queue.SimpleQueue[tuple[Run, KeptCheckpoint | None]], payload: Path
) -> NoReturn:
    """Take orders until the main process is gone, then clean up in its place and end at once."""
    try:
        while True:
            orders.put(pickle.load(sys.stdin.buffer))
    finally:
        shutil.rmtree(payload.parent, ignore_errors=True)
        os._exit(0)


def _perform(
    experiment: Experiment, run: Run, kept: KeptCheckpoint | None, outbox: IO[bytes]
) -> tuple[str, Any]:
    checkpoints = RunCheckpoints(
        kept, lambda history, state: _send(outbox, ("checkpoint", history, state))
    )
    try:
        record = experiment.perform(
            run,
            watch=lambda epoch, epochs: _send(outbox, ("epoch", epoch, epochs)),
            checkpoints=checkpoints,
        )
    except DataworthError as error:
        return "failed", error
    except MemoryError:
        message = f"size {run.size:,}, seed {run.seed}: memory ran out. Use fewer workers."
        return "failed", StudyError(message, code="out-of-memory")
    return "record", record


def _send(outbox: IO[bytes], message: tuple[Any, ...]) -> None:
    pickle.dump(message, outbox)
    outbox.flush()


if __name__ == "__main__":
    main()
