"""LossScale: from the values of a metric to the losses that laws describe, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve, finite_means
from dataworth.errors import ForecastError
from dataworth.forecast.size_groups import size_groups
from dataworth.metrics.metric import Metric
from dataworth.metrics.registry import canonical, find, says_percent

Floats = NDArray[np.float64]
_LARGEST = 709.0
"""Log of the largest loss given: the exponential of a larger one is not a float."""
_SMALLEST = -690.0
_RATE = 0.5
"""A metric without an end is scaled so that its loss falls about as the root of the size does."""
_RISE, _SURE = 0.05, 3.0
_ROUNDING = 1e-12
_DECIBEL = 10 / math.log(10)
_DOUBTFUL = 2.0
"""Scores up to this value, some of them below 1, are not taken for per cent."""
_DENSITIES = ("loss", "bits_per_dim")
"""Losses that are negative where a model's density exceeds 1."""


@dataclass(frozen=True)
class LossScale:
    """How a metric's values become losses, which are positive and fall as models improve.

    A metric with a best value becomes its distance from it, ``best - value`` where it rises and
    ``value - best`` where it falls. One without an end becomes ``exp((origin - value) / width)``
    where it rises, so that a loss which falls like a power of the size is a value that rises with
    its logarithm; in decibels that is the ratio of powers which they stand for.

    Attributes
    ----------
    rises : bool
        Whether higher values are better.
    best : float
        The value of loss 0; of loss 1, the origin, where there is a `width`.
    width : float or None
        The change of the value that changes the loss by a factor of e; None where the loss is the
        distance from `best`.
    log_cap : float
        The log of the largest loss that can be.
    notes : tuple of str
        What was assumed, in sentences.
    """

    rises: bool
    best: float = 0.0
    width: float | None = None
    log_cap: float = _LARGEST
    notes: tuple[str, ...] = ()

    @property
    def log_worst(self) -> float | None:
        """The log of the loss of the worst value; of a score that has none, of 0; None for a loss.

        The losses of scores that end at a best value fall as error rates do.
        """
        if self.log_cap < _LARGEST:
            return self.log_cap
        is_score = self.rises and self.width is None and self.best > 0
        return math.log(self.best) if is_score else None

    def losses(self, values: Floats) -> Floats:
        """The losses of some values."""
        distance = self._distance(values)
        if self.width is None:
            return distance
        return np.asarray(np.exp(np.clip(distance / self.width, _SMALLEST, _LARGEST)))

    def loss(self, value: float) -> float:
        """The loss of one value; not positive if no loss is as good."""
        return float(self.losses(np.asarray(value, np.float64)))

    def values(self, losses: Floats) -> Floats:
        """The values of some losses."""
        if self.width is None:
            return self._at_distance(losses)
        return self._at_distance(self.width * np.log(losses))

    def value(self, loss: float) -> float:
        """The value of one loss."""
        return float(self.values(np.asarray(loss, np.float64)))

    def costs(self, log_losses: Floats) -> Floats:
        """Losses in units of the metric: differences of them are gains; less is better."""
        if self.width is None:
            return np.asarray(np.exp(log_losses))
        # Counted from 0, so that the costs of two curves of one metric may be compared.
        return self.width * log_losses - (self.best if self.rises else -self.best)

    def values_of_costs(self, costs: Floats) -> Floats:
        """The values of some costs."""
        if self.width is None:
            return self._at_distance(costs)
        return -costs if self.rises else costs

    def relative(self, change: float, loss: float) -> float:
        """The change of a loss, as a share of it, that a change of the value makes."""
        return change / (loss if self.width is None else self.width)

    def means(self, samples: NDArray[np.int64], losses: Floats) -> Floats:
        """The loss of the mean value of each distinct size; see `finite_means`."""
        if self.width is None:
            return finite_means(samples, losses)
        return np.asarray(np.exp(finite_means(samples, np.log(losses))))

    def mean(self, losses: Floats) -> Floats:
        """The loss of the mean value of some runs, which are the last axis."""
        if self.width is None:
            return np.asarray(losses.mean(axis=-1))
        return np.asarray(np.exp(np.log(losses).mean(axis=-1)))

    def formula(self, name: str) -> str:
        """The loss in terms of the metric's name, such as ``1 - accuracy``."""
        if self.width is not None:
            sides = f"{self.best:.4g} - {name}" if self.rises else f"{name} - {self.best:.4g}"
            return f"exp(({sides}) / {self.width:.3g})"
        if self.rises:
            return f"{self.best:g} - {name}" if self.best else f"-{name}"
        return f"{name} - {self.best:g}" if self.best else name

    def ends(self, metric: Metric) -> tuple[float, float]:
        """The least and the largest value of the metric; infinite where none is known."""
        low = -math.inf if metric.lower is None else metric.lower
        high = math.inf if metric.upper is None else metric.upper
        if self.width is not None:
            return low, high
        return (low, self.best) if self.rises else (self.best, high)

    def expected(self, metric: Metric) -> str:
        """What a target can be, in words that follow the metric's name."""
        low, high = self.ends(metric)
        if math.isfinite(low) and math.isfinite(high):
            return f"between {low:g} and {high:g}"
        if math.isfinite(low):
            return f"above {low:g}"
        return f"below {high:g}" if math.isfinite(high) else "that is a finite number"

    def _distance(self, values: Floats) -> Floats:
        if self.rises:
            return self.best - values
        return values - self.best if self.best else values

    def _at_distance(self, distances: Floats) -> Floats:
        if self.rises:
            values = self.best - distances
            # The exponential of the logarithm of the largest loss is not exactly this loss.
            return np.where(abs(values) < _ROUNDING * abs(self.best), 0.0, values)
        return distances + self.best if self.best else distances


