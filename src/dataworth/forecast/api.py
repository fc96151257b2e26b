"""Request: from whatever holds a curve to its forecast."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dataworth._util.validation import check_seed, is_real
from dataworth.curves.curve import Curve
from dataworth.curves.read import as_curve
from dataworth.errors import ForecastError
from dataworth.forecast.draws import draw_curves
from dataworth.forecast.families import FAMILIES, family_of
from dataworth.forecast.forecast import SEPARATE, Forecast
from dataworth.forecast.held_out import checked_rows, noise_of_held_out
from dataworth.forecast.loss_scale import loss_scale
from dataworth.forecast.prepare import readings
from dataworth.forecast.prior import Prior, shipped_prior
from dataworth.laws.base import Law
from dataworth.laws.observations import Observations
from dataworth.laws.registry import all_laws, find_law
from dataworth.laws.validate import check_law

_FEW_SIZES, _FEW_NAMED, _FEW_FREE = 6, 5, 3
"""Up to so many sizes, or so many where laws are named, only laws of 3 free parameters are used."""
_MOST_SHIFT = 10


def forecast(
    curve: Any,
    *,
    laws: Sequence[str | Law] | None = None,
    seed: int = 0,
    test_noise: float = 0.0,
    held_out: int | None = None,
    single_run: bool | None = None,
    prior: Prior | None = None,
    family: str | None = None,
) -> Forecast:
    """Forecast a learning curve beyond its largest measured size.

    Parameters
    ----------
    curve : Curve, path, tuple or data frame
        Whatever `as_curve` reads: a `Curve`, a run directory or CSV, scikit-learn's
        ``learning_curve`` result, a frame. At least two sizes, and values that the metric can have.
    laws : sequence of str or Law, optional
        The laws to choose from; by default all registered ones but the baselines. From five sizes
        or fewer, and from six without this, only laws of at most three free parameters are used.
    seed : int
        Of the draws. The same curve and seed give the same figures.
    test_noise : float
        Standard error of the measured metric that comes from the held-out rows being a sample:
        the standard deviation over rows divided by the root of their number. Give it to forecast
        the metric on the whole population instead of on these held-out rows.
    held_out : int, optional
        The number of held-out rows, in place of `test_noise`, where the metric is a share of them,
        such as the accuracy: the standard error is then the binomial one. See `held_out_needed`.
    single_run : bool, optional
        Whether the sizes are checkpoints of a single training run, whose errors go together and
        which are often the best so far; else each was trained by itself. Without it, the noise of
        the values says so; where it does not, four draws in five take them for checkpoints, and
        `Forecast.warnings` says that.
    prior : Prior, optional
        Instead of the one learned from public curves.
    family : str, optional
        The family of the learner, which selects the correction for its curves: linear,
        discriminant, naive-bayes, knn, kernel-svm, tree, forest, boosting, mlp, cnn, transformer,
        deep-tabular or pretrained. Without it, the one that the name of the curve's model says, or
        else a mixture of all.

    Raises
    ------
    ForecastError
        If the curve says nothing about other sizes, and why.
    DataError, StudyError
        If `curve` is or holds no learning curve; see `as_curve`.
    """
    curve = as_curve(curve)
    if not (single_run is None or isinstance(single_run, bool)):
        raise ForecastError(
            f"single_run is {single_run!r}; expected True, False or None.",
            code="wrong-type",
            option="single_run",
            value=single_run,
        )
    if not (prior is None or isinstance(prior, Prior)):
        raise ForecastError(
            f"prior is {prior!r}; expected a Prior, or None for the shipped one.",
            code="wrong-type",
            option="prior",
            value=prior,
        )
    if not (family is None or family in FAMILIES):
        raise ForecastError(
            f"family is {family!r}; expected one of {', '.join(FAMILIES)}.",
            code="unknown-choice",
            option="family",
            value=family,
        )
    family = family or family_of(curve.model)
    found = readings(curve, single_run)
    if not (is_real(test_noise) and 0 <= test_noise < math.inf):
        raise ForecastError(
            f"test_noise is {test_noise!r}; expected 0 or a positive number.", code="not-numeric"
        )
    if held_out is not None:
        if test_noise:
            raise ForecastError(
                f"held_out = {held_out!r} and test_noise = {test_noise!r} say the same noise. Omit "
                "one.",
                code="options-conflict",
                option="held_out",
            )
        test_noise = noise_of_held_out(curve, checked_rows(held_out))
    seed = check_seed(seed)
    made = [_made(curve, each, laws, seed, test_noise, prior, family) for each in found]
    return made[0] if len(made) == 1 else _mixed(*made)


def _mixed(separate: Forecast, checkpoints: Forecast) -> Forecast:
    """The forecast from checkpoints, some of whose draws are of separate runs; it says so."""
    note = (
        f"no value rises as those of separate runs do: the {len(checkpoints.curve.sizes)} sizes "
        "may be runs of their own or checkpoints of a single training run. Most such curves are "
        f"checkpoints: one draw in {SEPARATE} takes them for runs of their own. Say which they "
        "are: single_run=, --single-run, --no-single-run, or a seed for each (all may be 0)."
    )
    notes = (*checkpoints.observations.notes, note)
    observations = replace(checkpoints.observations, notes=notes)
    return replace(checkpoints, observations=observations, separate=separate.draws)


def _made(
    curve: Curve,
    observations: Observations,
    laws: Sequence[str | Law] | None,
    seed: int,
    test_noise: float,
    prior: Prior | None,
    family: str | None,
) -> Forecast:
    chosen = _laws(laws, len(observations))
    scale = loss_scale(curve)
    chance = None if curve.chance is None else scale.loss(curve.chance)
    log_chance = math.log(chance) if chance is not None and 0 < chance < math.inf else None
    used = shipped_prior(observations.noisy) if prior is None else prior
    shift = scale.relative(test_noise, math.exp(observations.log_loss[-1]))
    if shift > _MOST_SHIFT:
        raise ForecastError(
            f"test_noise is {test_noise:g}, more than {_MOST_SHIFT} times the last loss (error) of "
            f"{math.exp(observations.log_loss[-1]):.3g}; expected a standard error in the same "
            "unit.",
            code="value-out-of-range",
            option="test_noise",
            value=test_noise,
        )
    # Losses may lie hundreds of orders of magnitude apart; what overflows fits no law.
    with np.errstate(all="ignore"):
        worst = scale.log_worst
        room = None if worst is None else worst - float(observations.log_loss[-1])
        draws = draw_curves(observations, chosen, used, log_chance, seed, shift, family, room)
    return Forecast(curve, observations, draws, used, log_chance, seed, family)


def _laws(laws: Sequence[str | Law] | None, sizes: int) -> tuple[Law, ...]:
    if isinstance(laws, str | Law) or not (laws is None or isinstance(laws, Iterable)):
        raise ForecastError(
            f"laws is {laws!r}; expected a list of names, such as [{laws!r}].",
            code="wrong-type",
            option="laws",
            value=laws,
        )
    if laws is None:
        asked = [law for law in all_laws() if not law.baseline]
    else:
        asked = list(dict.fromkeys(_asked(law) for law in laws))
    if not asked:
        raise ForecastError(
            "laws is empty; name at least one, such as power-3, or omit it.",
            code="nothing-given",
            option="laws",
        )
    names = [law.name for law in asked]
    if len(set(names)) < len(names):
        raise ForecastError(
            f"laws: {', '.join(names)}; expected a name for each law.",
            code="named-twice",
            option="laws",
        )
    few = _FEW_SIZES if laws is None else _FEW_NAMED
    small = tuple(law for law in asked if sizes > few or law.free <= _FEW_FREE)
    if not small:
        raise ForecastError(
            f"laws: {', '.join(names)}; {sizes} sizes allow only laws of at most "
            f"{_FEW_FREE} free parameters, such as power-3. Measure more sizes, or choose such a "
            "law.",
            code="too-few-sizes",
        )
    return small


def _asked(law: str | Law) -> Law:
    if isinstance(law, Law):
        return check_law(law)
    if isinstance(law, str):
        return find_law(law)
    raise ForecastError(
        f"laws holds {law!r}; expected names of laws, or Law objects.",
        code="wrong-type",
        option="laws",
        value=law,
    )
