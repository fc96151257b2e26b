"""Comparison: which of several learners is better at a number of samples, and where they cross."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util import display
from dataworth._util.json import json_values
from dataworth._util.validation import check_probability, check_seed, check_sizes
from dataworth.curves.read import as_curve, run_curves
from dataworth.errors import ForecastError
from dataworth.forecast.api import forecast
from dataworth.forecast.forecast import Forecast
from dataworth.forecast.same_metric import in_one_metric
from dataworth.forecast.sample_size import falling
from dataworth.metrics.metric import Metric
from dataworth.metrics.registry import canonical

if TYPE_CHECKING:
    from dataworth._util.display import Axes

Floats = NDArray[np.float64]
_FURTHEST, _STEPS = 1e6, 192
_BEFORE, _VALUED = 100.0, 96
"""Sizes are searched up to so many times the one that both learners were measured up to."""


def find_crossing(
    names: tuple[str, str],
    gap: Callable[[Floats], Floats],
    span: tuple[float, float],
    tail: float,
) -> Crossing:
    """Find where one learner overtakes another, in every draw of their futures.

    Parameters
    ----------
    names : tuple of str
        The learners.
    gap : callable
        From sizes, shape (m,), to the first one's loss less the second's, shape (draws, m).
    span : tuple of float
        The larger of their smallest measured sizes, and the smaller of their largest ones.
    tail : float
        The probability left out on each side of the interval.
    """
    smallest, measured = span
    there = gap(np.array([measured]))[:, 0]
    sign = 1.0 if np.median(there) <= 0 else -1.0
    leader, follower = names if sign > 0 else names[::-1]

    def behind(sizes: Floats) -> Floats:
        return sign * gap(sizes)

    ahead = np.geomspace(measured, measured * _FURTHEST, _STEPS)
    reached = _first_above(behind(ahead), ahead)
    low, middle, high = np.quantile(reached, [tail, 0.5, 1 - tail], method="inverted_cdf")
    return Crossing(
        leader=leader,
        follower=follower,
        lead=probability_below(sign * there),
        measured=measured,
        since=_since(behind, np.geomspace(measured, smallest, _STEPS)),
        median=float(middle),
        lower=float(low),
        upper=float(high),
        probability=float(np.isfinite(reached).mean()),
        level=1 - 2 * tail,
    )


def probability_below(gap: Floats) -> float:
    """The share of draws of a gap that lie below 0, those at 0 counting half; shape (draws,)."""
    return float((gap < 0).mean() + (gap == 0).mean() / 2)


def _since(behind: Callable[[Floats], Floats], down: Floats) -> float | None:
    """Going down from the largest size: where the leader's lead ends, by the median."""
    start = float(_first_above(np.median(behind(down), axis=0, keepdims=True), down)[0])
    return start if np.isfinite(start) else None


def _first_above(values: Floats, sizes: Floats) -> Floats:
    """Per row of gaps at the sizes, the first size, in their order, from which it is above 0.

    Infinite where there is none.
    """
    above = values > 0
    first = above.argmax(axis=1)
    rows = np.arange(len(values))
    before = np.maximum(first - 1, 0)
    here, there = values[rows, before], values[rows, first]
    # Between two sizes the gap is a straight line in log n.
    share = np.divide(-here, there - here, out=np.zeros_like(here), where=first > 0)
    u = np.log(sizes)
    # The logarithm of the first size, turned back, is another number.
    found = np.where(first > 0, np.exp(u[before] + share * (u[first] - u[before])), sizes[0])
    return np.where(above.any(axis=1), found, np.inf)


@dataclass(frozen=True)
class Standing:
    """One learner at one size, in the curves' own metric.

    Attributes
    ----------
    name : str
    samples : float
    median, lower, upper : float
        The metric predicted there.
    probability_best : float
        That this learner is the best of all there; those that tie share it.
    level : float
        Of the interval.
    """

    name: str
    samples: float
    median: float
    lower: float
    upper: float
    probability_best: float
    level: float
    measured: bool = False
    """Whether the size lies within the measured ones; else the value is a forecast."""


@dataclass(frozen=True)
class Worth:
    """What samples of one learner are worth in samples of another, at one size.

    Attributes
    ----------
    name, against : str
        The learner whose samples are valued, and the one in whose samples.
    samples : float
        The size n of `name`.
    median, lower, upper : float
        k: `against` needs k times n samples to be as good; ``math.inf`` where it never is, up to a
        million times the largest size that both were measured at.
    probability : float
        That k is above 1: that `name` needs fewer samples.
    measured : bool
        Whether n and k times n, by the median, lie within the measured sizes of both.
    level : float
        Of the interval.
    """

    name: str
    against: str
    samples: float
    median: float
    lower: float
    upper: float
    probability: float
    measured: bool
    level: float