def loss_scale(curve: Curve) -> LossScale:
    """The scale on which a curve is forecast.

    Raises
    ------
    ForecastError
        If the direction of the metric is not known and its values rise, or a value is one that
        the metric cannot have.
    """
    metric, values = curve.metric, curve.values[np.isfinite(curve.values)]
    if metric.higher_is_better is None and _slope(curve) > 0:
        raise ForecastError(
            f"the metric {metric.name!r} is not known, and its values rise with the number of "
            "samples: say whether higher is better, with higher_is_better=True or "
            "--higher-is-better (and best=, --best if it has a best value); or that it is not, "
            "with higher_is_better=False or --lower-is-better.",
            code="metric-unclear",
        )
    return _rising(curve, values) if metric.higher_is_better else _falling(curve, values)


def _falling(curve: Curve, values: Floats) -> LossScale:
    metric, notes = curve.metric, []
    if metric.higher_is_better is None:
        notes.append(
            f"the metric {metric.name!r} is not known: its values fall, so it is taken for a loss, "
            "of which less is better. If it is not, say so: higher_is_better=True, "
            "--higher-is-better."
        )
    elif not curve.named and values.min(initial=0.0) >= 0 and _rises(curve):
        raise ForecastError(
            "the metric is not named, and its values rise with the number of samples, as those of "
            "a score do. Name it: metric='accuracy', --metric accuracy; or give the direction: "
            "higher_is_better=True, --higher-is-better. A loss that rises is metric='loss', "
            "--metric loss.",
            code="metric-unclear",
        )
    best, worst = metric.lower or 0.0, metric.upper
    if _of_densities(curve, values):
        notes.append(
            f"{metric.name} holds negative values, as that of a density does: it is taken to have "
            "no least value. If it has one, say so: best=, --best."
        )
        best = -math.inf
    if worst is not None and len(values) and values.max() > worst:
        notes.append(
            f"{metric.name} lies {metric.range}, and the curve holds {values.max():g}: check it."
        )
        worst = None
    if math.isinf(best):
        return _endless(curve, values, False, tuple(notes))
    cap = _LARGEST if worst is None or math.isinf(worst) else math.log(worst - best)
    return LossScale(False, best, None, cap, tuple(notes))


def _of_densities(curve: Curve, values: Floats) -> bool:
    """Whether a loss is below 0 and falls: one that rises is a score with its sign turned."""
    free = curve.metric.lower is None or canonical(curve.metric.name) in _DENSITIES
    return free and values.min(initial=0.0) < 0 and _slope(curve) < 0


def _rising(curve: Curve, values: Floats) -> LossScale:
    metric, notes = curve.metric, []
    top = float(values.max(initial=-math.inf))
    best = metric.upper
    if best is None:
        best = 1.0 if 0 <= top <= 1 else math.inf
        ends = "it is taken to end at 1" if best == 1 else "it is taken to have none"
        # The scores of scikit-learn's estimators do end at 1.
        if not (best == 1 and canonical(metric.name) == "score"):
            notes.append(
                f"the best value of {metric.name} is not known: {ends}. If it has another, say so: "
                "best=, --best."
            )
    if top > best or (metric.lower is not None and values.min(initial=math.inf) < metric.lower):
        wrong = top if top > best else float(values.min())
        known = find(metric.name)
        hint = ", or give best=100 if all values are in per cent" if top > best == 1 else ""
        if known is None or known.upper != metric.upper:
            hint = ", or another best value"
        raise ForecastError(
            f"{metric.name} lies {metric.range}, and the curve holds {wrong:g}; correct that "
            f"value{hint}.",
            code="value-out-of-range",
        )
    if _in_per_cent(curve):
        _check_one_unit(curve)
        notes.append(f"{metric.name} is read in per cent, 100 being best: its values exceed 1.")
    if math.isinf(best):
        return _endless(curve, values, True, tuple(notes))
    low = metric.lower
    cap = _LARGEST if low is None or math.isinf(low) else math.log(best - low)
    return LossScale(True, best, None, cap, tuple(notes))


