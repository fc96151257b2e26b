"""The main function of a worker process; see `LocalProcesses`.

It reads pickled (key, checkpoint, folder) orders from its standard input and writes pickled
messages to its standard output. It ends when its input does, also in the middle of a run, so that
it never outlives the main process.
"""

from __future__ import annotations

import os
import pickle
import queue
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any


def main() -> None:
    """Do runs until the input ends."""
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What libraries print must not get between the messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    (payload,) = sys.argv[1:]
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(orders, Path(payload)), daemon=True).start()
    try:
        with Path(payload).open("rb") as file:
            objective = _load(file)
    except Exception as error:
        _send(outbox, ("unusable", f"{type(error).__name__}: {error}"))
        return
    _send(outbox, ("ready",))
    from dataworth._util.machine import peak_memory
    from dataworth.execution.base import Context, perform

    while True:
        key, checkpoint, folder = orders.get()
        context = Context(
            folder,
            checkpoint,
            lambda history, state: _send(outbox, ("checkpoint", history, state)),
            lambda step, of, values: _send(outbox, ("step", step, of, dict(values))),
        )
        record = perform(objective, key, context)
        _send(outbox, ("record", record, peak_memory()))


def _load(file: IO[bytes]) -> Any:
    """The objective; modules are found in the places of the main process."""
    sys.path[:] = pickle.load(file)
    return pickle.load(file)


def _receive(orders: queue.SimpleQueue[Any], payload: Path) -> None:
    """Take orders until the main process is gone; then remove its files and end at once."""
    try:
        while True:
            orders.put(pickle.load(sys.stdin.buffer))
    except BaseException:
        shutil.rmtree(payload.parent, ignore_errors=True)
    finally:
        # With the programs that a run has started.
        os.killpg(0, signal.SIGKILL)


def _send(outbox: IO[bytes], message: tuple[Any, ...]) -> None:
    try:
        pickle.dump(message, outbox)
        outbox.flush()
    except BrokenPipeError:
        # The main process is gone; so are the programs that a run has started.
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
