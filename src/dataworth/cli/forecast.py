"""``dataworth forecast``: what a measured curve says about sizes that were not measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth._util.extras import require
from dataworth.cli.options import add_metric_options, in_unit_of, number, share
from dataworth.errors import ForecastError, MissingDependencyError
from dataworth.records.layout import FORECAST_PICTURE

# What forecasts and shows is slow to import: only where it is used, not for the parser.
if TYPE_CHECKING:
    from rich.console import Console

    from dataworth.curves.curve import Curve
    from dataworth.forecast.forecast import Forecast
    from dataworth.forecast.results import SampleSize, Stop

AHEAD = (2, 4, 10)
"""Without --at, predictions are made at so many times the largest measured size."""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "forecast",
        help="predict a curve at sizes that were not measured",
        description="Fit the measured curve of a run directory or a CSV (samples,value[,seed]) and "
        "say what more samples would bring, with intervals: the law, how the forecast did on sizes "
        "hidden from it, predictions, and the samples that a target takes. Draws forecast.png in "
        "the run directory (for a CSV: in the current folder).",
    )
    parser.add_argument("curve", metavar="DIR_OR_CSV", help="a run directory, or a CSV")
    parser.add_argument(
        "--at",
        type=number,
        nargs="+",
        action="extend",
        metavar="N",
        help="predict at these numbers of samples (2, 4 and 10 times the largest measured)",
    )
    parser.add_argument(
        "--target",
        type=share,
        nargs="+",
        action="extend",
        default=[],
        metavar="LOSS",
        help="how many samples it takes to get here, in the metric's own unit; shares also as 95%%",
    )
    parser.add_argument(
        "--metric",
        metavar="M",
        help="accuracy, macro_f1, ... of a run directory or a column of the CSV; else what the "
        "CSV's values are: a name here or of a scikit-learn scorer (loss)",
    )
    add_metric_options(parser)
    parser.add_argument(
        "--level", type=share, default=0.9, metavar="P", help="of the intervals (0.9)"
    )
    parser.add_argument(
        "--assurance",
        type=share,
        default=0.9,
        metavar="P",
        help="also give the samples that meet a target with this probability (0.9)",
    )
    parser.add_argument(
        "--test-noise",
        type=float,
        default=0.0,
        metavar="SE",
        help="standard error of the metric from its held-out rows being a sample: the forecast is "
        "then of the metric on all such rows, not on these (0)",
    )
    parser.add_argument(
        "--single-run",
        action=argparse.BooleanOptionalAction,
        help="whether the sizes are looks at a single training run (so taken are more than 20 "
        "sizes without seeds that lie close together)",
    )
    parser.add_argument(
        "--family",
        metavar="F",
        help="the learner's family, which says how such curves go on: linear, discriminant, "
        "naive-bayes, knn, kernel-svm, tree, forest, boosting, mlp, cnn, transformer, "
        "deep-tabular, pretrained (that of a study's model; else a mixture of all)",
    )
    parser.add_argument(
        "--price-per-label",
        type=float,
        metavar="PRICE",
        help="of one more sample; with --worth: where another label stops paying",
    )
    parser.add_argument(
        "--worth",
        type=float,
        metavar="WORTH",
        help="of a loss (an error) lower by 1, in the same currency",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="the picture: .png, .svg or .pdf")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON document on stdout, null for infinity; a picture only with --out",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the forecast and draw it."""
    from dataworth._util.validation import check_picture_path, check_probability, check_sizes
    from dataworth.curves.read import as_curve
    from dataworth.forecast import api

    # Before anything is printed, and without a target too: each was meant to say something.
    check_probability("assurance", options.assurance)
    check_probability("level", options.level)
    check_sizes(options.at or [])
    if options.out is not None:
        check_picture_path(options.out)
        require("matplotlib", "pictures")
    forecast = api.forecast(
        as_curve(
            options.curve,
            options.metric,
            higher_is_better=options.higher_is_better,
            best=options.best,
        ),
        test_noise=options.test_noise,
        single_run=options.single_run,
        family=options.family,
    )
    sizes = options.at or ahead(forecast)
    wanted = [in_unit_of(forecast.curve.metric, target) for target in options.target]
    targets = [forecast.samples_for(t, options.level, options.assurance) for t in wanted]
    stop = _stop(forecast, options)
    if options.json:
        print(json.dumps(_document(forecast, sizes, targets, stop, options.level), allow_nan=False))
    else:
        from rich.console import Console

        from dataworth.cli.show.forecast import show_forecast

        show_forecast(Console(), forecast, sizes, targets, options.level, stop)
    if options.out is not None or not options.json:
        picture = _picture_path(options)
        try:
            _draw(forecast, sizes, wanted, picture)
        except MissingDependencyError as error:
            print(f"No picture: {error}", file=sys.stderr)
            return 0
        if not options.json:
            print(f"Picture: {picture}")
    return 0


def end_run(console: Console, curve: Curve, directory: Path, *, is_new: bool) -> None:
    """Print in short what a run's curve says of more data; no forecast is no failure.

    The picture is drawn if the curve is new, or there is none.
    """
    from dataworth.cli.show.forecast import echo, show_short
    from dataworth.forecast import api

    try:
        forecast = api.forecast(curve)
    except ForecastError as error:
        echo(console, f"No forecast: {error}")
        return
    sizes = ahead(forecast)
    show_short(console, forecast, sizes)
    picture = directory / FORECAST_PICTURE
    more = f"dataworth forecast {directory}"
    try:
        if is_new or not picture.is_file():
            _draw(forecast, sizes, [], picture)
    except MissingDependencyError:
        # The study has warned that there are no pictures.
        echo(console, f"More with: {more}")
        return
    echo(console, f"In {directory}: {FORECAST_PICTURE}; more with: {more}")


def ahead(forecast: Forecast) -> list[float]:
    """The sizes to predict where none were asked for."""
    return [float(forecast.observations.sizes[-1]) * times for times in AHEAD]


def _stop(forecast: Forecast, options: argparse.Namespace) -> Stop | None:
    price, worth = options.price_per_label, options.worth
    if price is None and worth is None:
        return None
    if price is None or worth is None:
        raise ForecastError(
            "where to stop takes both --price-per-label and --worth.", code="option-missing"
        )
    return forecast.stop_at(price, worth, options.level)


def _document(
    forecast: Forecast,
    sizes: Sequence[float],
    targets: Sequence[SampleSize],
    stop: Stop | None,
    level: float,
) -> dict[str, Any]:
    """What ``--json`` prints."""
    from dataworth._util.json import json_values

    document = forecast.to_dict(sizes, level=level)
    document["targets"] = [json_values(asdict(target)) for target in targets]
    document["stop"] = None if stop is None else json_values(asdict(stop))
    return document


def _picture_path(options: argparse.Namespace) -> Path:
    if options.out is not None:
        return Path(options.out)
    place = Path(options.curve)
    return place / FORECAST_PICTURE if place.is_dir() else Path(FORECAST_PICTURE)


def _draw(forecast: Forecast, sizes: Sequence[float], targets: Sequence[float], path: Path) -> None:
    # Before the picture's numbers are computed.
    require("matplotlib", "pictures")
    # Slow to load: not before the answer is on the screen.
    from dataworth.plots.forecast import write_forecast_picture

    write_forecast_picture(forecast, path, sizes=sizes, targets=targets)
