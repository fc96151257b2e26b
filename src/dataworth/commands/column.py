"""The argument that says which column of a table holds the labels."""

from __future__ import annotations

import argparse
from typing import Any


def add_label(parser: argparse.ArgumentParser, of: str = "a table") -> None:
    """Add ``--label``: the label column of what `of` names."""
    parser.add_argument(
        "--label", type=_column, metavar="COLUMN", help=f"name or index of {of}'s label column"
    )


def label_options(options: argparse.Namespace) -> dict[str, Any]:
    """The label column as an option of `dataworth.load`; empty where none was given."""
    return {} if options.label is None else {"label": options.label}


def _column(text: str) -> str | int:
    """A column's index, counted from 0 (negative from the end), or else its name."""
    try:
        return int(text)
    except ValueError:
        return text
