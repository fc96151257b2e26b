"""The command line: parse, call, print."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

from dataworth import __version__
from dataworth._util import signals
from dataworth._util.printable import say
from dataworth._util.words import did_you_mean, first_line
from dataworth.cli.parser import Parser
from dataworth.cli.streams import discard, tolerate_broken_pipe
from dataworth.errors import DataworthError, DataworthWarning

COMMANDS = (
    *("run", "plan", "forecast", "compare", "report", "audit", "data"),
    *("ask", "tell", "ui", "new", "completion"),
)
_EXIT_CODES = (
    "exit codes: 0 done; 1 the audit found an error; 2 the command was refused, or a file could "
    "not be written; 3 runs of the study failed; 4 `ask` has no run left; 130 stopped by Ctrl-C. "
    "NO_COLOR=1 turns colours off."
)
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
    with tolerate_broken_pipe():
        try:
            return _run(arguments)
        except KeyboardInterrupt as interrupt:
            say(str(interrupt) or "Stopped.", error=True)
            return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    try:
        with signals.heard(), warnings.catch_warnings():
            warnings.showwarning = partial(_show_warning, warnings.showwarning)
            given = _understood(sys.argv[1:] if arguments is None else arguments)
            parser = _parser(given[:1])
            if not given:
                parser.print_help()
                return 0
            options = parser.parse_args(given)
            # Errors that a command prints itself are printed with --quiet too.
            options.errors = sys.stderr
            with _without_notices() if options.quiet else contextlib.nullcontext():
                code: int = options.command(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except DataworthError as error:
        say(f"dataworth: {error}", error=True)
        return FAILED
    except MemoryError as error:
        say(
            f"dataworth: memory ran out ({first_line(error)}). Close other programs, or work on "
            "less.",
            error=True,
        )
        return FAILED
    except OSError as error:
        # Other modules name their files in their own errors; the rest is most often the output.
        place = error.filename or "the output"
        say(f"dataworth: {place}: {error.strerror or error}.", error=True)
        # What could not be written is not tried again, with a traceback, when Python ends.
        with contextlib.suppress(OSError, ValueError):
            discard(sys.stdout.fileno())
        return FAILED
    return code


def _understood(given: Sequence[str]) -> list[str]:
    """Arguments with ``~`` as the home folder, and ``run`` before a study alone."""
    words = [_at_home(word) for word in given]
    for word in words:
        # A message with such a name in it could hold lines that look like others.
        if "\n" in word and os.path.lexists(word):
            raise DataworthError(
                f"{word!r}: the name holds a line feed; rename the file or folder.",
                code="invalid-name",
            )
    if words and words[0] not in COMMANDS and not words[0].startswith("-"):
        from dataworth.study.shipped import is_study

        if is_study(words[0]):
            return ["run", *words]
    return words


def _at_home(word: str) -> str:
    """An argument with ``~/`` in front, or after ``--option=``, as a path."""
    option, sign, value = word.partition("=")
    if word.startswith("--") and sign and value.startswith("~"):
        return f"{option}={os.path.expanduser(value)}"
    return os.path.expanduser(word) if word.startswith("~") else word


@contextlib.contextmanager
def _without_notices() -> Iterator[None]:
    """Nothing on stderr; an error leaves this, and is printed outside."""
    with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
        yield


def _show_warning(
    otherwise: Callable[..., None], message: Warning | str, category: type[Warning], *rest: Any
) -> None:
    """Print dataworth's warnings in one line, and other libraries' warnings as Python does."""
    if issubclass(category, DataworthWarning):
        say(f"dataworth: warning: {message}", error=True)
    else:
        otherwise(message, category, *rest)


def _parser(given: Sequence[str] = ()) -> Parser:
    """The parser of the command that is given, or else of all commands."""
    parser = Parser(
        prog="dataworth",
        description="What is more data worth? Measure a model's quality at several numbers of "
        "training samples, and forecast it at more.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"dataworth {__version__}")
    parser.set_defaults(quiet=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    if given and not given[0].startswith("-") and given[0] not in COMMANDS:
        from dataworth.study.shipped import shipped_studies

        known = (*COMMANDS, *shipped_studies())
        parser.error(f"unknown command {given[0]!r}.{did_you_mean(given[0], known, str)}")
    for name in [name for name in COMMANDS if name in given] or COMMANDS:
        # Imported here: the handler of Ctrl-C is installed, and no other command is loaded.
        import_module(f"dataworth.cli.{name}").add_parser(commands)
    return parser


def all_commands() -> Parser:
    """The parser of all commands, for completion scripts and the reference."""
    return _parser()


def program() -> NoReturn:
    """Run a command as a process of its own, which Ctrl-C and SIGTERM stop without a traceback."""
    signals.listen()
    try:
        code = main()
    except KeyboardInterrupt:
        # A second Ctrl-C during the handling of the first.
        code = INTERRUPTED
    finally:
        signals.ignore()
    if code == INTERRUPTED:
        # A library that was interrupted while it was imported may crash when Python exits.
        os._exit(code)
    # Python would search all that libraries hold for garbage, which takes half a second with JAX.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    program()
