"""``dataworth forecast``: what a measured curve says about sizes that were not measured."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from dataworth._util.printable import new_console, say
from dataworth.cli.answers import answers_to
from dataworth.cli.options import (
    Extend,
    add_curve_options,
    add_metric_options,
    add_output_options,
    curve_options,
    number,
    numbers,
    share,
    shares,
)
from dataworth.errors import ForecastError
from dataworth.records.layout import FORECAST_PICTURE

# What forecasts and shows is slow to import: only where it is used, not for the parser.
if TYPE_CHECKING:
    from rich.console import Console

    from dataworth.curves.curve import Curve
    from dataworth.forecast.forecast import Forecast
    from dataworth.plan.goal import Goal
    from dataworth.records.store import Store


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "forecast",
        help="predict a curve at sizes that were not measured",
        description="Fit the measured curve of a run directory or a file of measurements (CSV, "
        "JSON lines, XLSX) and say what more samples would bring, with intervals: the answer in a "
        "sentence, predictions, and the samples that a target takes. Draws forecast.svg in the run "
        "directory (for a file: in the current folder).",
    )
    parser.add_argument(
        "curve", metavar="DIR_OR_FILE", help="a run directory, or a file of measurements"
    )
    parser.add_argument(
        "--at",
        type=numbers,
        nargs="+",
        action=Extend,
        metavar="N",
        help="predict at these numbers of samples (default: 2, 4 and 10 times the "
        "largest measured)",
    )
    parser.add_argument(
        "--target",
        type=shares,
        nargs="+",
        action=Extend,
        default=[],
        metavar="VALUE",
        help="value of the metric to reach, in its unit (a share also as 95%%): prints the "
        "samples it takes",
    )
    parser.add_argument(
        "--metric",
        metavar="M",
        help="loss, accuracy, macro_f1, ... of a run directory or a column of the file; else what "
        "the file's values are: a name here or of a scikit-learn scorer (default: the accuracy "
        "where it was measured beside a loss)",
    )
    add_metric_options(parser)
    add_curve_options(parser)
    parser.add_argument(
        "--by",
        action="append",
        metavar="COLUMN",
        help="forecast each curve of a file that holds several, one for each value of this column",
    )
    parser.add_argument(
        "--parameters",
        metavar="COLUMN",
        help="the column of the file with the size of the model: more data or a bigger model, and "
        "the best split of a budget of compute (--out FILE.html: a page with the contours)",
    )
    parser.add_argument(
        "--compute",
        type=numbers,
        nargs="+",
        action=Extend,
        metavar="OPERATIONS",
        help="budgets to split with --parameters, in floating-point operations, 6 for each "
        "parameter and sample (default: 1, 10 and 100 times the largest run's)",
    )
    parser.add_argument(
        "--level",
        type=share,
        default=0.9,
        metavar="P",
        help="probability of the intervals (default: 90%%)",
    )
    parser.add_argument(
        "--assurance",
        type=share,
        default=0.9,
        metavar="P",
        help="also give the samples that meet a target with this probability (default: 90%%)",
    )
    parser.add_argument(
        "--test-noise",
        type=number,
        default=0.0,
        metavar="SE",
        help="standard error of the metric that is due to the finite number of held-out rows; "
        "with it, intervals hold for new test data too (default: 0)",
    )
    parser.add_argument(
        "--held-out",
        type=int,
        metavar="ROWS",
        help="number of held-out rows of an accuracy or another share of rows, in place of "
        "--test-noise; also says how many would be enough",
    )
    parser.add_argument(
        "--single-run",
        action=argparse.BooleanOptionalAction,
        help="whether the sizes are checkpoints of a single training run; detected from the "
        "noise of the values by default",
    )
    parser.add_argument(
        "--family",
        metavar="F",
        help="the learner's family, which selects the correction for its curves: linear, "
        "discriminant, naive-bayes, knn, kernel-svm, tree, forest, boosting, mlp, cnn, "
        "transformer, deep-tabular, pretrained (that of a study's model; else a mixture of all)",
    )
    parser.add_argument(
        "--price-per-label",
        type=number,
        metavar="PRICE",
        help="price of one more sample, in any currency: targets and predictions are also given "
        "in money; with --worth: where another label stops paying",
    )
    parser.add_argument(
        "--worth",
        type=number,
        metavar="WORTH",
        help="value of a loss (an error) that is lower by 1, in the same currency",
    )
    parser.add_argument(
        "--details",
        action="store_true",
        help="also print the law, its parameters and the backtest",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="file of the picture: .svg; .png or .pdf (with Matplotlib)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON document on stdout, null for infinity; a picture only with --out",
    )
    add_output_options(parser, json=False)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the forecast and draw it."""
    from dataworth._util.validation import check_picture_path, check_probability, check_sizes
    from dataworth.cli.show.forecast import show_forecast
    from dataworth.curves.read import as_curve, as_curves

    # Before anything is printed, and without a target too: no option is ignored.
    check_probability("assurance", options.assurance)
    check_probability("level", options.level)
    check_sizes(options.at or [])
    _check_prices(options)
    if options.parameters is not None:
        from dataworth.cli.joint import run_joint

        return run_joint(options)
    if options.compute is not None:
        raise ForecastError(
            "--compute needs --parameters: a budget is split between model and data.",
            code="option-missing",
        )
    if options.out is not None:
        check_picture_path(options.out)
    if options.by:
        by = options.by[0] if len(options.by) == 1 else options.by
        curves = as_curves(options.curve, by, options.metric, **curve_options(options))
        return _run_several(curves, options)
    with opened(options.curve) as place:
        curve = as_curve(place, options.metric, **curve_options(options))
        answers = answers_to(options, curve)
        warn_of_training(place)
    if options.json:
        print(json.dumps(answers.document(), allow_nan=False))
    else:
        show_forecast(new_console(), answers, details=options.details)
    if options.out is not None or not options.json:
        picture = _picture_path(options)
        goals = [target.target for target in answers.targets]
        _draw(answers.forecast, answers.sizes, goals, picture)
        if not options.json:
            say(f"Picture: {picture}")
    return 0


