"""Answers: what a forecast hands back, as plain numbers in the user's own metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The metric at some sizes: arrays of one value per size.

    ``lower`` and ``upper`` hold the true value with probability `level`.
    """

    samples: Floats
    median: Floats
    lower: Floats
    upper: Floats
    level: float


@dataclass(frozen=True)
class SampleSize:
    """How many samples a target takes; sizes are ``math.inf`` where they may never suffice.

    Attributes
    ----------
    target : float
        The metric to be reached.
    median, lower, upper : float
        The sizes at which the target is met with probability 1/2, (1 - level)/2 and (1 + level)/2.
    probability_reachable : float
        The highest probability of meeting the target at any size up to a million times the largest
        one measured.
    level : float
        Of the interval from `lower` to `upper`.
    assurance, assured : float or None
        The probability asked for, and the size at which the target is met with it.
    met : bool
        Whether the measured means meet the target already. `median` and `lower` are then the first
        measured size from which on they do; so are `upper` and `assured`, unless the draws at the
        largest measured size meet it with less than their probability: then they lie beyond it.
    """

    target: float
    median: float
    lower: float
    upper: float
    probability_reachable: float
    level: float
    assurance: float | None = None
    assured: float | None = None
    met: bool = False


@dataclass(frozen=True)
class Value:
    """What going from `n1` to `n2` samples buys: the improvement of the metric, above 0 if any."""

    n1: float
    n2: float
    median: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True)
class Stop:
    """The size where another label stops paying; ``math.inf`` where it always pays.

    ``net`` is the median net worth of going there from the largest measured size.
    """

    median: float
    lower: float
    upper: float
    net: float
    level: float


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; `value` is the fitted one."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ChosenLaw:
    """The law that the measured observations favour most.

    Attributes
    ----------
    name, formula, source : str
        See `Law`.
    parameters : mapping of str to Estimate
        Fitted values with 90 % intervals, lengths in samples.
    weight : float
        The law's share of the posterior.
    """

    name: str
    formula: str
    source: str
    parameters: Mapping[str, Estimate]
    weight: float


@dataclass(frozen=True)
class BacktestRow:
    """How one method did on a measured size that was hidden from it.

    Attributes
    ----------
    method : str
        A law's name, "power-absolute" (the usual unweighted fit) or "forecast" (this package's).
    fitted_up_to, hidden : float
        The largest size it saw, and the size it had to predict.
    predicted, actual : float
        In the user's metric.
    log_error : float
        ``log(predicted / actual)`` of the loss or error.
    """

    method: str
    fitted_up_to: float
    hidden: float
    predicted: float
    actual: float
    log_error: float
