"""``dataworth forecast --parameters``: what a file of runs of several model sizes says."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dataworth._util.printable import new_console, say
from dataworth.cli.options import curve_options
from dataworth.errors import ForecastError, MissingDependencyError
from dataworth.records.layout import FORECAST_PICTURE

if TYPE_CHECKING:
    from dataworth.report.joint import JointAnswers

_SIZE = re.compile(r"([0-9]+(?:[.][0-9]+)?(?:e[+]?[0-9]+)?)\s*([kmbgt]?)")
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_UNUSED = (
    *("by", "target", "price_per_label", "worth", "family", "single_run", "test_noise"),
    "held_out",
)
_PAGES = (".html", ".htm")


def run_joint(options: argparse.Namespace) -> int:
    """Print what a joint law of data size and model size answers, and draw its contours."""
    from dataworth.cli.show.joint import show_joint

    _check(options)
    answers = joint_answers(options)
    if options.json:
        print(json.dumps(answers.document(), allow_nan=False))
    else:
        show_joint(new_console(), answers, details=options.details)
    if options.out is not None or not options.json:
        try:
            place = _write(answers, options.out or Path(FORECAST_PICTURE))
        except MissingDependencyError as error:
            say(f"No picture: {error}", error=True)
            return 0
        if not options.json:
            say(f"{'Page' if place.suffix in _PAGES else 'Picture'}: {place}")
    return 0


def joint_answers(options: argparse.Namespace) -> JointAnswers:
    """Read the runs of a file, and fit a joint law to them."""
    from dataworth.curves.read import as_curves
    from dataworth.forecast.joint import forecast_joint
    from dataworth.forecast.loss_scale import loss_scale
    from dataworth.report.joint import JointAnswers

    curves = as_curves(options.curve, options.parameters, options.metric, **curve_options(options))
    sizes = {key: model_size(key, options.parameters) for key in curves}
    longest = max(curves.values(), key=len)
    scale = loss_scale(longest)
    if scale.width is not None:
        raise ForecastError(
            f"{longest.metric.name} has no best value, and a joint law is one of losses that fall "
            "towards a floor. Give the best value with --best, or a loss.",
            code="metric-unclear",
        )
    samples = np.concatenate([curve.samples for curve in curves.values()])
    parameters = np.concatenate([np.full(len(curve), sizes[key]) for key, curve in curves.items()])
    losses = scale.losses(np.concatenate([curve.values for curve in curves.values()]))
    known = np.isfinite(losses)
    forecast = forecast_joint(samples[known], parameters[known], losses[known])
    return JointAnswers(
        forecast, scale, longest.metric, options.level, options.at or (), options.compute or ()
    )


def model_size(cell: Any, column: str) -> float:
    """The number in a cell such as 125000000, 1.3e9, 125M or 1.3B.

    Raises
    ------
    ForecastError
        If it is none.
    """
    found = _SIZE.fullmatch(str(cell).strip().lower())
    size = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < size < float("inf"):
        raise ForecastError(
            f"column {column!r} holds {str(cell)!r}; expected sizes of models above 0, as "
            "125000000, 1.3e9, 125M or 1.3B.",
            code="value-out-of-range",
            option="parameters",
        )
    return size


def _check(options: argparse.Namespace) -> None:
    for name in _UNUSED:
        if getattr(options, name):
            option = name.replace("_", "-")
            raise ForecastError(
                f"--{option} and --parameters: a joint law answers --at and --compute alone. Omit "
                "one of them.",
                code="options-conflict",
            )
    if Path(options.curve).is_dir():
        raise ForecastError(
            f"{options.curve}: --parameters reads a file of runs of several model sizes, and this "
            "is a run directory. Give a file with a column for the size of the model.",
            code="wrong-type",
            option="parameters",
        )
    budgets = options.compute or ()
    if not all(0 < compute < float("inf") for compute in budgets):
        raise ForecastError(
            f"--compute {', '.join(f'{compute:g}' for compute in budgets)}: expected operations, "
            "positive and finite.",
            code="value-out-of-range",
            option="compute",
        )
    if options.out is not None and options.out.suffix.lower() not in _PAGES:
        from dataworth._util.validation import check_picture_path

        check_picture_path(options.out)


def _write(answers: JointAnswers, out: Path) -> Path:
    if out.suffix.lower() in _PAGES:
        from dataworth.report.joint import write_joint_page

        return write_joint_page(answers, out)
    from dataworth.plots.files import write_joint_picture

    return write_joint_picture(answers.forecast, out)
