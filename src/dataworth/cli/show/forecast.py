"""A forecast as a terminal shows it: law, backtest, predictions, targets, warnings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from dataworth._util.numbers import format_chance, format_count, format_percent, format_share
from dataworth.cli.show.tables import new_table, print_table
from dataworth.metrics.labels import format_value
from dataworth.metrics.spoken import difference, is_share, name_of, values
from dataworth.report.advice import model_or_data, trust
from dataworth.report.sentences import (
    best_in_words,
    crossings_in_words,
    headline,
    worth_in_words,
)
from dataworth.report.tables import mean_error
from dataworth.report.targets import money, stop_in_words, target_in_words

if TYPE_CHECKING:
    from dataworth.cli.answers import Answers
    from dataworth.forecast.compare import Comparison
    from dataworth.forecast.forecast import Forecast
    from dataworth.forecast.results import BacktestRow, Estimate


def show_comparison(
    console: Console,
    comparison: Comparison,
    sizes: Sequence[float],
    level: float,
) -> None:
    """Print which is the best, the standings at some sizes, crossings, and what to beware of."""
    echo(console, best_in_words(comparison, comparison.largest), "")
    for size in sizes:
        echo(console, f"At {format_count(size)} {comparison.counted}:")
        print_table(console, standings_table(comparison, size, level))
    echo(console, *crossings_in_words(comparison, level))
    for worth in comparison.worth(comparison.common, level):
        echo(console, worth_in_words(worth, comparison.counted))
    for name, forecast in comparison.forecasts.items():
        show_warnings(console, forecast, sizes, of=name)


def standings_table(comparison: Comparison, size: float, level: float) -> Table:
    """All models at one size, the best first, and how far the others are behind it."""
    interval = f"{format_share(level)} interval"
    metric = comparison.metric
    value, behind_by = metric.name, "behind by"
    if is_share(metric):
        value, behind_by = f"{value}, %", "behind by, points"
    table = new_table("model", value, interval, "best with", behind_by, interval, "value is")
    standings = comparison.standings(size, level)
    for row, standing in enumerate(standings):
        median, lower, upper = values(metric, standing.median, standing.lower, standing.upper)
        behind, within = "", ""
        if row:
            gap = comparison.difference(standings[0].name, standing.name, size, level)
            behind, low, high = difference(metric, gap.median, gap.lower, gap.upper)
            within = f"{low} to {high}"
        table.add_row(
            standing.name,
            median,
            f"{lower} to {upper}",
            format_chance(standing.probability_best),
            behind,
            within,
            "measured" if standing.measured else "forecast",
        )
    return table


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


def show_forecast(console: Console, answers: Answers, *, details: bool = False) -> None:
    """Print what was asked of a forecast, the answer first.

    Parameters
    ----------
    console : rich.console.Console
    answers : Answers
    details : bool
        Also print the law, its parameters, and the backtest.
    """
    forecast = answers.forecast
    echo(console, headline(forecast))
    for target in answers.targets:
        echo(console, target_in_words(forecast, target, answers.price))
    if answers.stop is not None:
        echo(console, stop_in_words(answers.stop, float(forecast.observations.sizes[-1])))
    show_support(console, forecast)
    if answers.held_out:
        echo(console, answers.held_out)
    echo(console, "", f"{forecast.curve.name or 'curve'}: {measured(forecast)}.")
    if forecast.curve.assumed:
        echo(console, f"Read: {'; '.join(forecast.curve.assumed)}.")
    show_predictions(console, forecast, answers.sizes, answers.level, answers.price)
    show_warnings(console, forecast, answers.sizes)
    if details:
        law = forecast.law
        formula = f"{_loss_name(forecast)} = {law.formula}"
        echo(console, "", f"Law: {formula}   ({law.name}; {law.source})")
        print_table(console, law_table(forecast))
        echo(console, shares(forecast), "")
        _show_backtest(console, forecast)


def show_support(console: Console, forecast: Forecast) -> None:
    """Print whether data or the model come first, and how far off the forecast was."""
    echo(console, model_or_data(forecast), *filter(None, [trust(forecast)]))


def show_answer(console: Console, forecast: Forecast) -> None:
    """Print what a forecast comes to, in a few sentences."""
    echo(console, headline(forecast))
    show_support(console, forecast)


def measured(forecast: Forecast) -> str:
    """What the forecast was made from, in words."""
    curve, sizes = forecast.curve, forecast.curve.sizes
    return (
        f"{curve.metric.title} of {len(curve)} runs at {len(sizes)} sizes, "
        f"{format_count(sizes[0])} to {format_count(sizes[-1])} {curve.counted}"
    )


def law_table(forecast: Forecast) -> Table:
    """The parameters of the law of largest weight."""
    table = new_table("parameter", "fitted", "90 % interval")
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
    named = ", ".join(f"{name} {format_percent(weight)}" for name, weight in first)
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
    interval = f"{format_share(level)} interval"
    cost = [] if price is None else ["cost"]
    metric = forecast.curve.metric
    value, gained = metric.name, "gain"
    if is_share(metric):
        value, gained = f"{value}, %", "gain, points"
    table = new_table(
        forecast.curve.counted, "times", value, interval, gained, interval, *cost, text=None
    )
    for row, size in enumerate(predicted.samples):
        median, lower, upper = values(
            metric,
            *(float(part[row]) for part in (predicted.median, predicted.lower, predicted.upper)),
        )
        gain = forecast.value_of(largest, float(size), level)
        gained, least, most = difference(metric, gain.median, gain.lower, gain.upper)
        table.add_row(
            format_count(float(size)),
            times(size / largest),
            median,
            f"{lower} to {upper}",
            gained,
            f"{least} to {most}",
            *([] if price is None else [money(price * max(0.0, float(size) - largest))]),
        )
    echo(
        console,
        f"Forecast of {name_of(forecast.curve.metric)}, compared with the "
        f"{format_count(largest)} {forecast.curve.counted} measured:",
    )
    print_table(console, table)


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
        cells = [format_percent(errors[size], 1, signed=True) for size in origins]
        table.add_row(names[method], *cells, format_percent(mean[method], 1))
    echo(
        console,
        f"Backtest: {format_count(rows[0].hidden)} {forecast.curve.counted}, where "
        f"{forecast.curve.metric} was "
        f"{format_value(rows[0].actual)}, hidden; error of {_loss_name(forecast)} when predicted "
        "from the sizes up to:",
    )
    print_table(console, table)


def _loss_name(forecast: Forecast) -> str:
    """What the laws describe: the loss, or what a metric lacks to its best value."""
    return forecast.scale.formula(forecast.curve.metric.name)
