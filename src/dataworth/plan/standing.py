"""Standing: what is known of each model at the size or for the target of the goal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.forecast import Forecast
from dataworth.plan.goal import Goal
from dataworth.records.record import Record

Floats = NDArray[np.float64]
CurveOf = Callable[[str, Sequence[Record]], Curve]
"""The curve of some finished runs of a model."""
Forecaster = Callable[[Curve], Forecast]
SIZES_TO_BEGIN = 3
"""A model is planned for by its forecast from so many sizes on."""
_FAILURES, _FAILURES_OF_SIZE = 3, 2
"""So many failed runs, and no finished one, give a model up; so many of a size, the size."""
_NARROWEST, _WIDEST = 1e-3, 10.0
_NARROWER = 0.98
_ALIKE, _ALIKE_OF_WHOLE = 3, 2
"""So many runs of a size with the same figures are no accident: error rates of two may agree."""
_SAME = 1e-6
"""Relative difference of figures that are the same: sums depend on the order of the rows."""


@dataclass(frozen=True, eq=False)
class Standing:
    """What is known of one model.

    Attributes
    ----------
    model : str
    counts : mapping of int to int
        Finished runs of each size.
    seeds : mapping of int to set of int
        Seeds of each size that have ended, finished or failed.
    settled : set of int
        Sizes at which all seeds have the same figures, so that one more would tell nothing.
    given_up : str
        Why nothing more is run, where all runs failed; else empty.
    too_large : int or None
        The smallest size, above all that finished, at which runs fail.
    forecast : Forecast, optional
        None as long as there is none.
    no_forecast : str
        Why, in that case.
    losses : ndarray, shape (draws,)
        Draws of the log loss at the goal's size.
    level : float
        Of the interval.
    """

    model: str
    counts: Mapping[int, int]
    seeds: Mapping[int, frozenset[int]]
    settled: frozenset[int]
    given_up: str
    too_large: int | None
    forecast: Forecast | None
    no_forecast: str
    losses: Floats
    level: float

    @cached_property
    def bounds(self) -> tuple[float, float, float]:
        """Lower end, median and upper end of the loss at the goal's size."""
        tail = (1 - self.level) / 2
        low, middle, high = np.exp(np.quantile(self.losses, [tail, 0.5, 1 - tail]))
        return float(low), float(middle), float(high)

    @property
    def width(self) -> float:
        """Half the width of the interval, as a share of the median loss; infinite without it."""
        return math.inf if self.forecast is None else self.width_of(self.spread)

    def width_of(self, spread: float) -> float:
        """`width` if the spread becomes smaller; the narrower an interval, the less skew it is."""
        skew = math.pow(self._skew, spread / self.spread)
        return math.sinh(quantile(self) * spread) * skew

    def spread_of(self, width: float) -> float:
        """The spread that a width needs: the present one where the interval is narrow enough."""
        if self.width <= width:
            return self.spread
        return min(math.asinh(width) / quantile(self), self.spread * _NARROWER)

    @cached_property
    def measured(self) -> Mapping[int, float]:
        """The mean log loss at each size that the forecast is made of."""
        if self.forecast is None:
            return {}
        seen = self.forecast.observations
        return dict(zip(map(int, seen.sizes), map(float, seen.log_loss), strict=True))

    @cached_property
    def _skew(self) -> float:
        """The geometric middle of the interval as a share of the median."""
        low, middle, high = (max(each, 1e-300) for each in self.bounds)
        return math.sqrt(low) * math.sqrt(high) / middle

    @property
    def spread(self) -> float:
        """The standard deviation of the log loss that the interval stands for."""
        low, _, high = self.bounds
        sigma = (math.log(max(high, 1e-300)) - math.log(max(low, 1e-300))) / (2 * quantile(self))
        return min(max(sigma, _NARROWEST), _WIDEST)

    @property
    def noise(self) -> tuple[float, float]:
        """Standard deviation of one run's log loss, and the degrees of freedom behind it."""
        assert self.forecast is not None
        observations = self.forecast.observations
        repeats = float(sum(self.counts.values())) - len(self.counts)
        if observations.repeated:
            return math.sqrt(observations.run_noise), repeats
        spread = math.sqrt(observations.run_noise) if observations.noisy else observations.scatter
        return spread, repeats + max(len(observations) - 3.0, 0.0) / 2