def _run_several(curves: Mapping[Any, Curve], options: argparse.Namespace) -> int:
    """Print the forecasts of several curves, each below its name."""
    from dataworth.cli.show.forecast import echo, show_forecast

    if options.out is not None:
        raise ForecastError(
            "--out draws one curve, and --by takes several: choose one with --where.",
            code="options-conflict",
        )
    documents: dict[str, Any] = {}
    refused = 0
    console = new_console()
    for curve in curves.values():
        try:
            answers = answers_to(options, curve)
        except ForecastError as error:
            refused += 1
            documents[curve.name] = {"error": str(error), "code": error.code}
            if not options.json:
                echo(console, "", f"{curve.name}: no forecast: {error}")
            continue
        if options.json:
            documents[curve.name] = answers.document()
        else:
            echo(console, "", f"{', '.join(options.by)}: {curve.name}")
            show_forecast(console, answers, details=options.details)
    if options.json:
        print(json.dumps({"by": options.by, "curves": documents}, allow_nan=False))
    return 2 if refused == len(curves) else 0


def begin_answer(console: Console, curve: Curve, goal: Goal | None = None) -> Forecast | None:
    """Print in a few sentences what a run's curve says of more data; None without a forecast.

    With a goal, what it says of that comes first. The forecast is of the metric that is usually
    reported.
    """
    from dataworth.cli.show.forecast import echo, show_answer
    from dataworth.cli.show.plan import show_goal
    from dataworth.forecast import api
    from dataworth.report.reported import reported

    try:
        forecast = api.forecast(curve)
    except ForecastError as error:
        echo(console, f"No forecast: {error}")
        return None
    if goal is not None:
        show_goal(console, forecast, goal)
    forecast = reported(forecast)
    show_answer(console, forecast)
    return forecast


def end_answer(
    console: Console, forecast: Forecast, directory: Path, at: int | None = None
) -> None:
    """Print what is predicted, and draw the picture if there is none of this curve."""
    from dataworth.cli.show.forecast import echo, show_predictions, show_warnings
    from dataworth.forecast.horizons import sizes_ahead
    from dataworth.observers.artifacts import is_current

    sizes = sorted({*sizes_ahead(forecast), *([] if at is None else [float(at)])})
    show_predictions(console, forecast, sizes, 0.9)
    show_warnings(console, forecast, sizes)
    picture = directory / FORECAST_PICTURE
    if not is_current(picture):
        _draw(forecast, sizes, [], picture)
    more = f"dataworth forecast {quote(str(directory))}"
    echo(console, f"In {directory}: {FORECAST_PICTURE}; more with: {more}")


def opened(place: str) -> contextlib.AbstractContextManager[str | Store]:
    """The store of a run directory, which is then read once; a file stays as it is."""
    # Path.is_dir would raise where a name is too long for the file system.
    if not os.path.isdir(place):
        return contextlib.nullcontext(place)

    from dataworth.records.store import Store

    return Store(place)


def warn_of_training(place: str | Store) -> None:
    """Say on stderr of a run directory whether its runs were not trained to the end."""
    if isinstance(place, str):
        return

    from dataworth.audit.runs import findings_of_training
    from dataworth.observers.terminal import print_findings

    print_findings(new_console(stderr=True), findings_of_training(place))


def _check_prices(options: argparse.Namespace) -> None:
    if options.worth is not None and options.price_per_label is None:
        raise ForecastError(
            "--worth needs --price-per-label: where to stop takes both.", code="option-missing"
        )
    price = options.price_per_label
    if price is not None and not 0 < price < float("inf"):
        raise ForecastError(
            f"price_per_label is {price!r}; expected a finite number above 0.",
            code="value-out-of-range",
        )


def _picture_path(options: argparse.Namespace) -> Path:
    if options.out is not None:
        return Path(options.out)
    place = Path(options.curve)
    name = Path(FORECAST_PICTURE)
    if options.metric is not None:
        # The picture of the study's own metric stays.
        name = name.with_stem(f"{name.stem}-{re.sub(r'[^0-9A-Za-z]+', '-', options.metric)}")
    return place / name if place.is_dir() else name


def _draw(forecast: Forecast, sizes: Sequence[float], targets: Sequence[float], path: Path) -> None:
    # Slow to load: not before the answer is on the screen.
    from dataworth.plots.files import write_forecast_picture

    write_forecast_picture(forecast, path, sizes=sizes, targets=targets)
