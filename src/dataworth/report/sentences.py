"""Sentences: the answer in words, with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dataworth._util.numbers import format_count, format_count_rounded
from dataworth.metrics.labels import format_value, format_values

if TYPE_CHECKING:
    from dataworth.forecast.compare import Crossing
    from dataworth.forecast.forecast import Forecast

TIMES = 3
"""The answer looks this far beyond the largest measured size."""
_SHOWS = 0.75
"""A difference that shows has odds of three to one: below, other seeds may well turn it round."""


def headline(forecast: Forecast) -> str:
    """What three times as much data is expected to do, in one sentence."""
    largest = float(forecast.observations.sizes[-1])
    wanted = largest * TIMES
    prediction = forecast.predict([wanted])
    loss = math.exp(float(forecast.observations.log_loss[-1]))
    then = float(prediction.median[0])
    higher = forecast.curve.higher_is_better
    now = forecast.scale.value(loss)
    improves = then > now if higher else then < now
    start, end, low, high = format_values(
        now, then, float(prediction.lower[0]), float(prediction.upper[0])
    )
    verb = ("raise" if higher else "cut") if improves else "move"
    metric = forecast.curve.metric
    what = f"{metric.title} in per cent" if metric.unit == "%" else metric.title
    said = (
        f"Going from {format_count(largest)} to {format_count(wanted)} samples is expected to "
        f"{verb} {what} from {start} to {end} ({low} to {high})."
    )
    if forecast.value_of(largest, wanted).lower > 0:
        return said
    return f"{said} That it gains nothing lies within the interval."


def irreducible(forecast: Forecast) -> str:
    """What is left however many samples there are, in one sentence."""
    law = forecast.law
    estimate = law.parameters.get("e")
    if estimate is None:
        return (
            f"Irreducible error: none by {law.name}, the law of largest weight; its loss keeps "
            "falling."
        )
    fitted, *ends = map(forecast.scale.value, (estimate.value, estimate.lower, estimate.upper))
    what = "Best possible" if forecast.curve.higher_is_better else "Irreducible"
    return (
        f"{what} {forecast.curve.metric.title}, by {law.name}, the law of largest weight: "
        f"{format_value(fitted)} ({format_value(min(ends))} to {format_value(max(ends))})."
    )


def crossing_in_words(crossing: Crossing) -> str:
    """A crossing, in a sentence or two."""
    at = f"at {format_count(crossing.measured)} samples"
    if crossing.lead < _SHOWS:
        return (
            f"No difference shows between {crossing.leader} and {crossing.follower} {at}, where "
            f"{crossing.leader} is better with probability {crossing.lead:.0%}; "
            f"{crossing.follower} does better there or at any larger size with probability "
            f"{crossing.probability:.0%}."
        )
    since = "" if crossing.since is None else f" and has been since about {count(crossing.since)}"
    leads = f"{crossing.leader} is better than {crossing.follower} {at}{since}."
    where = f"at {count(crossing.median)} samples" if math.isfinite(crossing.median) else "nowhere"
    return (
        f"{leads} {crossing.follower} is expected to overtake it {where} ({crossing.level:.0%} "
        f"interval {count(crossing.lower)} to {count(crossing.upper)}), and ever to do so with "
        f"probability {crossing.probability:.0%}."
    )


def count(samples: float) -> str:
    """A number of samples to three digits, or infinity."""
    return format_count_rounded(samples) if math.isfinite(samples) else "infinity"
