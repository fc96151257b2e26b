"""``dataworth report``: write the report of a run directory or of a file of measurements."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from dataworth._util.printable import say
from dataworth.cli.options import (
    add_curve_options,
    add_metric_options,
    add_output_options,
    curve_options,
)
from dataworth.errors import StudyError


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "report",
        help="write the report of a run directory or of a file of measurements",
        description="Write one self-contained HTML file with the result, the curve, its forecast, "
        "classes, backtest, audit and method; of a file of measurements, without what only the "
        "study knows. It needs no network.",
    )
    parser.add_argument(
        "place", metavar="DIR_OR_FILE", help="a run directory, or a file of measurements"
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="file of the report (default: DIR/report.html; for a file: report.html in the "
        "current folder)",
    )
    parser.add_argument(
        "--metric", metavar="M", help="a column of the file, or what its values are, by name"
    )
    add_metric_options(parser)
    add_curve_options(parser)
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the report and print its path."""
    from dataworth.curves.read import as_curve
    from dataworth.report import write_report

    reading = {"metric": options.metric, **curve_options(options)}
    flags = [f"--{name.replace('_', '-')}" for name, value in reading.items() if value is not None]
    if os.path.isfile(options.place):
        page = write_report(as_curve(options.place, **reading), options.out)
    elif flags:
        raise StudyError(
            f"{options.place} is not a file of measurements, and {', '.join(flags)} says how one "
            "is read. Omit it: the page of a run directory shows all metrics.",
            code="options-conflict",
        )
    else:
        page = write_report(options.place, options.out)
    if options.json:
        print(json.dumps({"page": str(page)}))
    else:
        say(page)
    return 0
