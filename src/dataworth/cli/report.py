"""``dataworth report``: write the report of a run directory."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "report",
        help="write the report of a run directory",
        description="Write one self-contained HTML file with the result, the curve, its forecast, "
        "classes, backtest, audit and method. It needs no network.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="run directory")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="file of the page (DIR/report.html)"
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the report and print its path."""
    from dataworth.report import write_report

    print(write_report(options.directory, options.out))
    return 0
