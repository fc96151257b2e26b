"""What a run costs: a power law in the number of samples, learned from finished runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dataworth.records.record import Record

_EXPONENT, _EXPONENT_ERROR = 1.0, 0.35
"""Prior of the exponent: most training takes time in proportion to the samples."""
_REPEAT = 0.12
"""Relative difference of two runs alike."""
_BEND = 0.25
"""A run k times smaller than the largest counts with an error of so much per unit of log k: the
time of small runs is that of starting them."""
_OTHER_MODEL = 1.0
_UNKNOWN = math.log(100.0)


@dataclass(frozen=True)
class RunCost:
    """The seconds that a run takes, with the error of their logarithm."""

    seconds: float
    error: float

    @property
    def most(self) -> float:
        """What the run takes at most, with a probability of about 0.84."""
        return self.seconds * math.exp(min(self.error, 50.0))


@dataclass(frozen=True)
class CostLaw:
    """``seconds = exp(level) * (n / unit) ** exponent`` of one model, with its error.

    Attributes
    ----------
    unit : float
        The largest size that was run.
    level, exponent : float
    covariance : tuple of float
        Variances of level and exponent, and their covariance.
    """

    unit: float
    level: float
    exponent: float
    covariance: tuple[float, float, float]

    def at(self, size: float) -> RunCost:
        """The cost of a run."""
        u = math.log(size / self.unit)
        vl, ve, cov = self.covariance
        variance = vl + u * u * ve + 2 * u * cov + _REPEAT**2
        log = min(self.level + self.exponent * u, 700.0)
        return RunCost(math.exp(log), math.sqrt(max(variance, 0.0)))


def fit_cost(sizes: Sequence[float], seconds: Sequence[float]) -> CostLaw | None:
    """The power law of some runs; None where no run took a time that is known and above 0.

    Weighted least squares of the log seconds with a normal prior of the exponent.
    """
    n, t = np.asarray(sizes, np.float64), np.asarray(seconds, np.float64)
    known = np.isfinite(t) & (t > 0) & (n > 0)
    if not known.any():
        return None
    n, t = n[known], t[known]
    unit = float(n.max())
    u, y = np.log(n / unit), np.log(t)
    weights = 1 / (_REPEAT**2 + (_BEND * u) ** 2)
    precision = np.array(
        [
            [weights.sum() + 1 / _UNKNOWN**2, (weights * u).sum()],
            [(weights * u).sum(), (weights * u * u).sum() + 1 / _EXPONENT_ERROR**2],
        ]
    )
    right = np.array(
        [(weights * y).sum(), (weights * u * y).sum() + _EXPONENT / _EXPONENT_ERROR**2]
    )
    level, exponent = np.linalg.solve(precision, right)
    cov = np.linalg.inv(precision)
    return CostLaw(
        unit,
        float(level),
        # A larger run is not cheaper.
        max(float(exponent), 0.0),
        (float(cov[0, 0]), float(cov[1, 1]), float(cov[0, 1])),
    )


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
    return [float(r.key.size) for r in records], [r.training_seconds for r in records]
