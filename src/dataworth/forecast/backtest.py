"""Rolling-origin evaluation: hide the largest measured sizes and predict them from the rest."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.draws import Draws
from dataworth.forecast.grid_fits import origins
from dataworth.forecast.results import BacktestRow
from dataworth.laws.base import Law
from dataworth.laws.fit import fit_law
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
FORECAST, LAST_VALUE, POWER_ABSOLUTE = "forecast", "last-value", "power-absolute"


def backtest_forecast(
    observations: Observations, refit: Callable[[Observations], Draws]
) -> list[BacktestRow]:
    """Predict the largest size from the sizes at most 1/2, 1/3 and 1/6 of it.

    Parameters
    ----------
    observations : Observations
        The measured losses.
    refit : callable
        Makes the combined forecast from fewer observations.

    Returns
    -------
    list of BacktestRow
        For each largest size that is seen: the forecast, and the last value.
    """
    rows = []
    for count in origins(observations):
        seen = observations.until(count)
        log_ratio = np.array([math.log(observations.sizes[-1] / seen.sizes[-1])])
        guess = float(np.median(refit(seen).log_loss(log_ratio)))
        rows.append(_row(FORECAST, guess, seen, observations))
        rows.append(_row(LAST_VALUE, float(seen.log_loss[-1]), seen, observations))
    return rows


def backtest(
    observations: Observations, laws: tuple[Law, ...], of_forecast: Sequence[BacktestRow]
) -> list[BacktestRow]:
    """Predict the largest size by each law alone and by the usual unweighted fit too.

    Parameters
    ----------
    observations : Observations
        The measured losses.
    laws : tuple of Law
        Each is fitted alone.
    of_forecast : sequence of BacktestRow
        As `backtest_forecast` returns them.
    """
    rows: list[BacktestRow] = []
    hidden = observations.sizes[-1:]
    for count in origins(observations):
        seen = observations.until(count)
        known = {row.method: row for row in of_forecast if row.fitted_up_to == seen.sizes[-1]}
        guess = _log(power_absolute(seen, hidden)[0])
        found = {
            FORECAST: known[FORECAST],
            POWER_ABSOLUTE: _row(POWER_ABSOLUTE, guess, seen, observations),
        }
        for law in laws:
            guess = _log(fit_law(law, seen, refine=False).predict(hidden)[0])
            found[law.name] = _row(law.name, guess, seen, observations)
        # One of the laws may be this one.
        found[LAST_VALUE] = known[LAST_VALUE]
        rows += found.values()
    return rows


def power_absolute(observations: Observations, sizes: Floats) -> Floats:
    """The baseline that most tools use: e + b n^-c, by unweighted least squares of the losses."""
    x, loss = (
        observations.sizes / observations.sizes[-1],
        np.exp(observations.log_loss - observations.log_loss[-1]),
    )
    from scipy.optimize import OptimizeWarning, curve_fit  # slow to import

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        try:
            best = curve_fit(_power, x, loss, (0.5, 0.5, 0.5), bounds=(0, np.inf), maxfev=5000)[0]
        except (RuntimeError, TypeError, ValueError):
            return np.full(len(sizes), math.exp(observations.log_loss[-1]))
    return np.asarray(
        _power(sizes / observations.sizes[-1], *best) * math.exp(observations.log_loss[-1])
    )


def _power(x: Floats, e: float, b: float, c: float) -> Floats:
    return np.asarray(e + b * x**-c)


def _log(loss: float) -> float:
    return math.log(loss) if loss > 0 else -math.inf


def _row(
    method: str, log_guess: float, seen: Observations, observations: Observations
) -> BacktestRow:
    actual = float(observations.log_loss[-1])
    return BacktestRow(
        method,
        float(seen.sizes[-1]),
        float(observations.sizes[-1]),
        math.exp(log_guess),
        math.exp(actual),
        log_guess - actual,
    )
