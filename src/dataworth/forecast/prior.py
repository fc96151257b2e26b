"""The constants of a forecast that are learned from public learning curves (empirical Bayes).

There are two sets. The first is for curves whose noise can be estimated, from repeated runs or from
separate runs at distant sizes. The second is for checkpoints of a single run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from importlib import resources

from dataworth.forecast.correction import Correction, shipped_correction


@dataclass(frozen=True)
class Prior:
    """Constants without units; learned by benchmarks/learn_prior.py.

    Attributes
    ----------
    retention, spread : float
        Mean and standard deviation of the normal prior of a curve's retention; see
        `dataworth.laws.retention.retained`.
    evidence : float
        Largest number of independent observations in a curve: deviations of neighbours from a law
        are correlated, so further sizes add little.
    unseen : float
        Relative noise assumed if it cannot be estimated: the errors of checkpoints of one run are
        correlated, and they are often running minima. At most 30 times what they scatter.
    trust : float
        Exponent of the marginal likelihood in the weight of a member.
    sharpness : float
        Exponent of the inverse backtest error in the weight of a member.
    simplicity : float
        Penalty on the log weight of a member per free parameter of its law.
    shrinkage : float
        Largest factor by which the distance of draws from the middle of the ensemble is
        multiplied.
    level, drift_scale, model_spread, tail : float
        Errors that are added to a draw. At all sizes it is a normal with a standard deviation of
        `level` times the residual of one point. Beyond the largest size N another is added, whose
        variance is ``(drift_scale * residual * log(n / N))^2 + (model_spread * spread)^2``, where
        spread is half the distance between the 16 % and the 84 % quantile of the laws at n. Both
        are multiplied by one random scale, so that each is Student t with `tail` degrees of
        freedom.
    correction : Correction, optional
        Of the draws; without one they are those of the laws alone.
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
    correction: Correction | None = field(default=None, repr=False)

    @staticmethod
    def from_json(text: str) -> Prior:
        """Read what `to_json` wrote; it has no correction."""
        return Prior(**json.loads(text))

    def to_json(self) -> str:
        """The constants as JSON text, rounded to four digits."""
        names = [each.name for each in fields(self) if each.name != "correction"]
        rounded = {name: float(f"{getattr(self, name):.4g}") for name in names}
        return json.dumps(rounded, indent=2) + "\n"


@lru_cache(maxsize=2)
def shipped_prior(noisy: bool) -> Prior:
    """The prior for curves whose noise is known (see `Observations`), or for checkpoints.

    The first has a correction; none was learned for checkpoints.
    """
    name = "prior-repeated.json" if noisy else "prior-single.json"
    prior = Prior.from_json(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return replace(prior, correction=shipped_correction()) if noisy else prior
