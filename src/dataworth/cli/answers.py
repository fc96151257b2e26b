"""What ``dataworth forecast`` answers of one curve, for the terminal and as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Any

from dataworth.cli.options import in_unit_of
from dataworth.errors import DataError, ForecastError

# What forecasts and shows is slow to import: only where it is used, not for the parser.
if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.forecast.forecast import Forecast
    from dataworth.forecast.results import SampleSize, Stop


@dataclass(frozen=True)
class Answers:
    """What was asked of one curve.

    Attributes
    ----------
    forecast : Forecast
        Of the requested metric, or of the one that is usually reported: the accuracy where it was
        measured beside a loss.
    sizes : sequence of float
        Where the metric is predicted.
    targets : sequence of SampleSize
    stop : Stop or None
    level : float
    price : float or None
        Of one more sample.
    held_out : str
        Whether the held-out rows are enough, in a sentence; may be empty.
    """

    forecast: Forecast
    sizes: Sequence[float]
    targets: Sequence[SampleSize]
    stop: Stop | None
    level: float
    price: float | None
    held_out: str = ""

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        from dataworth._util.json import json_values
        from dataworth.report.advice import model_or_data, trust
        from dataworth.report.sentences import headline
        from dataworth.report.targets import more_of, target_in_words

        document = {
            "answer": {
                "headline": headline(self.forecast),
                "targets": [target_in_words(self.forecast, t, self.price) for t in self.targets],
                "model_or_data": model_or_data(self.forecast),
                "trust": trust(self.forecast),
                "held_out": self.held_out,
            }
        } | self.forecast.to_dict(self.sizes, level=self.level)
        largest = float(self.forecast.curve.sizes[-1])
        document["assumed"] = list(self.forecast.curve.assumed)
        document["targets"] = [
            json_values(
                asdict(target)
                | {"metric": self.forecast.curve.metric.name}
                | more_of(target, largest, self.price)
            )
            for target in self.targets
        ]
        document["stop"] = None if self.stop is None else json_values(asdict(self.stop))
        return document


def answers_to(options: argparse.Namespace, curve: Curve) -> Answers:
    """Answer the options of ``dataworth forecast`` for a curve."""
    from dataworth.forecast import api
    from dataworth.forecast.horizons import sizes_ahead
    from dataworth.report.reported import reported_metric

    make = partial(
        api.forecast,
        test_noise=options.test_noise,
        single_run=options.single_run,
        family=options.family,
    )
    spoken = None if options.metric else reported_metric(curve)
    try:
        plain = make(curve if spoken is None else _spoken(curve, spoken))
    except (DataError, ForecastError):
        if spoken is None:
            raise
        plain = make(curve)
    forecast = plain
    if options.held_out is not None:
        forecast = make(plain.curve, held_out=options.held_out)
    goals = [in_unit_of(forecast.curve.metric, target) for target in options.target]
    return Answers(
        forecast=forecast,
        sizes=options.at or sizes_ahead(forecast),
        targets=[forecast.samples_for(goal, options.level, options.assurance) for goal in goals],
        stop=_stop(forecast, options),
        level=options.level,
        price=options.price_per_label,
        held_out=_held_out(plain, options),
    )


def _spoken(curve: Curve, metric: str) -> Curve:
    """The curve of the metric that is usually reported; where one was inferred, that is said."""
    chosen = curve[metric]
    if len(chosen.assumed) == len(curve.assumed):
        return chosen
    other = quote(curve.metric.name)
    return chosen.noted(f"of the metrics, {metric!r} is forecast (for the other: --metric {other})")


def _held_out(plain: Forecast, options: argparse.Namespace) -> str:
    """Whether there are enough held-out rows, in a sentence; empty without their number."""
    if options.held_out is None:
        return ""
    from dataworth._util.numbers import format_count
    from dataworth.forecast.held_out import held_out_needed
    from dataworth.forecast.horizons import sizes_ahead

    at, *_ = sizes_ahead(plain)
    needed = held_out_needed(plain, at, options.level)
    enough = "are enough" if options.held_out >= needed else "are few"
    return (
        f"{format_count(options.held_out)} held-out rows {enough}: {format_count(needed)} widen "
        f"the interval at {format_count(at)} samples by a tenth."
    )


def _stop(forecast: Forecast, options: argparse.Namespace) -> Stop | None:
    if options.worth is None:
        return None
    return forecast.stop_at(options.price_per_label, options.worth, options.level)