@dataclass(frozen=True)
class Difference:
    """How much better the first learner is than the second at one size: above 0 if it is.

    ``probability`` is that the first is better, ties counting half; the difference is in units of
    the metric.
    """

    first: str
    second: str
    samples: float
    probability: float
    median: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True)
class Crossing:
    """Which of two learners leads, since when, and where the other overtakes it.

    Attributes
    ----------
    leader, follower : str
        Who is better, and who is worse, at `measured`, by the median.
    lead : float
        The probability that the leader is better there, ties counting half: near 1/2 where no
        difference shows.
    measured : float
        The smaller of the two largest sizes: both were measured up to there.
    since : float or None
        The size from which on the leader has led by the median, within the measured sizes; None
        where it has led from the smallest on.
    median, lower, upper : float
        The size beyond `measured` at which the follower first does better, as the median and the
        interval over futures: ``math.inf`` in futures where it never does, `measured` in those
        where it does so already.
    probability : float
        That the follower ever does better, up to a million times `measured`.
    level : float
        Of the interval.
    """

    leader: str
    follower: str
    lead: float
    measured: float
    since: float | None
    median: float
    lower: float
    upper: float
    probability: float
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Several forecasts side by side; made by `compare`.

    Curves of different learners are drawn independently of each other. Learners that are measured
    on the same held-out rows err together, so that intervals of differences are, if anything, too
    wide.

    Attributes
    ----------
    forecasts : mapping of str to Forecast
        By the learner's name.
    seed : int
        Of the draws.
    """

    forecasts: Mapping[str, Forecast]
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The learners, in the order in which they were given."""
        return tuple(self.forecasts)

    @property
    def metric(self) -> Metric:
        """The metric that they are compared by."""
        return next(iter(self.forecasts.values())).curve.metric

    @property
    def counted(self) -> str:
        """What sizes count, in the plural: "samples", or such as "customers"."""
        return next(iter(self.forecasts.values())).curve.counted

    @property
    def largest(self) -> float:
        """The largest size that any of them was measured at."""
        return max(float(each.observations.sizes[-1]) for each in self.forecasts.values())

    @property
    def common(self) -> float:
        """The largest size that all of them were measured up to."""
        return min(float(each.observations.sizes[-1]) for each in self.forecasts.values())

    def standings(self, size: float, level: float = 0.9) -> tuple[Standing, ...]:
        """All learners at one size, the best by its median first."""
        tail = (1 - check_probability("level", level)) / 2
        losses = np.stack([self.losses(name, [size])[:, 0] for name in self.names])
        best = losses == losses.min(axis=0)
        # Learners that are as bad as can be are alike: none of them is the best alone.
        chance = (best / best.sum(axis=0)).mean(axis=1).tolist()
        spread = np.quantile(losses, [tail, 0.5, 1 - tail], axis=1)
        order = np.argsort(spread[1], kind="stable")
        return tuple(
            Standing(
                self.names[k],
                float(size),
                *self._given(*spread[:, k]),
                chance[k],
                level,
                self._was_measured(self.names[k], size),
            )
            for k in order
        )

    def difference(self, first: str, second: str, size: float, level: float = 0.9) -> Difference:
        """How much better one learner is than another at one size."""
        gap = (self.losses(second, [size]) - self.losses(first, [size]))[:, 0]
        tail = (1 - check_probability("level", level)) / 2
        low, middle, high = (float(each) for each in np.quantile(gap, [tail, 0.5, 1 - tail]))
        better = probability_below(-gap)
        return Difference(first, second, float(size), better, middle, low, high, level)

    def crossings(self, level: float = 0.9) -> tuple[Crossing, ...]:
        """For each pair of learners: which leads, since when, and where it is overtaken."""
        tail = (1 - check_probability("level", level)) / 2
        return tuple(self._crossing(*pair, tail) for pair in combinations(self.names, 2))

    def worth(self, at: float, level: float = 0.9, against: str | None = None) -> tuple[Worth, ...]:
        """What n samples of each learner are worth in samples of another.

        Parameters
        ----------
        at : float
            The number of samples n.
        level : float
            Of the interval.
        against : str, optional
            The learner in whose samples the others are valued; the first by default.

        Returns
        -------
        tuple of Worth
            One for each other learner.

        Raises
        ------
        ForecastError
            If there is no such learner, or `at` is not a number of samples.
        """
        tail = (1 - check_probability("level", level)) / 2
        size = float(check_sizes([at])[0])
        base = self.names[0] if against is None else against
        nodes = self._of(base).observations.sizes
        low = min(float(nodes[0]), size) / _BEFORE
        grid = np.geomspace(max(low, 1.0), max(float(nodes[-1]), size) * _FURTHEST, _VALUED)
        # Means of few runs rise and fall about a curve that falls.
        losses = falling(self.losses(base, grid), np.ones(len(grid)))
        found = []
        for name in self.names:
            if name == base:
                continue
            there = self.losses(name, [size])
            reached = _first_above(there - losses, grid) / size
            ends = [tail, 0.5, 1 - tail]
            lower, median, upper = np.quantile(reached, ends, method="inverted_cdf").tolist()
            measured = self._was_measured(name, size) and self._was_measured(base, median * size)
            more = probability_below(1 - np.minimum(reached, 1e300))
            found.append(Worth(name, base, size, median, lower, upper, more, measured, level))
        return tuple(found)

    def _was_measured(self, name: str, size: float) -> bool:
        sizes = self._of(name).observations.sizes
        return bool(sizes[0] <= size <= sizes[-1] * (1 + 1e-9))

    def _of(self, name: str) -> Forecast:
        if name not in self.forecasts:
            raise ForecastError(
                f"{name!r} is not compared; there are {', '.join(self.names)}.",
                code="unknown-choice",
            )
        return self.forecasts[name]

    def losses(self, name: str, sizes: ArrayLike) -> Floats:
        """Draws of one learner's loss in units of the metric, shape (draws, m).

        Rows of two learners pair up. Less is better, and differences are differences of the metric.

        The draws of a forecast fill the space of futures in a fixed order. Shuffled, the futures
        of one learner say nothing about those of another.
        """
        made = self._of(name)
        stream = np.random.SeedSequence((self.seed, self.names.index(name)))
        logs = made.log_losses(sizes)
        order = np.random.Generator(np.random.Philox(stream)).permutation(len(logs))
        return made.scale.costs(logs[order])

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the curves, the medians and the 90 % bands; see `dataworth.plots.forecast`."""
        drawn: Axes = display.draw(self, axes)
        return drawn

    def __repr__(self) -> str:
        lines = [f"Comparison({self.metric.name}, measured up to {self.common:,.0f} samples)"]
        for size in (self.common, 4 * self.common):
            shown = [
                f"{each.name} {each.median:.4g} ({each.lower:.4g} to {each.upper:.4g}, the best "
                f"with probability {each.probability_best:.2f})"
                for each in self.standings(size)
            ]
            lines.append(f"  at {size:,.0f}: {'; '.join(shown)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str | None:
        return display.html_or_none(self)

    def to_dict(self, sizes: Sequence[float], level: float = 0.9) -> dict[str, Any]:
        """Everything as JSON values; infinite sizes as None."""
        rows = [self.standings(size, level) for size in sizes]
        gaps = [
            self.difference(*pair, size, level)
            for size in sizes
            for pair in combinations(self.names, 2)
        ]
        document = {
            "metric": self.metric.name,
            "learners": list(self.names),
            "largest_size": self.largest,
            "standings": [asdict(standing) for row in rows for standing in row],
            "differences": [asdict(gap) for gap in gaps],
            "crossings": [asdict(crossing) for crossing in self.crossings(level)],
        }
        values: dict[str, Any] = json_values(document)
        return values

    def _given(self, low: float, middle: float, high: float) -> tuple[float, float, float]:
        """Median, lower and upper end in the curves' own metric."""
        scale = next(iter(self.forecasts.values())).scale
        if scale.rises:
            low, high = high, low
        middle, low, high = scale.values_of_costs(np.array([middle, low, high])).tolist()
        return middle, low, high

    def _crossing(self, first: str, second: str, tail: float) -> Crossing:
        sizes = [self.forecasts[name].observations.sizes for name in (first, second)]
        low = max(float(each[0]) for each in sizes)
        measured = min(float(each[-1]) for each in sizes)
        return find_crossing(
            (first, second),
            lambda at: self.losses(first, at) - self.losses(second, at),
            (min(low, measured), measured),
            tail,
        )


