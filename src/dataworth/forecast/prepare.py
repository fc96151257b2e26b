"""Preparation of a curve for fitting: averaged over runs, checked, with its noise estimated."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.averages import Averaged, averaged
from dataworth.forecast.checkpoints import are_checkpoints
from dataworth.laws.observations import Observations

Floats = NDArray[np.float64]
_UNKNOWN = 0.03
"""Relative noise taken for granted where two sizes were measured once: they show none."""
_FREEDOM = 4
"""So many repeats, whose figures differ, are none of a single training run."""
_MOST = 40
"""More distinct sizes than this are merged with their neighbours in log n."""
_MOST_POOLED = 512


def prepare(curve: Curve, single_run: bool | None = None) -> Observations:
    """Sort, average and check a curve; where it has two `readings`, the first of them.

    Raises
    ------
    ForecastError
        See `readings`.
    """
    return readings(curve, single_run)[0]


def readings(curve: Curve, single_run: bool | None = None) -> tuple[Observations, ...]:
    """Sort, average and check a curve, in each way that it may be read.

    Parameters
    ----------
    curve : Curve
        What was measured.
    single_run : bool, optional
        Whether the sizes are checkpoints of a single training run; see `forecast`.

    Returns
    -------
    tuple of Observations
        One; or two where the values do not show whether the sizes are runs of their own, which is
        the first, or checkpoints of one run.

    Raises
    ------
    ForecastError
        If fewer than two sizes have a finite, positive loss, or a loss is negative; if sizes may
        be per cent; or if the metric's direction is not known and its values rise, see
        `loss_scale`.
    """
    _check_units(curve)
    measured = averaged(curve)
    single = False if single_run is None and curve.seeded else single_run
    return _estimated(measured, single)


def _check_units(curve: Curve) -> None:
    """Ask about sizes that look like per cent, up to all of the data."""
    sizes = curve.sizes
    parts = 100 / np.arange(1, 101)
    halved = np.concatenate([np.floor(parts), np.ceil(parts)])
    steps = bool(((sizes % 5 == 0) | np.isin(sizes, halved)).all())
    if curve.total is None and len(sizes) > 2 and sizes[-1] == 100 and steps:
        raise ForecastError(
            f"the sizes run from {sizes[0]} to 100, and may be per cent of the data. If they are, "
            "give the number of all samples: total=N, --total N. If they are numbers of samples, "
            "say total=100, --total 100.",
            code="option-missing",
            option="total",
        )


def _estimated(measured: Averaged, single_run: bool | None) -> tuple[Observations, ...]:
    sizes, means, notes = measured.sizes, measured.means, measured.notes
    u = np.log(sizes / sizes[-1])
    differ = bool((measured.spread > 0).any())
    half = bool((measured.runs > 1).mean() >= 0.5)
    several = half or bool(measured.freedom.sum() >= _FREEDOM)
    repeated = measured.has_spread or (half and differ)
    if several and not differ:
        notes += ("the runs of each size are identical: they are taken for one run.",)
    scatter = _scatter(u, np.log(means))
    separate = measured.has_spread or (several and differ)
    if separate and single_run:
        raise ForecastError(
            "single_run: sizes were measured several times, with figures that differ, so that they "
            "cannot be checkpoints of a single run. Leave single_run out.",
            code="options-conflict",
        )
    kinds: tuple[bool, ...] = (bool(single_run),)
    if single_run is None and not separate:
        guess = are_checkpoints(u, np.log(means), scatter)
        kinds = (False, True) if guess is None else (guess,)
        if guess:
            notes += (
                "the values never get worse, and many are equal: the sizes are taken for "
                "checkpoints of a single training run, the best so far. If each was trained by "
                "itself, say so: single_run=False, --no-single-run.",
            )
    found = []
    for single in kinds:
        runs = measured.runs if differ and not single else np.ones_like(u)
        if differ and not single:
            # Repeats and scatter are independent estimates; that of the scatter has less freedom
            # than there are sizes, as each difference takes two neighbours.
            known = 0.0 if repeated else max(len(u) - 2.0, 1.0)
            per_run = _run_noise(u, measured.freedom, measured.spread, known, scatter**2)
        else:
            per_run = np.full_like(u, 0.0 if single else scatter**2)
        found.append(
            _merged(
                Observations(
                    sizes,
                    u,
                    np.log(means),
                    per_run / runs,
                    np.ones_like(u),
                    float(per_run[-1]),
                    scatter,
                    repeated,
                    repeated or not single,
                    notes,
                )
            )
        )
    return tuple(found)


def _merged(observations: Observations) -> Observations:
    if len(observations.u) <= _MOST:
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


def _run_noise(u: Floats, freedom: Floats, spread: Floats, known: float, variance: float) -> Floats:
    """Relative variance of one run at each size, smoothed over sizes.

    Each size's own variance has few degrees of freedom; it is pooled with those of its
    neighbours within a factor of about four in n, and with an estimate `variance` of `known`
    degrees of freedom for all sizes.
    """
    if len(u) > _MOST_POOLED:
        # Of so many sizes, neighbours are pooled before: the kernel is far wider than a bin.
        edges = np.linspace(u[0], u[-1], _MOST_POOLED + 1)
        bins = np.clip(np.searchsorted(edges, u, side="right") - 1, 0, _MOST_POOLED - 1)
        middle = (edges[1:] + edges[:-1]) / 2
        pooled = _run_noise(
            middle,
            np.bincount(bins, freedom, _MOST_POOLED).astype(np.float64),
            np.bincount(bins, spread, _MOST_POOLED).astype(np.float64),
            known,
            variance,
        )
        return np.interp(u, middle, pooled)
    logs = np.where(freedom > 0, -0.5 * (u[:, None] - u[None, :]) ** 2, -np.inf)
    near = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray((known * variance + near @ spread) / (known + near @ freedom))


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
