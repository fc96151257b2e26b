"""``dataworth tell``: store the figures of a run that `dataworth ask` gave out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from dataworth._util.printable import say
from dataworth.cli.options import add_output_options
from dataworth.errors import StudyError

_MOST = 1_000_000
"""Characters of a file of figures that are read."""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "tell",
        help="store the figures of a run that `dataworth ask` gave out",
        description="Store the figures of a run that `dataworth ask` gave out, or that it failed.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="the run directory")
    parser.add_argument("key", metavar="KEY", help="the run's key, as `dataworth ask` printed it")
    ending = parser.add_mutually_exclusive_group(required=True)
    ending.add_argument(
        "--metrics",
        metavar="FILE",
        help='a file with a JSON object of numbers, such as {"accuracy": 0.93}; - reads stdin',
    )
    ending.add_argument("--failed", metavar="REASON", help="the run failed, and why")
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Store the run and say so."""
    from dataworth.study.session import fail, tell

    if options.failed is not None:
        run = fail(options.directory, options.key, options.failed)
        ended = f"failed: {options.failed}"
    else:
        scores = _scores(options.metrics)
        run = tell(options.directory, options.key, scores)
        ended = ", ".join(f"{name} {value:g}" for name, value in scores.items())
    if options.json:
        print(
            json.dumps({"key": options.key, "status": "failed" if options.failed else "finished"})
        )
    else:
        say(f"Stored: {run.describe()}: {ended}.")
    return 0


def _scores(name: str) -> dict[str, Any]:
    import sys

    try:
        if name == "-":
            text = sys.stdin.read(_MOST)
        else:
            with Path(name).open(encoding="utf-8") as file:
                text = file.read(_MOST)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StudyError(
            f"--metrics {name}: cannot be read ({reason}).", code="file-unreadable"
        ) from None
    try:
        scores = json.loads(text)
    except (ValueError, RecursionError):
        scores = None
    if not isinstance(scores, dict):
        raise StudyError(
            f"--metrics {name}: expected a JSON object of numbers, such as "
            f'{{"accuracy": 0.93}}; it is {text.strip()[:80]!r}.',
            code="file-malformed",
        )
    return scores
