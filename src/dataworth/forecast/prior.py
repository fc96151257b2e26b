"""Prior: what public learning curves say about laws in general, before one's own curve is seen.

There are two: for curves of runs of their own, repeated or far apart in size, which show their
noise and so have a backtest that tells laws apart, and for looks at a single run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class Prior:
    """A few numbers, all free of units; learned by benchmarks/learn_prior.py.

    Attributes
    ----------
    retention, spread : float
        Mean and standard deviation of the normal distribution of a curve's retention; see
        `dataworth.laws.retention.retained`.
    evidence : float
        Independent observations that a curve amounts to at most: neighbours stray from a law
        together, so that more of them say little more.
    unseen : float
        Relative noise taken for granted where it does not show: the observations of one run go
        together, and are often the best so far.
    trust : float
        A member's weight grows as its likelihood to this power.
    sharpness : float
        A member's weight falls as its backtest error to this power.
    simplicity : float
        What each free parameter of a law takes from the log of its members' weights.
    shrinkage : float
        The share of their distance from the middle of all laws that draws keep, at most.
    level, drift_scale, model_spread, tail : float
        How far a draw is from the law that it follows: at all sizes alike, a normal with a
        standard deviation of `level` times the residual of one point; beyond the largest size N,
        another with the root of
        ``(drift_scale * residual * log(n / N))^2 + (model_spread * disagreement)^2``, the
        disagreement being half the distance between the 16 % and the 84 % quantile of the laws at
        n. Both are scaled together, so that each is a Student t of `tail` degrees of freedom.
    """

    retention: float
    spread: float
    evidence: float
    unseen: float
    trust: float
    sharpness: float
    simplicity: float
    shrinkage: float
    level: float
    drift_scale: float
    model_spread: float
    tail: float

    @staticmethod
    def from_json(text: str) -> Prior:
        """Read what `to_json` wrote."""
        return Prior(**json.loads(text))

    def to_json(self) -> str:
        """As text for people, to four digits."""
        rounded = {name: float(f"{value:.4g}") for name, value in asdict(self).items()}
        return json.dumps(rounded, indent=2) + "\n"


@lru_cache(maxsize=2)
def shipped_prior(noisy: bool) -> Prior:
    """The prior for curves whose noise shows (see `Observations`), or for looks at a single run."""
    name = "prior-repeated.json" if noisy else "prior-single.json"
    return Prior.from_json(resources.files(__package__).joinpath(name).read_text("utf-8"))
