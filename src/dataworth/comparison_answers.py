"""What a comparison hands back: standings, differences and crossings of learners."""

from __future__ import annotations

from dataclasses import dataclass


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
