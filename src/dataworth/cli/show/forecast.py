"""A forecast as a terminal shows it: law, backtest, predictions, targets, warnings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from dataworth._util.numbers import format_count, format_count_rounded
from dataworth.cli.show.tables import new_table, print_table
from dataworth.metrics.labels import format_exact, format_value, format_values
from dataworth.report.sentences import count, crossing_in_words, headline
from dataworth.report.tables import mean_error

if TYPE_CHECKING:
    from dataworth.forecast.compare import Comparison, Worth
    from dataworth.forecast.forecast import Forecast
    from dataworth.forecast.results import BacktestRow, Estimate, SampleSize, Stop


def show_comparison(
    console: Console, comparison: Comparison, sizes: Sequence[float], level: float
) -> None:
    """Print the standings at some sizes, the crossings, and what to beware of."""
    for size in sizes:
        echo(console, f"At {format_count(size)} samples:")
        print_table(console, standings_table(comparison, size, level))
    for crossing in comparison.crossings(level):
        echo(console, crossing_in_words(crossing))
    for worth in comparison.worth(comparison.common, level):
        echo(console, worth_in_words(worth))
    for name, forecast in comparison.forecasts.items():
        show_warnings(console, forecast, sizes, of=name)


def standings_table(comparison: Comparison, size: float, level: float) -> Table:
    """All learners at one size, the best first, and how far the others are behind it."""
    interval = f"{level:.0%} interval"
    table = new_table(
        "learner", comparison.metric.name, interval, "best with", "behind", interval, "from"
    )
    standings = comparison.standings(size, level)
    for row, standing in enumerate(standings):
        median, lower, upper = format_values(standing.median, standing.lower, standing.upper)
        behind, within = "", ""
        if row:
            gap = comparison.difference(standings[0].name, standing.name, size, level)
            behind, within = f"{gap.median:.2g}", f"{gap.lower:.2g} to {gap.upper:.2g}"
        table.add_row(
            standing.name,
            median,
            f"{lower} to {upper}",
            f"{standing.probability_best:.0%}",
            behind,
            within,
            "measured" if standing.measured else "forecast",
        )
    return table


def worth_in_words(worth: Worth) -> str:
    """What samples of one learner are worth in samples of another, in a sentence."""
    what = f"{count(worth.samples)} samples of {worth.name}"
    if not math.isfinite(worth.median):
        low = "" if not math.isfinite(worth.lower) else f", more than {worth.lower:.3g} times,"
        return (
            f"{what} are worth more samples of {worth.against}{low} than any number is expected to "
            "make up for."
        )
    high = f"{worth.upper:.3g}" if math.isfinite(worth.upper) else "infinity"
    return (
        f"{what} are worth {worth.median:.3g} times as many of {worth.against} ({worth.level:.0%} "
        f"interval {worth.lower:.3g} to {high}; {'measured' if worth.measured else 'forecast'})."
    )


_LAWS_NAMED = 3
_ALWAYS_SHOWN = {
    "forecast": "this forecast",
    "last-value": "baseline: last value stays",
    "power-absolute": "baseline: plain power law",
}


def echo(console: Console, *lines: str, style: str | None = None) -> None:
    """Print lines as they are; only a terminal wraps them."""
    for line in lines:
        console.print(
            line, markup=False, highlight=False, style=style, soft_wrap=not console.is_terminal
        )


def show_forecast(
    console: Console,
    forecast: Forecast,
    sizes: Sequence[float],
    targets: Sequence[SampleSize],
    level: float,
    stop: Stop | None,
    *,
    spoken: Forecast | None = None,
    price: float | None = None,
    details: bool = False,
) -> None:
    """Print what was asked of a forecast, the answer first.

    Parameters
    ----------
    console, forecast, sizes, targets, level, stop
        What was asked, and where it is printed.
    spoken : Forecast, optional
        The same runs in the metric of the first sentence.
    price : float, optional
        Of one more sample.
    details : bool
        Also print the law, its parameters, and the backtest.
    """
    echo(console, headline(spoken or forecast))
    for target in targets:
        echo(console, needed(forecast, target, price))
    if stop is not None:
        echo(console, _stopping(stop))
    echo(console, "", f"{forecast.curve.name or 'curve'}: {measured(forecast)}.")
    if forecast.curve.assumed:
        echo(console, f"Read: {'; '.join(forecast.curve.assumed)}.")
    show_predictions(console, forecast, sizes, level, price)
    show_warnings(console, forecast, sizes)
    if details:
        law = forecast.law
        formula = f"{_loss_name(forecast)} = {law.formula}"
        echo(console, "", f"Law: {formula}   ({law.name}; {law.source})")
        print_table(console, law_table(forecast))
        echo(console, shares(forecast), "")
        _show_backtest(console, forecast)


def show_short(console: Console, forecast: Forecast, sizes: Sequence[float]) -> None:
    """Print what a forecast comes to, in one sentence and one small table."""
    echo(console, headline(forecast))
    show_predictions(console, forecast, sizes, 0.9)
    show_warnings(console, forecast, sizes)


def measured(forecast: Forecast) -> str:
    """What the forecast was made from, in words."""
    curve, sizes = forecast.curve, forecast.curve.sizes
    return (
        f"{curve.metric.title} of {len(curve)} runs at {len(sizes)} sizes, "
        f"{format_count(sizes[0])} to {format_count(sizes[-1])} samples"
    )


def law_table(forecast: Forecast) -> Table:
    """The parameters of the law of largest weight."""
    table = new_table("parameter", "fitted", "90% interval")
    for name, estimate in forecast.law.parameters.items():
        table.add_row(name, f"{estimate.value:.4g}", _interval(estimate))
    return table


def _interval(estimate: Estimate) -> str:
    """The interval of a parameter; of one that the data do not bound on a side, the other end."""
    low, high = f"{estimate.lower:.4g}", f"{estimate.upper:.4g}"
    fitted = f"{estimate.value:.4g}"
    if low == high:
        return "not determined"
    if fitted == low:
        return f"up to {high}"
    return f"{low} or more" if fitted == high else f"{low} to {high}"


def shares(forecast: Forecast) -> str:
    """The laws of largest weight, in words."""
    first = list(forecast.weights.items())[:_LAWS_NAMED]
    named = ", ".join(f"{name} {weight:.0%}" for name, weight in first)
    return f"The forecast weighs {len(forecast.weights)} laws by how well they fit: {named}, ..."


def show_predictions(
    console: Console,
    forecast: Forecast,
    sizes: Sequence[float],
    level: float,
    price: float | None = None,
) -> None:
    """Print what is predicted at some sizes, with its interval and what going there buys."""
    predicted = forecast.predict(sizes, level)
    largest = float(forecast.observations.sizes[-1])
    interval = f"{level:.0%} interval"
    cost = [] if price is None else ["cost"]
    table = new_table(
        "samples", "times", forecast.curve.metric.name, interval, "gain", interval, *cost, text=None
    )
    for row, size in enumerate(predicted.samples):
        median, lower, upper = format_values(
            *(float(part[row]) for part in (predicted.median, predicted.lower, predicted.upper))
        )
        gain = forecast.value_of(largest, float(size), level)
        table.add_row(
            format_count(float(size)),
            times(size / largest),
            median,
            f"{lower} to {upper}",
            f"{gain.median:.2g}",
            f"{gain.lower:.2g} to {gain.upper:.2g}",
            *([] if price is None else [money(price * max(0.0, float(size) - largest))]),
        )
    echo(console, f"Predictions, and what going there from {format_count(largest)} samples gains:")
    print_table(console, table)


def money(amount: float) -> str:
    """An amount in the currency of the price, without a sign of it."""
    if not math.isfinite(amount):
        return "infinite"
    return f"{amount:,.2f}" if amount < 1_000 else format_count(amount)


def _more(target: SampleSize, largest: float, price: float | None) -> str:
    """How many samples beyond those that there are, and what they cost."""
    middle, low, high = (
        max(0.0, each - largest) for each in (target.median, target.lower, target.upper)
    )
    if not math.isfinite(low) or not high:
        return ""
    said = f"{count(middle)} more" if math.isfinite(middle) else "no number of more samples"
    said = (
        f" That is {said} than the {format_count(largest)} measured ({count(low)} to {count(high)})"
    )
    if price is None:
        return f"{said}."
    costs = f"{money(price * low)} to {money(price * high)}"
    at = money(price * middle) if math.isfinite(middle) else "not expected"
    return f"{said}, for a price of {at} ({costs})."


def needed(forecast: Forecast, target: SampleSize, price: float | None = None) -> str:
    """How many samples a target takes, in a sentence or two, and how many more, at what price."""
    largest = float(forecast.curve.sizes[-1])
    unit = " %" if forecast.curve.metric.unit == "%" else ""
    what = f"{forecast.curve.metric.title} {format_exact(target.target)}{unit}"
    if target.met:
        said = f"Target {what}: met already, from {format_count_rounded(target.median)} samples on."
        sure = target.assured is None or target.assured <= target.median
        more = _more(target, largest, price)
        return f"{said}{more}" if sure else f"{said}{_assured(target)}{more}"
    expected = f"{count(target.median)} samples" if math.isfinite(target.median) else "not expected"
    if math.isfinite(target.lower):
        ends = f"{count(target.lower)} to {count(target.upper)}"
        expected = f"{expected}, {target.level:.0%} interval {ends}"
    said = (
        f"Target {what}: {expected}; reachable with probability {target.probability_reachable:.0%}."
    )
    return f"{said}{_more(target, largest, price)}{_assured(target)}"


def _assured(target: SampleSize) -> str:
    if target.assurance is None or target.assured is None:
        return ""
    if math.isinf(target.assured):
        return f" No number of samples meets it with probability {target.assurance:.0%}."
    return f" To meet it with probability {target.assurance:.0%}: {count(target.assured)}."


def times(ratio: float) -> str:
    """A ratio to three digits; a large one like a number of samples."""
    return f"{ratio:.3g}" if ratio < 1_000 else format_count(ratio)


def show_warnings(
    console: Console, forecast: Forecast, sizes: Sequence[float], of: str = ""
) -> None:
    """Print what a reader must know about the curve and the distance."""
    for warning in forecast.warnings_at(sizes):
        echo(console, f"Warning{of and f' ({of})'}: {warning}", style="yellow")


def _show_backtest(console: Console, forecast: Forecast) -> None:
    """Print how the forecast, the baselines and the best law did on a hidden size."""
    rows = forecast.backtest
    if not rows:
        echo(console, "Backtest: too few sizes to hide one and predict it from the others.", "")
        return
    by_method: dict[str, list[BacktestRow]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    mean = {method: mean_error(found) for method, found in by_method.items()}
    best = min((method for method in mean if method not in _ALWAYS_SHOWN), key=mean.__getitem__)
    names = {**_ALWAYS_SHOWN, best: f"best law, in hindsight: {best}"}
    origins = sorted({row.fitted_up_to for row in rows}, reverse=True)
    table = new_table(
        "predicted by", *(f"<= {format_count(size)}" for size in origins), "mean error"
    )
    for method in sorted(names, key=mean.__getitem__):
        errors = {row.fitted_up_to: math.expm1(row.log_error) for row in by_method[method]}
        cells = [f"{errors[size]:+.1%}" for size in origins]
        table.add_row(names[method], *cells, f"{mean[method]:.1%}")
    echo(
        console,
        f"Backtest: {format_count(rows[0].hidden)} samples, where {forecast.curve.metric} was "
        f"{format_value(rows[0].actual)}, hidden; error of {_loss_name(forecast)} when predicted "
        "from the sizes up to:",
    )
    print_table(console, table)


def _loss_name(forecast: Forecast) -> str:
    """What the laws describe: the loss, or what a metric lacks to its best value."""
    return forecast.scale.formula(forecast.curve.metric.name)


def _stopping(stop: Stop) -> str:
    return (
        f"Another label stops paying at {count(stop.median)} samples, {stop.level:.0%} interval "
        f"{count(stop.lower)} to {count(stop.upper)}; going there is worth {stop.net:,.2f} net."
    )
