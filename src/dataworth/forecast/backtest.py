"""Rolling-origin evaluation: hide the largest measured sizes and predict them from the rest."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dataworth.forecast.draws import Draws
from dataworth.forecast.grid_fits import origins
from dataworth.forecast.results import BacktestRow
from dataworth.laws.base import Law
from dataworth.laws.fit import fit_law
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]


def backtest(
    observations: Observations, laws: tuple[Law, ...], refit: Callable[[Observations], Draws]
) -> list[BacktestRow]:
    """Predict the largest size from the sizes at most 1/2, 1/3 and 1/6 of it.

    Parameters
    ----------
    observations : Observations
        The measured losses.
    laws : tuple of Law
        Each is fitted alone.
    refit : callable
        Makes the combined forecast from fewer observations.
    """
    rows = []
    for count in origins(observations):
        seen = observations.until(count)
        log_ratio = np.array([math.log(observations.sizes[-1] / seen.sizes[-1])])
        guesses = {"forecast": float(np.median(refit(seen).log_loss(log_ratio)))}
        hidden = observations.sizes[-1:]
        guesses["power-absolute"] = _log(power_absolute(seen, hidden)[0])
        for law in laws:
            guesses[law.name] = _log(fit_law(law, seen, refine=False).predict(hidden)[0])
        guesses["last-value"] = float(seen.log_loss[-1])
        rows += [
            _row(method, guess, float(seen.sizes[-1]), observations)
            for method, guess in guesses.items()
        ]
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


def _row(method: str, log_guess: float, seen: float, observations: Observations) -> BacktestRow:
    actual = float(observations.log_loss[-1])
    return BacktestRow(
        method,
        seen,
        float(observations.sizes[-1]),
        math.exp(log_guess),
        math.exp(actual),
        log_guess - actual,
    )
