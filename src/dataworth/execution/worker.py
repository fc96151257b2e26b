"""The main function of a worker process; see `LocalProcesses`.

It reads pickled (key, checkpoint, folder) orders from its standard input and writes pickled
messages to its standard output. It ends when its input does, also in the middle of a run, so that
it never outlives the main process.

Steps of a run are sent several in one message, a few times a second: runs that make a thousand
steps a second would otherwise keep the main process busy on a core of another run.
"""

from __future__ import annotations

import os
import pickle
import queue
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from dataworth._util.lazy import collector_paused

_SECONDS_BETWEEN_STEPS = 0.05


def main() -> None:
    """Do runs until the input ends."""
    outbox = _Outbox(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    # What libraries print must not get between the messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    (payload,) = sys.argv[1:]
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(orders, Path(payload)), daemon=True).start()
    try:
        with Path(payload).open("rb") as file, collector_paused():
            objective = _load(file)
    except Exception as error:
        outbox.send(("unusable", f"{type(error).__name__}: {error}"))
        return
    outbox.send(("ready",))
    from dataworth._util.machine import peak_memory
    from dataworth.execution.base import Context, perform

    while True:
        key, checkpoint, folder = orders.get()
        context = Context(
            folder,
            checkpoint,
            lambda history, state: outbox.send(("checkpoint", history, state)),
            lambda step, of, values: outbox.add_step((step, of, dict(values))),
        )
        record = perform(objective, key, context)
        outbox.send(("record", record, peak_memory()))


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


class _Outbox:
    """Where messages are written; steps wait for others, or for the next message."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._steps: list[tuple[Any, ...]] = []
        self._has_steps = threading.Event()
        threading.Thread(target=self._send_steps, daemon=True).start()

    def add_step(self, step: tuple[Any, ...]) -> None:
        """Send a step soon."""
        with self._lock:
            self._steps.append(step)
        self._has_steps.set()

    def send(self, message: tuple[Any, ...]) -> None:
        """Send a message, after the steps before it."""
        with self._lock:
            self._write_steps()
            self._write(message)

    def _send_steps(self) -> None:
        while True:
            self._has_steps.wait()
            time.sleep(_SECONDS_BETWEEN_STEPS)
            self._has_steps.clear()
            with self._lock:
                self._write_steps()

    def _write_steps(self) -> None:
        if self._steps:
            self._write(("steps", self._steps))
            self._steps = []

    def _write(self, message: tuple[Any, ...]) -> None:
        try:
            pickle.dump(message, self._file)
            self._file.flush()
        except BrokenPipeError:
            # The main process is gone; so are the programs that a run has started.
            os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
