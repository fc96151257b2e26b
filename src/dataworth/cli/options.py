"""Options that several commands share: how a table is read, and what a metric is."""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING, Any

from dataworth.errors import ForecastError
from dataworth.tasks.kinds import KINDS

if TYPE_CHECKING:
    from dataworth.metrics.metric import Metric

_NAMES = ("label", "drop", "features", "groups", "time", "header", "pixels", "size", "grey", "task")


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a table or a folder of images is read."""
    parser.add_argument(
        "--label",
        type=column,
        metavar="COLUMN",
        help="name or index (from 0) of a table's label column (default: detected)",
    )
    parser.add_argument(
        "--drop",
        type=columns,
        action="extend",
        metavar="COLUMNS",
        help="columns of a table to leave out, such as id,name; may be repeated",
    )
    parser.add_argument(
        "--features",
        type=columns,
        action="extend",
        metavar="COLUMNS",
        help="the columns that a model learns from (default: all others of the table)",
    )
    parser.add_argument(
        "--groups",
        type=column,
        metavar="COLUMN",
        help="column of the group of a row, such as a customer; groups are never split between "
        "subset and held-out samples",
    )
    parser.add_argument(
        "--time",
        type=column,
        metavar="COLUMN",
        help="column of times; the latest rows are held out (default: rows are held out at random)",
    )
    parser.add_argument(
        "--size",
        type=pixels,
        metavar="PIXELS",
        help="width and height in pixels of a folder's images, such as 64 or 64x48 (default: "
        "their own)",
    )
    parser.add_argument(
        "--grey",
        action="store_const",
        const=True,
        help="read the images of a folder in shades of grey",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first row of a CSV file holds names (default: detected)",
    )
    parser.add_argument(
        "--no-pixels",
        dest="pixels",
        action="store_const",
        const=False,
        help="read integers 0..255 of a CSV file as real numbers, not as pixels",
    )
    parser.add_argument(
        "--task",
        choices=KINDS,
        help="whether the labels are classes or quantities; required where that is unclear",
    )


def add_split_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which rows are held out, and what subsets hold."""
    parser.add_argument(
        "--cv",
        type=int,
        metavar="K",
        help="K folds in place of one held-out part, one for each seed",
    )
    parser.add_argument(
        "--subset",
        choices=_SUBSETS,
        help="random nested subsets, the first rows, or the latest or earliest by --time "
        "(default: nested)",
    )
    parser.add_argument(
        "--count",
        choices=_COUNTS,
        help="whether sizes count rows or groups of --groups (default: rows)",
    )
    parser.add_argument(
        "--at-least",
        type=int,
        metavar="K",
        help="least number of rows of each class in every subset",
    )


SPLIT_OPTIONS = ("held_out", "cv", "subset", "count", "at_least")
"""Names of these options and of ``--held-out``, as those of a study."""
# As dataworth.data.subsets has them, which needs numpy.
_SUBSETS = ("nested", "prefix", "latest", "earliest")
_COUNTS = ("rows", "groups")


def add_output_options(parser: argparse.ArgumentParser, *, json: bool = True) -> None:
    """Add ``--quiet``, and ``--json`` unless the command says itself what it prints there."""
    if json:
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument(
        "--quiet", action="store_true", help="print results and errors, no progress or warnings"
    )


def add_metric_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--higher-is-better``, ``--lower-is-better`` and ``--best``."""
    direction = parser.add_mutually_exclusive_group()
    direction.add_argument(
        "--higher-is-better",
        action="store_true",
        default=None,
        help="larger values are better; for a metric that dataworth does not know",
    )
    direction.add_argument(
        "--lower-is-better",
        dest="higher_is_better",
        action="store_false",
        default=None,
        help="smaller values are better; for a metric that dataworth does not know",
    )
    parser.add_argument(
        "--best",
        type=number,
        metavar="VALUE",
        help="value of a perfect model (default: that of the metric, such as 1 for accuracy)",
    )


def add_curve_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the columns of a file of measurements hold."""
    for name, what in (
        ("samples", "the number of training samples"),
        ("value", "the metric"),
        ("seed", "the seed or the name of a run"),
    ):
        parser.add_argument(
            f"--{name}",
            metavar="COLUMN",
            help=f"the column of the file with {what} (default: found by its name)",
        )
    parser.add_argument(
        "--where",
        action="append",
        metavar="COLUMN=VALUE",
        help="use only the rows of the file with this value, such as split=test",
    )
    parser.add_argument(
        "--total",
        type=number,
        metavar="N",
        help="number of samples at size 1, for sizes in fractions or per cent",
    )