def quantile(standing: Standing) -> float:
    """The half width of a normal interval of the level, in standard deviations."""
    return float(ndtri((1 + standing.level) / 2))


class Standings:
    """Computes standings; the forecast of a model without a new run is not made again.

    Parameters
    ----------
    goal : Goal
    size : float
        The size of the goal.
    models : sequence of str
    curve_of, forecaster : callable
        The curve of some runs of a model, and the forecast of a curve.
    whole : int, optional
        The size of the whole pool, of which every seed has the same rows.
    """

    def __init__(
        self,
        goal: Goal,
        size: float,
        models: Sequence[str],
        curve_of: CurveOf,
        forecaster: Forecaster,
        whole: int | None = None,
    ) -> None:
        self._goal, self._size, self._models = goal, size, models
        self._curve_of, self._forecaster, self._whole = curve_of, forecaster, whole
        self._made: dict[str, tuple[frozenset[str], Forecast | None, str]] = {}

    def __call__(self, records: Sequence[Record]) -> list[Standing]:
        """What is known of each model, in their order."""
        return [
            self._of(model, index, [r for r in records if r.key.learner == model])
            for index, model in enumerate(self._models)
        ]

    def _of(self, model: str, index: int, records: Sequence[Record]) -> Standing:
        finished = [record for record in records if record.failure is None]
        counts = Counter(record.key.size for record in finished)
        seeds: dict[int, set[int]] = {}
        for record in records:
            seeds.setdefault(record.key.size, set()).add(record.key.seed)
        made, reason = self._forecast(model, finished)
        failed = [record for record in records if record.failure is not None]
        given_up = ""
        if len(failed) >= _FAILURES and not finished:
            assert failed[0].failure is not None
            given_up = (
                f"all {len(failed)} runs of {model} failed, the first of them: "
                f"{failed[0].failure.message}"
            )
        at_size = Counter(record.key.size for record in failed)
        most = max(counts, default=0)
        bad = [n for n, k in at_size.items() if n > most > 0 and k >= _FAILURES_OF_SIZE]
        losses = np.zeros(1)
        if made is not None:
            drawn = made.log_losses([self._size])[:, 0]
            # Independent of those of the other models, and those of `dataworth.compare`.
            random = np.random.Generator(np.random.Philox(np.random.SeedSequence((0, index))))
            losses = random.permutation(drawn)
        return Standing(
            model,
            dict(sorted(counts.items())),
            {size: frozenset(each) for size, each in seeds.items()},
            frozenset(size for size in counts if self._is_settled(size, finished)),
            given_up,
            min(bad, default=None),
            made,
            reason,
            losses,
            self._goal.level,
        )

    def _is_settled(self, size: int, finished: Sequence[Record]) -> bool:
        """Whether all runs of a size have the same figures, and are too many for an accident."""
        scores = [record.scores for record in finished if record.key.size == size]
        enough = _ALIKE_OF_WHOLE if size == self._whole else _ALIKE
        return len(scores) >= enough and all(
            np.isclose(each.get(name, math.nan), value, rtol=_SAME, atol=0, equal_nan=True)
            for each in scores[1:]
            for name, value in scores[0].items()
        )

    def _forecast(self, model: str, finished: Sequence[Record]) -> tuple[Forecast | None, str]:
        digests = frozenset(record.key.digest for record in finished)
        if model in self._made and self._made[model][0] == digests:
            return self._made[model][1:]
        made: Forecast | None = None
        reason = "no run is finished yet"
        if finished:
            ordered = sorted(finished, key=lambda r: (r.key.size, r.key.seed))
            try:
                made, reason = self._forecaster(self._curve_of(model, ordered)), ""
            except ForecastError as error:
                reason = str(error)
        self._made[model] = digests, made, reason
        return made, reason