def compare(
    things: Mapping[str, Any] | Sequence[Any],
    *,
    metric: str | None = None,
    higher_is_better: bool | None = None,
    best: float | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare learners by the forecasts of their curves.

    Parameters
    ----------
    things : sequence, or mapping of str to things
        Two or more: forecasts, curves, or whatever `as_curve` reads, as run directories; a run
        directory of several models counts as their curves. A mapping gives them names;
        else curves are called by their own, or by their paths.
    metric, higher_is_better, best : optional
        See `as_curve`.
    seed : int
        Of the draws. The same curves and seed give the same figures.

    Raises
    ------
    ForecastError
        If there are fewer than two, two have one name, or one of the curves says nothing about
        other sizes; if their metrics differ and cannot be converted into that of the first (an
        error rate can into an accuracy, per cent into shares); if their sizes count different
        things, as samples and customers; or if `seed` is not a whole number from 0 on.
    """
    if isinstance(things, str | bytes) or not isinstance(things, Iterable):
        raise ForecastError(
            f"{things!r} is not a list of curves; expected two or more, as compare([a, b]) or "
            "compare({'linear': a, 'mlp': b}).",
            code="wrong-type",
        )
    # Forecasts that are made already do not use it.
    seed = check_seed(seed)
    if not isinstance(things, Mapping):
        things = [each for thing in things for each in _each_model(thing)]
    given = list(things.values() if isinstance(things, Mapping) else things)
    read = partial(as_curve, metric=metric, higher_is_better=higher_is_better, best=best)
    plain = metric is None and higher_is_better is None and best is None
    curves = [
        thing.curve
        if isinstance(thing, Forecast) and plain
        else read(thing.curve if isinstance(thing, Forecast) else thing)
        for thing in given
    ]
    forecasts = [
        thing
        if isinstance(thing, Forecast) and plain and same is thing.curve
        else forecast(same, seed=seed)
        for thing, same in zip(given, in_one_metric(curves) if curves else [], strict=True)
    ]
    names = list(things) if isinstance(things, Mapping) else _names(given, forecasts)
    if len(forecasts) < 2:
        raise ForecastError(
            f"{len(forecasts)} curve to compare; expected two or more.", code="too-few-curves"
        )
    _check_metrics(names, forecasts)
    return Comparison(dict(zip(names, forecasts, strict=True)), seed)


def _each_model(thing: Any) -> Sequence[Any]:
    """The curves of a run directory of several models; anything else as it is."""
    if isinstance(thing, str | os.PathLike) and os.path.isdir(thing):
        curves = run_curves(thing)
        if len(curves) > 1:
            return list(curves.values())
    return [thing]


def _check_metrics(names: Sequence[str], forecasts: Sequence[Forecast]) -> None:
    """Curves that are compared are of one metric, in one unit."""
    metrics = {name: each.curve.metric.name for name, each in zip(names, forecasts, strict=True)}
    if len({canonical(metric) for metric in metrics.values()}) > 1:
        each = ", ".join(f"{metric} of {name}" for name, metric in metrics.items())
        raise ForecastError(
            f"the curves are of different metrics ({each}), which cannot be converted into each "
            "other; choose one that all have: metric=, --metric.",
            code="metrics-differ",
        )
    counted = {name: each.curve.counted for name, each in zip(names, forecasts, strict=True)}
    if len(set(counted.values())) > 1:
        of = ", ".join(f"{name} counts {what}" for name, what in counted.items())
        raise ForecastError(
            f"the sizes of the curves count different things: {of}. Compare studies with the "
            "same --count (count=).",
            code="sizes-differ",
        )
    ways = {each.scale.rises for each in forecasts}
    # The origin of a metric without an end is that of its curve.
    ends = {each.scale.best if each.scale.width is None else math.inf for each in forecasts}
    if len(ways) > 1 or len(ends) > 1:
        said = {
            name: ("higher" if each.scale.rises else "lower")
            + " is better, "
            + ("no end" if each.scale.width is not None else f"best {each.scale.best:g}")
            for name, each in zip(names, forecasts, strict=True)
        }
        raise ForecastError(
            f"the curves' {forecasts[0].curve.metric} differs in direction, unit or best value: "
            f"{said}; give all in one unit, and the same higher_is_better= and best=.",
            code="metrics-differ",
        )


def _names(given: Sequence[Any], forecasts: Sequence[Forecast]) -> list[str]:
    names = [each.curve.name for each in forecasts]
    if len(set(names)) < len(names):
        names = [
            os.fspath(thing) if isinstance(thing, (str, os.PathLike)) else name
            for thing, name in zip(given, names, strict=True)
        ]
    if len(set(names)) < len(names):
        raise ForecastError(
            f"the curves are called {names}; give each once, or in Python its own name, as "
            "compare({'linear': a, 'mlp': b}).",
            code="named-twice",
        )
    return names
