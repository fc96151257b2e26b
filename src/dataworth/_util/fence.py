"""Calls in a process of their own, for readers in C or Rust that damaged bytes may crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

from dataworth import errors
from dataworth._util.machine import available_memory
from dataworth._util.words import first_line

_PACKAGE_ROOT = Path(__file__).parents[2]
# Neither -m nor a bare -c: both would put the current folder first among the places that modules
# are imported from.
_START = "import sys; sys.path.append({root!r}); from dataworth._util.fence import main; main()"
_LEAST_MEMORY = 2 << 30
_MOST_EXPANSION = 1_100
"""zlib (RFC 1950) expands a byte to at most 1,032."""
_LEAST_SECONDS = 60.0
_BYTES_A_SECOND = 1e6
_WALL = 10
"""The process may wait for so many times its share of a core."""


class FenceError(Exception):
    """Why a fenced call gave no result, other than by an error of dataworth.

    Attributes
    ----------
    kind : {"crash", "error", "memory", "time"}
        The process was ended by a signal or ended itself; the function raised an exception; the
        limit of memory or of time was reached.
    """

    def __init__(self, kind: Literal["crash", "error", "memory", "time"], reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


def call(function: str, arguments: Mapping[str, Any], size: int) -> Any:
    """Call a function in a process of its own, so that a crash in it is an error here.

    Parameters
    ----------
    function : str
        As ``"module:name"``; of this package.
    arguments : mapping
        JSON values by name.
    size : int
        Bytes of the file that is read. The process may take 2 GiB of memory and 1,100 bytes for
        each of these, but not more than there is, and compute for 60 seconds and one for each MB.

    Returns
    -------
    object
        What the function returns, a JSON value.

    Raises
    ------
    DataworthError
        The error that the function raises.
    FenceError
        If it raises another one, or the process is ended.
    """
    memory = _LEAST_MEMORY + _MOST_EXPANSION * size
    free = available_memory()
    memory = memory if free is None else min(memory, free)
    seconds = _LEAST_SECONDS + size / _BYTES_A_SECOND
    order = {
        "path": [place for place in sys.path if place],
        "function": function,
        "arguments": dict(arguments),
        "memory": memory,
        "seconds": int(seconds),
    }
    try:
        code, answer = in_new_process(json.dumps(order).encode(), _WALL * seconds)
    except subprocess.TimeoutExpired:
        raise FenceError("time", f"it takes longer than {_WALL * seconds:.0f} s") from None
    return _result(code, answer, memory, seconds)


def in_new_process(order: bytes, seconds: float) -> tuple[int, bytes]:
    """Have a new process of Python `perform` an order; its exit code and its answer.

    Raises
    ------
    TimeoutExpired
        If it takes longer than so many seconds.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", _START.format(root=str(_PACKAGE_ROOT))],
        input=order,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        # The report of a panic in Rust takes time, and is not shown.
        env=os.environ | {"RUST_BACKTRACE": "0"},
    )
    return done.returncode, done.stdout


def _result(code: int, answer: bytes, memory: int, seconds: float) -> Any:
    try:
        outcome, *values = json.loads(answer)
    except ValueError:
        outcome, values = "ended", []
    match outcome:
        case "returned":
            return values[0]
        case "refused":
            name, message, code = values
            raise getattr(errors, name)(message, code=code)
        case "memory":
            raise FenceError("memory", f"it takes more than {memory / 1e9:.1f} GB of memory")
        case "raised":
            raise FenceError("error", values[0])
    raise _ended(code, seconds)


def _ended(code: int, seconds: float) -> FenceError:
    number = -code if code < 0 else 0
    if number == getattr(signal, "SIGXCPU", -1):
        return FenceError("time", f"it computes for longer than {seconds:.0f} s")
    try:
        return FenceError("crash", signal.Signals(number).name)
    except ValueError:
        return FenceError("crash", f"exit code {code}")


def main() -> None:
    """Do the call that standard input describes, and write its outcome to standard output."""
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    perform(sys.stdin.buffer.read(), outbox)


def perform(content: bytes, outbox: BinaryIO) -> NoReturn:
    """Do the call that an order describes, write its outcome, and end this process."""
    order = json.loads(content)
    _limit(order["memory"], order["seconds"])
    sys.path[:] = order["path"]
    module, _, name = order["function"].partition(":")
    outcome: tuple[Any, ...]
    try:
        outcome = ("returned", getattr(import_module(module), name)(**order["arguments"]))
    except errors.DataworthError as error:
        outcome = ("refused", type(error).__name__, str(error), error.code)
    except MemoryError:
        outcome = ("memory",)
    except BaseException as error:
        # A panic in Rust is no Exception.
        outcome = ("raised", "its reader panicked" if is_panic(error) else first_line(error))
    outbox.write(json.dumps(outcome).encode())
    outbox.flush()
    # Threads of a library that has failed may never end.
    os._exit(0)


def _limit(memory: int, seconds: int) -> None:
    with suppress(ImportError):
        import resource  # not on every system

        limits = {
            # Not the address space: libraries reserve far more of it than they use.
            resource.RLIMIT_DATA: memory,
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_CORE: 0,
        }
        for limit, value in limits.items():
            _, most = resource.getrlimit(limit)
            least = value if most == resource.RLIM_INFINITY else min(value, most)
            with suppress(ValueError, OSError):
                resource.setrlimit(limit, (least, most))


def is_panic(error: BaseException) -> bool:
    """Whether an error is a panic of a library in Rust, which is not an Exception (PyO3)."""
    return type(error).__name__ == "PanicException"
