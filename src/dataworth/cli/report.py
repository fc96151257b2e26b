"""``dataworth report``: write the report of a run directory."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from dataworth._util.printable import say
from dataworth.cli.options import add_output_options


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
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="file of the report (default: DIR/report.html)",
    )
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the report and print its path."""
    from dataworth.report import write_report

    page = write_report(options.directory, options.out)
    if options.json:
        print(json.dumps({"page": str(page)}))
    else:
        say(page)
    return 0
