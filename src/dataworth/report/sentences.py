"""Sentences: the answer in words, with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dataworth._util.numbers import (
    format_chance,
    format_count,
    format_share,
    size_in_words,
    sizes_in_words,
)
from dataworth.forecast.sample_size import REACH
from dataworth.metrics.spoken import exact, name_of, unit_of, values

if TYPE_CHECKING:
    from dataworth.forecast.compare import Comparison, Crossing, Worth
    from dataworth.forecast.forecast import Forecast

TIMES = 3
"""The answer is about so many times the largest measured size."""
_SHOWS = 0.75
"""A difference that shows has odds of three to one: below, other seeds may well turn it round."""


def headline(forecast: Forecast) -> str:
    """What three times as much data is likely to do, in one sentence.

    Its verb is "is likely to" only where the 90 % interval of the gain lies above 0. Where the
    largest sizes have the best value of the metric, that is said instead.
    """
    if forecast.perfect_from is not None:
        metric = forecast.curve.metric
        return (
            f"From {format_count(forecast.perfect_from)} {forecast.curve.counted} on, "
            f"{name_of(metric)} is {exact(metric, forecast.scale.value(0.0))}: these held-out rows "
            "cannot show a gain from more data. Measure on more of them."
        )
    largest = float(forecast.observations.sizes[-1])
    wanted = largest * TIMES
    prediction = forecast.predict([wanted])
    now = forecast.scale.value(math.exp(float(forecast.observations.log_loss[-1])))
    metric = forecast.curve.metric
    start, then, low, high = values(
        metric,
        now,
        *(float(part[0]) for part in (prediction.median, prediction.lower, prediction.upper)),
    )
    gain = forecast.value_of(largest, wanted)
    verb = "raise" if forecast.curve.higher_is_better else "lower"
    unit = unit_of(metric)
    what = f"{TIMES}x the data ({format_count(wanted)} {forecast.curve.counted})"
    interval = f"(90 % interval {low} to {high})"
    if gain.lower > 0:
        how = "is likely to"
        end = "."
    else:
        how, end = "may", "; it may also bring no gain."
    if gain.median <= 0 or start == then:
        return (
            f"{what} is not expected to {verb} {name_of(metric)}: {start}{unit} now, "
            f"{then}{unit} then {interval}."
        )
    return (
        f"{what} {how} {verb} {name_of(metric)} from {start}{unit} to {then}{unit} {interval}{end}"
    )


def crossing_in_words(crossing: Crossing, counted: str = "samples") -> str:
    """A crossing, in a sentence or two; sizes count samples, or what `counted` says."""
    at = f"at {format_count(crossing.measured)} {counted}"
    if crossing.lead < _SHOWS:
        return (
            f"No difference shows between {crossing.leader} and {crossing.follower} {at}, where "
            f"{crossing.leader} is better with probability {format_chance(crossing.lead)}; "
            f"{crossing.follower} does better there or at any larger size with probability "
            f"{format_chance(crossing.probability)}."
        )
    since = (
        ""
        if crossing.since is None
        else f" and has been since about {size_in_words(crossing.since)}"
    )
    leads = f"{crossing.leader} is better than {crossing.follower} {at}{since}."
    if not math.isfinite(crossing.median):
        early = (
            f", and not below {size_in_words(crossing.lower)} {counted}"
            if math.isfinite(crossing.lower)
            else ""
        )
        return (
            f"{leads} {crossing.follower} is not expected to overtake it at any size "
            f"({format_chance(crossing.probability)} chance{early})."
        )
    interval = sizes_in_words(crossing.lower, crossing.upper)
    return (
        f"{leads} {crossing.follower} is expected to overtake it at "
        f"{size_in_words(crossing.median)} {counted} ({format_share(crossing.level)} interval: "
        f"{interval}), and ever to do so with probability {format_chance(crossing.probability)}."
    )


def crossings_in_words(comparison: Comparison, level: float = 0.9) -> list[str]:
    """Which models change places, in a sentence or two for each pair.

    Of three models or more, only pairs that change places among the measured sizes, that are
    expected to do so up to `REACH` times these, or of which none is clearly better; one sentence
    speaks of all others.
    """
    crossings = comparison.crossings(level)
    notable = [
        each
        for each in crossings
        if len(crossings) == 1
        or each.since is not None
        or each.lead < _SHOWS
        or each.median <= REACH * each.measured
    ]
    sentences = [crossing_in_words(each, comparison.counted) for each in notable]
    if len(notable) < len(crossings):
        others = "No other pair of models" if notable else "No pair of models"
        until = format_count(REACH * comparison.common)
        counted = comparison.counted
        sentences.append(f"{others} is expected to change places up to {until} {counted}.")
    return sentences


def best_in_words(comparison: Comparison, size: float) -> str:
    """Which model is the best at a size, in one sentence; the first line of a comparison."""
    first, second, *_ = comparison.standings(size)
    metric = comparison.metric
    best, next_best = values(metric, first.median, second.median)
    if first.probability_best < _SHOWS:
        # No digits that only show a difference that is none.
        best, next_best = (values(metric, each.median)[0] for each in (first, second))
    unit = unit_of(metric)
    how = "is" if first.measured and second.measured else "is expected to be"
    figures = f"{best}{unit} against {next_best}{unit} of {second.name}"
    at = f"with {format_count(size)} {comparison.counted}"
    if first.probability_best < _SHOWS:
        return (
            f"No model is clearly the best {at}: {first.name} has {name_of(metric)} {figures}, and "
            f"is the best with probability {format_chance(first.probability_best)}."
        )
    return (
        f"{first.name} {how} the best {at}: {name_of(metric)} {figures} (the best with probability "
        f"{format_chance(first.probability_best)})."
    )


def worth_in_words(worth: Worth, counted: str = "samples") -> str:
    """What samples of one learner are worth in samples of another, in a sentence."""
    what = f"{size_in_words(worth.samples)} {counted} of {worth.name}"
    if not math.isfinite(worth.median):
        least = f" (at least {worth.lower:.3g} times as many)" if math.isfinite(worth.lower) else ""
        return f"No number of {counted} of {worth.against} is expected to equal {what}{least}."
    high = f"to {worth.upper:.3g}" if math.isfinite(worth.upper) else "or more"
    return (
        f"{what} are worth {worth.median:.3g} times as many of {worth.against} "
        f"({format_share(worth.level)} interval: {worth.lower:.3g} {high}; "
        f"{'measured' if worth.measured else 'forecast'})."
    )