def curve_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """How a curve is read, as `as_curve` takes it."""
    names = ("samples", "value", "seed", "where", "total", "higher_is_better", "best")
    return {name: getattr(arguments, name) for name in names}


def table_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that were given, as `dataworth.load` takes them."""
    return {name: value for name in _NAMES if (value := getattr(arguments, name)) is not None}


def columns(text: str) -> list[str | int]:
    """Names or indices of columns, separated by commas."""
    return [column(part.strip()) for part in text.split(",")]


def pixels(text: str) -> int | list[int]:
    """A size of images: one number for a square, or width x height."""
    try:
        sides = [int(part) for part in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2) or min(sides) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a size in pixels, as 64 or 64x48")
    return sides[0] if len(sides) == 1 else sides


def column(text: str) -> str | int:
    """A column's index, counted from 0 (negative from the end), or else its name."""
    try:
        return int(text)
    except ValueError:
        return text


class Percent(float):
    """A share that was written in per cent; "95%" has the value 0.95."""


class Extend(argparse.Action):
    """Collects lists: "40,80 160" and "40 80 160" are the same, also when given twice."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add the values to those that the option has already."""
        before = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*before, *(each for part in values for each in part)])


_THOUSANDS = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9}


def number(text: str) -> float:
    """A number as it is written: 80000, 80_000, 8e4 or 80k."""
    body, times = text, 1.0
    if text[-1:].lower() in _THOUSANDS:
        body, times = text[:-1], _THOUSANDS[text[-1].lower()]
    try:
        return float(f"{float(body) * times:.15g}") if times > 1 else float(body)
    except ValueError:
        hint = "; name the file before the options" if os.path.exists(text) else ""
        if re.fullmatch(r"\W*[\d.]+\W*", text) and not text.strip("-+.")[:1].isdigit():
            hint = "; write the number without a sign of a currency"
        if re.fullmatch(r"[-+]?\d+,\d+", text):
            hint = "; write a decimal point, and no separators of thousands"
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected numbers, such as 40,80 or 40 80 or 1k{hint}"
        ) from None


def numbers(text: str) -> list[float]:
    """Numbers with commas between; see `number`."""
    return [number(part) for part in _parts(text)]


def counts(text: str) -> list[int]:
    """Whole numbers with commas between; see `number`."""
    found = numbers(text)
    if any(value != int(value) for value in found if abs(value) < 1e15):
        raise argparse.ArgumentTypeError(f"{text!r}: expected whole numbers, such as 40,80 or 1k")
    return [int(value) for value in found]


def counts_or_shares(text: str) -> list[int] | list[float]:
    """Whole numbers, or shares up to 1.0, with commas between; see `number` and `share`."""
    parts = _parts(text)
    if all("%" in part or "." in part for part in parts):
        found = [float(share(part)) for part in parts]
        if all(0 < value <= 1 for value in found):
            return found
    return counts(text)


def shares(text: str) -> list[float]:
    """Numbers, or shares in per cent, with commas between; see `share`."""
    return [share(part) for part in _parts(text)]


def _parts(text: str) -> list[str]:
    parts = [each for part in text.split(",") for each in part.split() or [""]]
    if not all(parts):
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected numbers, such as 40,80 or 40 80 or 1k"
        )
    # 10,000 is one number to most who write it, and 0,35 too: neither is a list.
    if any(re.fullmatch(r"0\d+", part) for part in parts[1:]) or (
        len(parts) > 1 and re.fullmatch(r"[-+]?0+", parts[0]) and parts[1].isdigit()
    ):
        raise argparse.ArgumentTypeError(
            f"{text!r}: commas and spaces stand between several numbers; write one number with a "
            "decimal point and without separators of thousands, such as 10000, 10k or 0.35"
        )
    return parts


def share(text: str) -> float:
    """A number, or a share in per cent: "0.9" or "90%"."""
    return Percent(number(text.removesuffix("%")) / 100) if text.endswith("%") else number(text)


def in_unit_of(metric: Metric, value: float) -> float:
    """A value in the metric's own unit.

    Raises
    ------
    ForecastError
        If it was written in per cent and the metric is not a share.
    """
    if not isinstance(value, Percent):
        return value
    if metric.unit == "%" and metric.upper != 100:
        # An error rate in per cent may exceed 100.
        return float(f"{value * 100:.15g}")
    if metric.upper not in (1, 100):
        raise ForecastError(
            f"target {100 * value:g}%: {metric.name} is not a share; give a value of the metric.",
            code="value-out-of-range",
        )
    # Through decimal digits: 0.95 * 100 has a rounding error.
    return float(f"{value * metric.upper:.15g}")
