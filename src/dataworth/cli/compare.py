"""``dataworth compare``: which of several learners is better at N, and where they cross."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth._util.printable import new_console, say
from dataworth.cli.forecast import opened, warn_of_training
from dataworth.cli.options import (
    Extend,
    add_curve_options,
    add_metric_options,
    add_output_options,
    curve_options,
    numbers,
    share,
)
from dataworth.errors import StudyError

if TYPE_CHECKING:
    from dataworth.forecast.compare import Comparison

PAGE_FILE = Path("compare.html")


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "compare",
        help="compare models: which is better at a number of samples, and where curves cross",
        description="Forecast the curves of several run directories (or CSVs) and say which "
        "model is better at a number of samples, with what probability, and where one overtakes "
        "another. Of run directories it also writes one self-contained HTML page.",
    )
    parser.add_argument(
        "directories",
        nargs="+",
        metavar="DIR_OR_FILE",
        help="two or more run directories or files; or one directory of several "
        "models, or one file with --by",
    )
    parser.add_argument(
        "--at",
        type=numbers,
        nargs="+",
        action=Extend,
        metavar="N",
        help="compare at these numbers of samples (default: 1, 2, 4 and 10 times "
        "the largest measured)",
    )
    parser.add_argument(
        "--metric",
        metavar="M",
        help="loss, accuracy, macro_f1, ... (default: the "
        "accuracy where it was measured beside a loss)",
    )
    add_metric_options(parser)
    add_curve_options(parser)
    parser.add_argument(
        "--by",
        metavar="COLUMN",
        help="compare the curves of one file, one for each value of this column",
    )
    parser.add_argument(
        "--level",
        type=share,
        default=0.9,
        metavar="P",
        help="probability of the intervals (default: 90%%)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON document on stdout, null for infinity; a page only with --out",
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help=f"file of the page (.html) or of a picture (.png, .svg, .pdf) (default: {PAGE_FILE})",
    )
    add_output_options(parser, json=False)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the comparison, write the page and say where it is."""
    from dataworth._util.validation import check_picture_path, check_probability, check_sizes
    from dataworth.cli.show.forecast import show_comparison

    # Before anything is printed.
    check_probability("level", options.level)
    check_sizes(options.at or [])
    whole = all(Path(each).is_dir() for each in options.directories)
    is_page = options.out is None or options.out.suffix.lower() in (".html", ".htm")
    if not is_page:
        check_picture_path(options.out)
    elif options.out is not None and not whole:
        raise StudyError(
            "the page takes run directories; omit --out, or name a picture (.png, .svg, .pdf), to "
            "compare files.",
            code="options-conflict",
        )
    from dataworth.forecast.horizons import TIMES
    from dataworth.report.reported import reported_comparison

    comparison = _by_model(_comparison(options))
    if not options.metric:
        comparison = reported_comparison(comparison)
    for place in options.directories:
        with opened(place) as results:
            warn_of_training(results)
    sizes = options.at or [comparison.largest * times for times in (1, *TIMES)]
    if options.json:
        from dataworth.report.sentences import best_in_words

        answer = {"answer": best_in_words(comparison, comparison.largest)}
        document = answer | comparison.to_dict(sizes, options.level)
        print(json.dumps(document, allow_nan=False))
    else:
        show_comparison(new_console(), comparison, sizes, options.level)
    if not is_page:
        # Slow to load: not before the answer is on the screen.
        from dataworth.plots.files import write_comparison_picture

        write_comparison_picture(comparison.forecasts, options.out, sizes=sizes)
        if not options.json:
            say(f"Picture: {options.out}")
    elif whole and (options.out is not None or not options.json):
        # Slow to load: not before the answer is on the screen.
        from dataworth.report import write_comparison

        page = write_comparison(options.directories, options.out or PAGE_FILE)
        if not options.json:
            say(f"Page: {page}")
    return 0


def _by_model(comparison: Comparison) -> Comparison:
    """The comparison with the names of models in place of paths, where they differ."""
    models = [forecast.curve.model for forecast in comparison.forecasts.values()]
    if not all(models) or len(set(models)) < len(models):
        return comparison
    forecasts = dict(zip(models, comparison.forecasts.values(), strict=True))
    return replace(comparison, forecasts=forecasts)


def _comparison(options: argparse.Namespace) -> Comparison:
    """Of all directories and files, or of the curves that a column of one file distinguishes."""
    from dataworth.curves.read import as_curve, as_curves
    from dataworth.forecast.compare import compare

    reading = curve_options(options)
    columns = {name: reading.pop(name) for name in ("samples", "value", "seed", "where", "total")}
    if options.by is not None:
        if len(options.directories) > 1:
            raise StudyError(
                "--by takes one file; omit it to compare several.", code="options-conflict"
            )
        place = options.directories[0]
        found = as_curves(place, options.by, options.metric, **reading, **columns)
        return compare({curve.name: curve for curve in found.values()})
    if not any(columns.values()):
        return compare(options.directories, metric=options.metric, **reading)
    places = dict.fromkeys(options.directories)
    return compare(
        {place: as_curve(place, options.metric, **reading, **columns) for place in places}
    )
