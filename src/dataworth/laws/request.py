"""Request: from whatever holds a curve to its forecast."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from dataworth.curve_sources import as_curve
from dataworth.errors import ForecastError
from dataworth.laws.base import Law, all_laws, check_law, find_law
from dataworth.laws.draws import draw_curves
from dataworth.laws.forecasting import Forecast
from dataworth.laws.points import as_errors, prepare
from dataworth.laws.prior import Prior, shipped_prior
from dataworth.option_checks import forecast_seed, is_real

_FEW_SIZES, _FEW_FREE = 5, 3


def forecast(
    curve: Any,
    *,
    laws: Sequence[str | Law] | None = None,
    seed: int = 0,
    test_noise: float = 0.0,
    prior: Prior | None = None,
) -> Forecast:
    """Forecast a learning curve beyond its largest measured size.

    Parameters
    ----------
    curve : Curve, path, tuple or data frame
        Whatever `as_curve` reads: a `Curve`, a run directory or CSV, scikit-learn's
        ``learning_curve`` result, a frame. At least two sizes; losses above 0, or shares between
        0 and 1 where higher is better.
    laws : sequence of str or Law, optional
        The laws to choose from; by default all registered ones but the baselines. From five sizes
        or fewer, only laws of at most three free parameters are used.
    seed : int
        Of the draws. The same curve and seed give the same figures.
    test_noise : float
        Standard error of the measured metric that comes from the held-out rows being a sample:
        the standard deviation over rows divided by the root of their number. Give it to forecast
        the metric on the whole population instead of on these held-out rows.
    prior : Prior, optional
        Instead of the one learned from public curves.

    Raises
    ------
    ForecastError
        If the curve says nothing about other sizes, and why.
    DataError, StudyError
        If `curve` is or holds no learning curve; see `as_curve`.
    """
    curve = as_curve(curve)
    points = prepare(curve)
    chosen = _laws(laws, len(points))
    if not (is_real(test_noise) and 0 <= test_noise < math.inf):
        raise ForecastError(f"test_noise is {test_noise!r}; expected 0 or a positive number.")
    seed = forecast_seed(seed)
    _, chance = as_errors(curve)
    log_chance = math.log(chance) if chance is not None and 0 < chance < math.inf else None
    used = shipped_prior(points.noisy) if prior is None else prior
    shift = test_noise / math.exp(points.log_loss[-1])
    draws = draw_curves(points, chosen, used, log_chance, seed, shift)
    return Forecast(curve, points, draws, used, log_chance, seed)


def _laws(laws: Sequence[str | Law] | None, sizes: int) -> tuple[Law, ...]:
    if isinstance(laws, str | Law) or not (laws is None or isinstance(laws, Iterable)):
        raise ForecastError(f"laws is {laws!r}; expected a list of names, such as [{laws!r}].")
    if laws is None:
        asked = [law for law in all_laws() if not law.baseline]
    else:
        asked = list(dict.fromkeys(_asked(law) for law in laws))
    if not asked:
        raise ForecastError("laws is empty; name at least one, such as power-3, or leave it out.")
    small = tuple(law for law in asked if sizes > _FEW_SIZES or law.free <= _FEW_FREE)
    if not small:
        names = ", ".join(law.name for law in asked)
        raise ForecastError(
            f"laws asked for: {names}; {sizes} sizes allow only laws of at most {_FEW_FREE} free "
            "parameters, such as power-3. Measure more sizes, or ask for such a law."
        )
    return small


def _asked(law: str | Law) -> Law:
    if isinstance(law, Law):
        return check_law(law)
    if isinstance(law, str):
        return find_law(law)
    raise ForecastError(f"laws holds {law!r}; expected names of laws, or Law objects.")
