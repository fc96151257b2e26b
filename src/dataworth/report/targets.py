"""How many samples a target takes, how many more, and for what price, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dataworth._util.numbers import (
    format_chance,
    format_count,
    format_count_rounded,
    format_share,
    size_in_words,
    sizes_in_words,
)
from dataworth.metrics.spoken import counts_cases, exact, name_of

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast
    from dataworth.forecast.results import ReachableSize, SampleSize, Stop


def more_of(
    target: SampleSize | ReachableSize, largest: float, price: float | None
) -> dict[str, Any]:
    """How many samples a target takes beyond those that there are, and what they cost."""
    more = {
        name: max(0.0, float(getattr(target, name)) - largest)
        for name in ("median", "lower", "upper")
    }
    if price is None:
        return {"more": more}
    return {"more": more, "cost": {name: price * count for name, count in more.items()}}


def target_in_words(forecast: Forecast, target: SampleSize, price: float | None = None) -> str:
    """How many samples a target takes, in a sentence or two, and how many more, at what price."""
    metric = forecast.curve.metric
    largest, unit = float(forecast.curve.sizes[-1]), forecast.curve.counted
    name = name_of(metric)
    # mAP and nDCG are written in their own way.
    own = name.split(" ")[0] != name.split(" ")[0].lower()
    what = f"{name if own else name[:1].upper() + name[1:]} {exact(metric, target.target)}"
    level = f"{format_share(target.level)} interval"
    if target.met:
        said = f"{what} is met already, from {format_count_rounded(target.median)} {unit} on."
        other = _of_the_other(forecast, target.target)
        sure = target.assured is None or target.assured <= target.median
        if not sure:
            said += f"{_assured(target, unit)}{_more(target, largest, price)}"
        return said + other
    chance = format_chance(target.probability_reachable)
    if not math.isfinite(target.median):
        said = f"{what} is not expected with any number of {unit}: it is reachable with"
        return f"{said} probability {chance}.{_if_reachable(target, largest, price)}"
    said = (
        f"{what} needs about {size_in_words(target.median)} {unit} ({level}: "
        f"{sizes_in_words(target.lower, target.upper)}); reachable with probability {chance}."
    )
    return f"{said}{_more(target, largest, price)}{_assured(target, unit)}"


def _of_the_other(forecast: Forecast, target: float) -> str:
    """What to type if a share of errors was meant for a score, or the other way round."""
    metric, values = forecast.curve.metric, forecast.curve.values
    other = (metric.upper or 0.0) - target
    ends = float(np.nanmin(values)), float(np.nanmax(values))
    worst, best = ends if forecast.curve.higher_is_better else ends[::-1]
    sign = 1 if forecast.curve.higher_is_better else -1
    if not counts_cases(metric) or sign * target >= sign * worst or sign * other <= sign * best:
        return ""
    kind = "an error" if forecast.curve.higher_is_better else "a score"
    return f" If {kind} of {exact(metric, target)} is meant, ask for {exact(metric, other)}."


def stop_in_words(stop: Stop, largest: float) -> str:
    """Where another label stops paying, in a sentence."""
    if math.isinf(stop.median):
        return "Another label always pays, as far as the forecast goes."
    if stop.median <= largest * 1.06:
        # Sizes are searched in steps of 5.6 %.
        return "Stop here: another label costs more than it is worth."
    return (
        f"Another label stops paying at {size_in_words(stop.median)} samples "
        f"({format_share(stop.level)} interval: {sizes_in_words(stop.lower, stop.upper)}); going "
        f"there is worth {_about(stop.net)} net."
    )


def money(amount: float) -> str:
    """An amount in the currency of the price, without a sign of it."""
    if not math.isfinite(amount):
        return "no finite amount"
    return f"{amount:,.2f}" if amount < 1_000 else format_count(amount)


def _about(amount: float) -> str:
    """An amount to three digits, as the numbers of samples that it is for."""
    return format_count_rounded(amount) if 1_000 <= amount < math.inf else money(amount)


def _more(
    target: SampleSize | ReachableSize, largest: float, price: float | None, that: str = "That is"
) -> str:
    """How many samples beyond those that there are, and what they cost."""
    found = more_of(target, largest, price)
    more = found["more"]
    if not more["upper"] or not math.isfinite(more["median"]):
        return ""
    said = (
        f" {that} {size_in_words(more['median'])} more than the {format_count(largest)} measured "
        f"({sizes_in_words(more['lower'], more['upper'])})"
    )
    if price is None:
        return f"{said}."
    least, median, most = (_about(found["cost"][name]) for name in ("lower", "median", "upper"))
    high = f"to {most}" if math.isfinite(found["cost"]["upper"]) else "or more"
    return f"{said}, for a price of {median} ({least} {high})."


def _if_reachable(target: SampleSize, largest: float, price: float | None) -> str:
    """How many samples a target takes that may be out of reach, given that it is not."""
    found = target.if_reachable
    if found is None:
        return ""
    interval = sizes_in_words(found.lower, found.upper)
    return (
        f" If it is, it takes about {size_in_words(found.median)} ({interval})."
        f"{_more(found, largest, price, 'That would be')}"
    )


def _assured(target: SampleSize, unit: str) -> str:
    if target.assurance is None or target.assured is None:
        return ""
    sure = format_share(target.assurance)
    if math.isinf(target.assured):
        if not target.met and target.probability_reachable < target.assurance:
            # This follows from the probability that was said.
            return ""
        return f" No number of {unit} reaches it with probability {sure}."
    return f" To reach it with probability {sure}: {size_in_words(target.assured)}."
