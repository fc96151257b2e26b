"""Preparation of a curve for fitting: averaged over runs, checked, with its noise estimated."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.loss_scale import LossScale, loss_scale
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
_UNKNOWN = 0.03
"""Relative noise taken for granted where two sizes were measured once: they show none."""
_CLOSE, _MANY = math.log(1.3), 20
"""More sizes than this, closer together in log n on average, are taken for looks at a run."""
_FREEDOM = 4
"""Repeats that show the noise, however many other sizes were measured once."""
_ORDERS = 1e30
"""No law says anything of figures that lie this far apart."""
_MOST = 40
"""More distinct sizes than this are merged with their neighbours in log n."""


def prepare(curve: Curve, single_run: bool | None = None) -> Observations:
    """Sort, average and check a curve.

    Parameters
    ----------
    curve : Curve
        What was measured.
    single_run : bool, optional
        Whether the sizes are looks at a single training run; see `forecast`.

    Raises
    ------
    ForecastError
        If fewer than two sizes have a finite, positive loss, or a loss is negative; or if the
        metric's direction is not known and its values rise, see `loss_scale`.
    """
    scale = loss_scale(curve)
    losses = scale.losses(curve.values)
    notes = list(scale.notes)
    finite = np.isfinite(losses)
    if not finite.all():
        notes.append(f"{int((~finite).sum())} of {len(losses)} values are not finite: left out.")
    samples, losses = curve.samples[finite], losses[finite]
    if (losses < 0).any():
        raise _negative(curve, scale, float(losses.min()))
    sizes = np.unique(samples)
    groups = [losses[samples == size] for size in sizes]
    with np.errstate(over="ignore"):
        means = np.array([scale.mean(group) for group in groups])
    if not np.isfinite(means).all():
        raise ForecastError(
            f"the mean {curve.metric} of a size overflows; give a smaller unit.",
            code="loss-overflows",
        )
    if (means == 0).any():
        notes.append(f"the loss is exactly zero at {int((means == 0).sum())} sizes: left out.")
    _check(sizes, means, curve)
    positive = means > 0
    groups = [group for group, keep in zip(groups, positive, strict=True) if keep]
    single = False if single_run is None and curve.seeded else single_run
    return _estimated(
        sizes[positive].astype(np.float64), means[positive], groups, tuple(notes), single
    )


def _negative(curve: Curve, scale: LossScale, loss: float) -> ForecastError:
    if scale.best:
        return ForecastError(
            f"the curve holds a {curve.metric} of {scale.value(loss):g}, but lies "
            f"{curve.metric.range}; correct it, or give another best value.",
            code="value-out-of-range",
        )
    return ForecastError(
        f"the curve holds a negative {curve.metric}, {loss:g}; a forecast works on "
        "ratios of losses and needs them positive. Negate a score such as neg_log_loss.",
        code="loss-negative",
    )


def _check(sizes: NDArray[np.int64], means: Floats, curve: Curve) -> None:
    if len(means) and means[-1] == 0:
        raise ForecastError(
            f"the {curve.metric} is already perfect at {sizes[-1]:,} samples; there is nothing "
            "left to forecast. Measure it on more held-out rows.",
            code="loss-already-perfect",
        )
    above = means[means > 0]
    if len(above) and above.max() / _ORDERS > above.min():
        raise ForecastError(
            f"the {curve.metric} runs from {above.min():g} to {above.max():g}, further than "
            "any learning curve; look for figures in another unit or of something else.",
            code="loss-range-too-wide",
        )
    usable = int((means > 0).sum())
    if usable < 2:
        raise ForecastError(
            f"the curve has {usable} usable size{'' if usable == 1 else 's'}; a forecast needs at "
            "least two different sizes with a finite, positive loss, and is worth something from "
            "four on. Several runs of one size say nothing about other sizes.",
            code="too-few-sizes",
        )


def _estimated(
    sizes: Floats,
    means: Floats,
    groups: list[Floats],
    notes: tuple[str, ...],
    single_run: bool | None,
) -> Observations:
    u = np.log(sizes / sizes[-1])
    runs = np.array([len(group) for group in groups], np.float64)
    several = bool((runs > 1).mean() >= 0.5 or (runs - 1).sum() >= _FREEDOM)
    repeated = several and any(np.ptp(group) > 0 for group in groups)
    if several and not repeated:
        notes += ("the runs of each size are identical: they are taken for one run.",)
    scatter = _scatter(u, np.log(means))
    if repeated and single_run:
        raise ForecastError(
            "single_run: sizes were measured several times, with figures that differ, so that they "
            "cannot be looks at a single run. Leave single_run out.",
            code="sizes-repeated",
        )
    if single_run is None and not repeated and len(u) > _MANY and -u[0] < _CLOSE * (len(u) - 1):
        single_run = True
        notes += (
            f"the {len(u)} sizes lie close together: they are taken for looks at a single training "
            "run. If each was trained by itself, say so: single_run=False, --no-single-run, or a "
            "seed for each (all may be 0).",
        )
    if repeated:
        per_run = _run_noise(u, groups)
    else:
        per_run = np.full_like(u, 0.0 if single_run else scatter**2)
    observations = Observations(
        sizes,
        u,
        np.log(means),
        per_run / runs if repeated else per_run,
        np.ones_like(u),
        float(per_run[-1]),
        scatter,
        repeated,
        repeated or not single_run,
        notes,
    )
    if len(u) <= _MOST:
        return observations
    merged = _merge(observations)
    return replace(merged, scatter=_scatter(merged.u, merged.log_loss))


def _scatter(u: Floats, log_loss: Floats) -> float:
    if len(u) < 3:
        return _UNKNOWN
    left, right = np.diff(u)[:-1], np.diff(u)[1:]
    share = right / (left + right)
    off = log_loss[1:-1] - share * log_loss[:-2] - (1 - share) * log_loss[2:]
    # The noise of three points makes up each difference; larger sizes say more of the last one.
    return math.sqrt(
        np.average(off**2 / (1 + share**2 + (1 - share) ** 2), weights=np.exp(u[1:-1] / 2))
    )


def _run_noise(u: Floats, groups: list[Floats]) -> Floats:
    """Relative variance of one run at each size, smoothed over sizes.

    Each size's own variance has few degrees of freedom; it is pooled with those of its
    neighbours within a factor of about four in n.
    """
    freedom = np.array([len(group) - 1 for group in groups], np.float64)
    spread = np.array([float(np.sum((g / g.mean() - 1) ** 2)) for g in groups])
    logs = np.where(freedom > 0, -0.5 * (u[:, None] - u[None, :]) ** 2, -np.inf)
    near = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(near @ spread / (near @ freedom))


def _merge(observations: Observations) -> Observations:
    """Average neighbouring sizes until few are left; the largest stays alone."""
    span = np.linspace(observations.u[0], observations.u[-1], _MOST)[1:-1]
    bins = np.searchsorted(span, observations.u, side="left")
    bins[-1] = bins[-2] + 1
    size = np.bincount(bins)
    used = size > 0
    count = size[used].astype(np.float64)
    u, log_loss, noise = (
        np.bincount(bins, values)[used] / count
        for values in (observations.u, observations.log_loss, observations.noise)
    )
    return replace(
        observations,
        sizes=np.exp(u) * observations.sizes[-1],
        u=u,
        log_loss=log_loss,
        noise=noise / count,
        counts=count,
    )
