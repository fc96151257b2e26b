"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from dataworth import __version__
from dataworth.commands import COMMANDS
from dataworth.errors import DataworthError

INTERRUPTED = 130
FAILED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit code: 0; 1 or 2 as the command says; 2 for an error; 130 after Ctrl-C.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, _stop)
    try:
        code: int = options.command(options)
    except DataworthError as error:
        print(f"dataworth: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as interrupt:
        print(str(interrupt) or "Stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; there is nobody left to tell.
        sys.stderr.close()
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dataworth",
        description="What is more data worth? Measure and forecast loss against training samples.",
    )
    parser.add_argument("--version", action="version", version=f"dataworth {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_parser(commands)
    return parser


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
