"""Averages of a curve over the runs of each size: checked, without runs that failed to train."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import format_count
from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.loss_scale import LossScale, loss_scale
from dataworth.forecast.size_groups import SizeGroups, size_groups
from dataworth.metrics.registry import canonical

Floats = NDArray[np.float64]
_LEAST = 1e-250
_ORDERS = 1e30
"""No law says anything of figures that lie this far apart."""
_SCALES, _SHARE, _SHARE_OF_PAIRS = 8.0, math.log(1.25), math.log(1.5)
"""A run is an outlier beyond so many robust deviations, and beyond this ratio to the median."""
_TWICE = math.log(2)
_NAMED = 3
_SAME = 1e-3
"""Runs whose deviation is so small a share of that of other sizes are alike up to rounding."""


@dataclass(frozen=True, eq=False)
class Averaged:
    """The mean loss of each size, sizes rising, and the spread of the runs.

    Attributes
    ----------
    sizes, means : ndarray, shape (m,)
        Numbers of samples, and mean losses above 0.
    runs : ndarray, shape (m,)
        How many runs the mean is of.
    freedom, spread : ndarray, shape (m,)
        Degrees of freedom, and sum of squares of relative deviations from the mean.
    has_spread : bool
        Whether standard deviations were given with the means.
    notes : tuple of str
        What was left out, in sentences.
    perfect : float or None
        The size from which on the loss is zero, where the largest sizes are left out for that.
    """

    sizes: Floats
    means: Floats
    runs: Floats
    freedom: Floats
    spread: Floats
    has_spread: bool
    notes: tuple[str, ...]
    perfect: float | None


def averaged(curve: Curve) -> Averaged:
    """Average a curve over the runs of each size.

    Raises
    ------
    ForecastError
        If fewer than two sizes have a finite, positive loss, a loss is negative, or the metric's
        direction is not clear.
    """
    scale = loss_scale(curve)
    losses = scale.losses(curve.values)
    if scale.width is None:
        # Ratios of smaller numbers are no numbers: they are no error as much as 0 is.
        losses = np.where(abs(losses) < _LEAST, 0.0, losses)
    notes = list(scale.notes)
    finite = np.isfinite(losses)
    if not finite.all():
        notes.append(f"{int((~finite).sum())} of {len(losses)} values are not finite: left out.")
    if (losses[finite] < 0).any():
        raise _negative(curve, scale, float(losses[finite].min()))
    groups = size_groups(curve.samples, finite)
    groups = groups.where(groups.lengths > 0)
    sizes = np.unique(curve.samples[finite])
    if curve.stds is None:
        groups, left_out = _without_outliers(curve, losses, groups)
        notes += left_out
    with np.errstate(over="ignore"):
        means = groups.each(lambda at: scale.mean(losses[at]))
    if curve.runs is not None and scale.width is None:
        counts = curve.runs
        means = groups.each(lambda at: np.average(losses[at], axis=1, weights=counts[at]))
    if not np.isfinite(means).all():
        raise ForecastError(
            f"the mean {curve.metric} of a size overflows; give a smaller unit.",
            code="loss-out-of-range",
        )
    _check(sizes, means, curve)
    perfect = _perfect_from(sizes, means)
    if perfect is not None:
        best = f"{curve.metric} is {scale.value(0.0):g}"
        notes.append(
            f"{best} from {format_count(perfect)} samples on: that is below what the held-out rows "
            "resolve, a bound and no end. The forecast is of the smaller sizes; measure on more "
            "held-out rows."
        )
    elif (means == 0).any():
        notes.append(f"the loss is exactly zero at {int((means == 0).sum())} sizes: left out.")
    keep = means > 0
    if canonical(curve.metric.name) == "loss" and _slope(sizes[keep], means[keep]) > 0:
        notes.append(
            f"the {curve.metric} rises with the number of samples: if its values are a score, of "
            "which more is better, name it: metric=, --metric, --higher-is-better."
        )
    runs, freedom, spread, said = _spread(curve, scale, losses, groups.where(keep))
    return Averaged(
        sizes[keep].astype(np.float64),
        means[keep],
        runs,
        freedom,
        spread,
        curve.stds is not None and bool((spread > 0).any()),
        (*notes, *said),
        perfect,
    )


def _slope(sizes: NDArray[np.int64], means: Floats) -> float:
    """The slope of the log of the mean loss against the log of the size; 0 if all are equal."""
    u = np.log(sizes.astype(np.float64))
    u -= u.mean()
    return float(u @ np.log(means)) / float(u @ u) if float(np.ptp(means)) > 0 else 0.0


def _perfect_from(sizes: NDArray[np.int64], means: Floats) -> float | None:
    positive = np.flatnonzero(means > 0)
    last = int(positive[-1])
    return None if last + 1 == len(sizes) else float(sizes[last + 1])


def _spread(
    curve: Curve, scale: LossScale, losses: Floats, groups: SizeGroups
) -> tuple[Floats, Floats, Floats, list[str]]:
    """Runs, degrees of freedom, and sums of squares of relative deviations, of each size."""
    if curve.stds is None:
        runs = groups.lengths.astype(np.float64)
        return _all_of_the_data(runs, groups.each(lambda at: _squares(losses[at])))
    known = curve.runs is not None
    counts = np.ones(len(losses)) if curve.runs is None else curve.runs.astype(np.float64)
    stds = np.where(np.isfinite(curve.stds), curve.stds, 0.0)
    weights = np.where(np.isfinite(curve.stds), np.maximum(counts - 1, 0 if known else 1), 0)
    relative = np.array(
        [
            scale.relative(float(std), float(loss)) if loss > 0 else 0.0
            for std, loss in zip(stds, losses, strict=True)
        ]
    )
    runs = groups.each(lambda at: counts[at].sum(axis=1))
    freedom = groups.each(lambda at: weights[at].sum(axis=1))
    spread = groups.each(lambda at: (weights[at] * relative[at] ** 2).sum(axis=1))
    said = []
    if not known:
        said.append(
            "numbers of runs are not given (runs=, or a column runs): the spread is taken for that "
            "of the means, not of single runs."
        )
    return runs, freedom, spread, said


def _all_of_the_data(runs: Floats, spread: Floats) -> tuple[Floats, Floats, Floats, list[str]]:
    """`_spread` without the runs of the largest size that repeat one run.

    On all of the data, every seed has the same rows, and a model without chance of its own gives
    the same figure, up to rounding. Such runs say nothing of the noise.
    """
    freedom = runs - 1
    others = freedom[:-1].sum()
    if freedom[-1] == 0 or others == 0:
        return runs, freedom, spread, []
    expected = freedom[-1] * spread[:-1].sum() / others
    if spread[-1] >= _SAME**2 * expected:
        return runs, freedom, spread, []
    runs, freedom, spread = runs.copy(), freedom.copy(), spread.copy()
    runs[-1], freedom[-1], spread[-1] = 1, 0, 0
    note = (
        "the runs of the largest size give the same figure, as on all of the data: they count as "
        "one run, whose noise is that of the other sizes."
    )
    return runs, freedom, spread, [note]


def _squares(losses: Floats) -> Floats:
    """Sums of squares of relative deviations from the mean, along the last axis."""
    return np.asarray(((losses / losses.mean(axis=1, keepdims=True) - 1) ** 2).sum(axis=1))


def _without_outliers(
    curve: Curve, losses: Floats, groups: SizeGroups
) -> tuple[SizeGroups, list[str]]:
    """The runs of each size without those that are far worse than the rest, and what was left out.

    Of three runs or more, one is far worse if its log loss lies more than 8 robust deviations,
    pooled over sizes, and more than 25 % above the median of its size, or of the smaller size
    before it where that median is no error at all; of two, if the pair lies
    further apart than others and by more than 50 %, and the worse one is also worse than the
    smaller size before it.
    """
    if len(groups) < 2 or groups.lengths.max() < 2:
        return groups, []
    with np.errstate(divide="ignore"):
        logs = np.log(losses)
    medians = groups.each(lambda at: np.median(logs[at], axis=1))
    shown = (groups.lengths > 1) & np.isfinite(medians)
    repeated = groups.where(shown)
    middles = np.repeat(medians[shown], repeated.lengths)
    moved = np.abs(logs[repeated.rows] - middles)
    moved = moved[np.isfinite(moved) & (moved > 0)]
    limit = _SCALES * 1.4826 * float(np.median(moved)) if len(moved) else math.inf
    dropped: list[int] = []
    for at, (group, middle) in enumerate(zip(groups, medians, strict=True)):
        far = np.zeros(len(group), bool)
        if len(group) > 2:
            usual = middle if math.isfinite(middle) or not at else medians[at - 1]
            far = logs[group] > usual + max(limit, _SHARE)
        elif len(group) == 2 and at and np.isfinite(logs[group]).all():
            apart = float(np.ptp(logs[group])) > max(limit, _SHARE_OF_PAIRS)
            far = apart & (logs[group] == logs[group].max())
            far &= logs[group] > medians[at - 1] + _SHARE
        dropped += group[far].tolist()
    if not dropped or len(dropped) > len(curve) / 4:
        return groups, _apart(curve, logs, groups, medians)
    said = (
        f"left out as outlying: {_named(curve, dropped)}. Look whether it trained to the end. To "
        "include it, give means with stds= and runs=."
    )
    return groups.without(np.array(dropped)), [said]


def _apart(curve: Curve, logs: Floats, groups: SizeGroups, medians: Floats) -> list[str]:
    """Says that the worst run of most sizes is twice as bad as their median, if that is so."""
    with np.errstate(invalid="ignore"):
        above = groups.each(lambda at: logs[at].max(axis=1)) - medians
    above = np.where((groups.lengths > 2) & np.isfinite(above), above, -np.inf)
    if np.median(above) < _TWICE:
        return []
    group = list(groups)[int(np.argmax(above))]
    return [
        "the runs of a size lie far apart, such as "
        f"{_named(curve, [int(group[np.argmax(logs[group])])])}. Look whether all trained to the "
        "end: the forecast is of their mean."
    ]


def _named(curve: Curve, rows: list[int]) -> str:
    """The runs, in words."""
    said = []
    for row in rows[:_NAMED]:
        others = curve.values[(curve.samples == curve.samples[row]) & np.isfinite(curve.values)]
        run = f"seed {curve.seeds[row]}" if curve.seeded else f"run {curve.seeds[row] + 1}"
        said.append(
            f"{run} at {format_count(float(curve.samples[row]))} samples, whose {curve.metric} is "
            f"{curve.values[row]:.4g} (median {np.median(others):.4g})"
        )
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return f"{', '.join(said)}{more}"


def _negative(curve: Curve, scale: LossScale, loss: float) -> ForecastError:
    if scale.best:
        return ForecastError(
            f"{curve.metric} lies {curve.metric.range}, and the curve holds {scale.value(loss):g}; "
            "correct it, or give another best value.",
            code="value-out-of-range",
        )
    return ForecastError(
        f"the curve holds a negative {curve.metric}, {loss:g}; a forecast works on "
        "ratios of losses and needs them positive. Negate a score such as neg_log_loss.",
        code="loss-out-of-range",
    )


def _check(sizes: NDArray[np.int64], means: Floats, curve: Curve) -> None:
    usable = int((means > 0).sum())
    if len(means) and means[-1] == 0 and usable < 2:
        raise ForecastError(
            f"the {curve.metric} is already perfect at {sizes[-1]:,} samples; there is nothing "
            "left to forecast. Measure it on more held-out rows, or at smaller sizes.",
            code="loss-already-perfect",
        )
    above = means[means > 0]
    if len(above) and above.max() / _ORDERS > above.min():
        raise ForecastError(
            f"the {curve.metric} runs from {above.min():g} to {above.max():g}, further than "
            "any learning curve; look for figures in another unit or of something else.",
            code="loss-out-of-range",
        )
    if usable < 2:
        raise ForecastError(
            f"the curve has {usable} usable size{'' if usable == 1 else 's'}; a forecast needs at "
            "least two different sizes with a finite, positive loss, and is worth something from "
            "four on. Several runs of one size say nothing about other sizes.",
            code="too-few-sizes",
        )