def _in_per_cent(curve: Curve) -> bool:
    """Whether the values, and not the name of the metric, say that it is in per cent."""
    known, name = find(curve.metric.name), curve.metric.name
    is_share = known is not None and known.upper == 1
    return curve.metric.unit == "%" and is_share and not says_percent(name)


def _check_one_unit(curve: Curve) -> None:
    """Refuse values that may be shares among values in per cent.

    That is one of at most 1 where fewer samples gave more; or scores of which some lie below 1 and
    none far above, which are rather shares with a wrong value.
    """
    above = curve.values > 1
    if not above.any():
        return
    is_share = (abs(curve.values) <= 1) & (curve.values != 0)
    top = float(np.nanmax(curve.values))
    if curve.metric.higher_is_better and is_share.any() and top <= _DOUBTFUL:
        name = curve.metric.name
        raise ForecastError(
            f"{name} holds {top:g}, which is not a share, and {curve.values[is_share][0]:g}, which "
            f"may be one. Correct the value; or, if all are in per cent, name them so: "
            f"'{name} (%)'.",
            code="value-out-of-range",
        )
    wrong = curve.values[is_share & (curve.samples >= curve.samples[above].min())]
    if len(wrong):
        raise ForecastError(
            f"{curve.metric.name} holds {wrong[0]:g} among values in per cent, and fewer samples "
            f"gave {curve.values[above][0]:g}: write all values in one unit.",
            code="value-out-of-range",
        )


def _endless(curve: Curve, values: Floats, rises: bool, notes: tuple[str, ...]) -> LossScale:
    """A metric without an end, its origin at the mean of the largest size."""
    means = finite_means(curve.samples, curve.values)
    means = means[np.isfinite(means)]
    origin = float(means[-1]) if len(means) else 0.0
    worst = curve.metric.lower if rises else curve.metric.upper
    if curve.metric.unit == "dB":
        width = _DECIBEL
    else:
        span = math.log(float(curve.sizes[-1]) / float(curve.sizes[0])) or 1.0
        width = float(np.ptp(values)) / (_RATE * span) if len(values) else 0.0
    width = width or 1.0
    cap = _LARGEST
    if worst is not None and math.isfinite(worst):
        cap = min(cap, abs(origin - worst) / width)
    return LossScale(rises, origin, width, cap, notes)


def _rises(curve: Curve) -> bool:
    """Whether the values rise beyond their noise, by more than a twentieth over all sizes."""
    means = _middles(curve)
    finite = np.isfinite(means)
    if finite.sum() < 2 or _slope(curve) <= 0:
        return False
    u, middles = np.log(curve.sizes[finite].astype(np.float64)), means[finite]
    rise = _slope(curve) * float(np.ptp(u))
    if rise <= _RISE * abs(float(middles.mean())):
        return False
    if len(u) == 2:
        return True
    off = middles - middles.mean() - _slope(curve) * (u - u.mean())
    error = math.sqrt(float(off @ off) / (len(u) - 2) / float((u - u.mean()) @ (u - u.mean())))
    return _slope(curve) > _SURE * error


def _middles(curve: Curve) -> Floats:
    """The median of the values of each size, which one failed run does not move."""
    groups = size_groups(curve.samples, np.isfinite(curve.values))
    with np.errstate(over="ignore"):
        return groups.each(lambda at: np.median(curve.values[at], axis=1))


def _slope(curve: Curve) -> float:
    """The slope of the middle values against the log of the size; 0 of fewer than two sizes."""
    means = _middles(curve)
    finite = np.isfinite(means)
    if finite.sum() < 2:
        return 0.0
    u = np.log(curve.sizes[finite].astype(np.float64))
    u -= u.mean()
    with np.errstate(over="ignore", invalid="ignore"):
        return float(u @ means[finite] / (u @ u))
