"""What a run costs: a power law in the number of samples above the time of starting a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataworth.records.record import Record

_EXPONENTS = np.linspace(0.2, 2.4, 23)
_EXPONENT, _EXPONENT_ERROR = 1.0, 0.35
"""Prior of the exponent: most training takes time in proportion to the samples."""
_REPEAT = 0.12
"""Relative difference of two runs alike."""
_BEND = 0.1
"""A run k times smaller than the largest counts with an error of so much per unit of log k."""
_OTHER_MODEL = 1.0
_UNKNOWN = math.log(100.0)
_MOST = 300.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RunCost:
    """The seconds that a run takes, with the error of their logarithm."""

    seconds: float
    error: float

    @property
    def most(self) -> float:
        """What the run takes at most, with a probability of about 0.84."""
        return self.seconds * math.exp(min(self.error, 50.0))


@dataclass(frozen=True, eq=False)
class CostLaw:
    """``seconds = start + scale * (n / unit) ** exponent`` of one model, with its error.

    The exponent is known by its probabilities, the others by their normal distribution given it.

    Attributes
    ----------
    unit : float
        The largest size that was run.
    probabilities : ndarray, shape (e,)
        Of the exponents `_EXPONENTS`.
    terms : ndarray, shape (e, 2)
        Start and scale for each exponent, in seconds.
    covariances : ndarray, shape (e, 2, 2)
    """

    unit: float
    probabilities: Floats
    terms: Floats
    covariances: Floats

    @property
    def exponent(self) -> float:
        """The mean of the exponent."""
        return float(self.probabilities @ _EXPONENTS)

    def at(self, size: float) -> RunCost:
        """The cost of a run."""
        powers = np.exp(np.minimum(_EXPONENTS * math.log(size / self.unit), _MOST))
        x = np.stack([np.ones_like(powers), powers], axis=1)
        seconds = np.maximum((x * self.terms).sum(axis=1), 1e-300)
        variances = np.einsum("ei,eij,ej->e", x, self.covariances, x) / seconds**2
        logs = np.log(seconds)
        log = float(self.probabilities @ logs)
        variance = np.minimum(variances, _UNKNOWN**2) + (logs - log) ** 2
        return RunCost(math.exp(log), math.sqrt(float(self.probabilities @ variance) + _REPEAT**2))


def fit_cost(sizes: Sequence[float], seconds: Sequence[float]) -> CostLaw | None:
    """The law of some runs; None where no run took a time that is known and above 0.

    Weighted least squares of the seconds for each exponent, with non-negative terms and a weak
    prior of the start: it is not much longer than the shortest run. What a run took more than a
    larger one was starting up, such as the loading of libraries by the first run, and says nothing
    of the next runs.
    """
    n, t = np.asarray(sizes, np.float64), np.asarray(seconds, np.float64)
    known = np.isfinite(t) & (t > 0) & (n > 0)
    if not known.any():
        return None
    order = np.lexsort((t[known], n[known]))
    n, t = n[known][order], t[known][order]
    different = np.unique(n)
    least = np.array([t[n >= size].min() for size in different])
    t = np.minimum(t, least[np.searchsorted(different, n)] * math.exp(_REPEAT))
    unit, shortest = float(n.max()), float(t.min())
    u = np.log(n / unit)
    weights = 1 / (t**2 * (_REPEAT**2 + (_BEND * u) ** 2))
    terms, covariances, scores = [], [], []
    for exponent in _EXPONENTS:
        x = np.exp(exponent * u)
        # In units of the shortest run, as products of seconds may overflow.
        ones = np.stack([np.ones_like(x), x]) * shortest
        precision = (ones * weights) @ ones.T + np.diag([1.0, 0.0])
        right = (ones * weights) @ t
        found = np.linalg.solve(precision, right)
        if found[0] < 0:
            found = np.array([0.0, right[1] / precision[1, 1]])
        elif found[1] < 0:
            found = np.array([right[0] / precision[0, 0], 0.0])
        off = t - found @ ones
        prior = ((exponent - _EXPONENT) / _EXPONENT_ERROR) ** 2
        scores.append(-(float(weights @ off**2) + found[0] ** 2 + prior) / 2)
        terms.append(found * shortest)
        covariances.append(np.linalg.inv(precision) * shortest**2)
    likelihood = np.exp(np.array(scores) - max(scores))
    return CostLaw(unit, likelihood / likelihood.sum(), np.array(terms), np.array(covariances))


class Costs:
    """The cost of any run of a study.

    Parameters
    ----------
    records : sequence of Record
        Runs that have ended; those that failed say nothing of the cost of a run.
    models : sequence of str
        Models, also ones without a run.
    """

    def __init__(self, records: Sequence[Record], models: Sequence[str]) -> None:
        finished = [record for record in records if record.failure is None]
        self.laws: Mapping[str, CostLaw | None] = {
            name: fit_cost(*_columns([r for r in finished if r.key.learner == name]))
            for name in models
        }
        self._all = fit_cost(*_columns(finished))

    @property
    def known(self) -> bool:
        """Whether the time of any run is known."""
        return self._all is not None

    def of(self, model: str, size: float) -> RunCost:
        """The cost of a run; one second for each sample, with a large error, if none is known."""
        law = self.laws[model]
        if law is not None:
            return law.at(size)
        if self._all is None:
            return RunCost(size, _UNKNOWN)
        other = self._all.at(size)
        return RunCost(other.seconds, math.hypot(other.error, _OTHER_MODEL))


def _columns(records: Sequence[Record]) -> tuple[list[float], list[float]]:
    """Sizes, and the seconds that a person waits: compiling counts as far as each run does it."""
    each_time = min((r.compile_seconds for r in records), default=0.0)
    return (
        [float(r.key.size) for r in records],
        [r.training_seconds + each_time for r in records],
    )
