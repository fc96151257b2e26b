"""Fenced calls in forks of one process: a few milliseconds each instead of a start of Python.

    python benchmarks/faults/forked_fence.py < orders

Every call has a process of its own, with the limits of `dataworth._util.fence` and whatever ends
it, as in the fence itself. The process that forks has imported the readers, and reads nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from dataworth._util import fence


class ForkedFence:
    """Answers orders as `dataworth._util.fence.in_new_process` does, until it is closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"RUST_BACKTRACE": "0"},
        )

    def __call__(self, order: bytes, seconds: float) -> tuple[int, bytes]:
        """The exit code and the answer of a fork; without a limit of the clock."""
        inbox, outbox = self._process.stdin, self._process.stdout
        assert inbox is not None
        assert outbox is not None
        inbox.write(order + b"\n")
        inbox.flush()
        code, answer = json.loads(outbox.readline())
        return code, answer.encode()


def serve() -> None:
    """Fork for each order of standard input, a line, and write the outcome, a line."""
    import PIL.Image  # noqa: F401
    import polars  # noqa: F401
    import scipy.io  # noqa: F401

    import dataworth.data.images
    import dataworth.sources.mat_arrays
    import dataworth.sources.parquet  # noqa: F401

    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            os.close(ours)
            with os.fdopen(theirs, "wb") as answers:
                fence.perform(line, answers)
        os.close(theirs)
        with os.fdopen(ours, "rb") as answers:
            answer = answers.read().decode()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        outbox.write(json.dumps([code, answer]) + "\n")
        outbox.flush()


if __name__ == "__main__":
    serve()
