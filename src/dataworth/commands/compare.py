"""``dataworth compare``: several run directories on one page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "compare",
        help="write one page of several run directories",
        description="Write one self-contained HTML file with the curves and forecasts of several "
        "studies side by side.",
    )
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("compare.html"), metavar="FILE", help="compare.html"
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    from dataworth.report import write_comparison

    print(write_comparison(options.directories, options.out))
    return 0
