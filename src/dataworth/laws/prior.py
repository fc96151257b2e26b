"""Prior: what public learning curves say about laws in general, before one's own curve is seen.

There are two: one for curves with several runs of most sizes, which show their noise and so have a
backtest that tells laws apart, and one for curves with a single run of each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class Prior:
    """A few numbers, all free of units; learned by benchmarks/learn_prior.py.

    Attributes
    ----------
    laws : mapping of str to float
        How much a law is trusted before its backtest is seen: its log weight. A law that is not
        named gets the mean of all.
    nearness : mapping of str to float
        The same for each weighting constant; see `dataworth.laws.fit.fit_law`.
    retention, spread : float
        Mean and standard deviation of the normal distribution by which expected retentions of the
        slope are weighed; see `dataworth.laws.retention.retained`.
    evidence : float
        A member's weight grows as its likelihood to this power.
    sharpness, floor : float
        A member's weight falls as ``(backtest error + floor) ^ -sharpness``.
    level, carry, least, power, tail : float
        The standard deviation of what no law foresees, ``u = log(n / N)`` beyond the largest size
        N, is the root of ``(level * noise)^2 + ((carry * backtest)^2 + least^2) * u^(2 power)``,
        with the noise of one point and the backtest error of all members; its distribution is a
        Student t with `tail` degrees of freedom.
    """

    laws: Mapping[str, float]
    nearness: Mapping[str, float]
    retention: float
    spread: float
    evidence: float
    sharpness: float
    floor: float
    level: float
    carry: float
    least: float
    power: float
    tail: float

    @staticmethod
    def from_json(text: str) -> Prior:
        """Read what `to_json` wrote."""
        return Prior(**json.loads(text))

    def to_json(self) -> str:
        """As text for people, three digits or so."""
        return json.dumps(_rounded(asdict(self)), indent=2) + "\n"

    def law(self, name: str) -> float:
        """The log weight of a law."""
        return self.laws.get(name, sum(self.laws.values()) / len(self.laws))


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


@lru_cache(maxsize=2)
def shipped_prior(seeded: bool) -> Prior:
    """The prior for curves with several runs a size (`seeded`), or with one."""
    name = "prior-repeated.json" if seeded else "prior-single.json"
    return Prior.from_json(resources.files(__package__).joinpath(name).read_text("utf-8"))
