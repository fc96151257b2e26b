"""Ways: how the runs of a model may go on, and which of these ways is worth its price."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dataworth.plan.goal import Goal
from dataworth.plan.outlook import Outlook
from dataworth.plan.spending import Spending
from dataworth.plan.standing import Standing

_STEPS, _LEAPS = (5.66, 4.0, 2.83, 2.0), (math.inf, 8.0, 4.0, 2.83, 2.0)
"""Ratios of the sizes on the way to a larger one, without a budget and with one. The forecast that
a budget buys is best with none on the way; but after a leap, an interval is more often narrow by
chance, and would end the plan."""
_FILLS = (2.0, 4.0)
"""A size between those that are done is so many times smaller than the largest one; what a budget
has left buys one where it has no room for a larger size."""
_NEAR = 1.3
"""Sizes on the way differ by more than this ratio from those before and after them."""
_SEEDS = (1, 2, 3, 5)
_MOST_SEEDS_ABOVE = 3
_LEAST_STEP = 1.9
"""A larger size is at least so many times the largest one, if data and budget allow it."""
_AS_NARROW = 1.03
"""Ways whose intervals differ by less are alike: the cheapest is taken."""
HELPS, _HELPS_WITHOUT_BUDGET = 0.98, 0.9
"""A way helps if the spread becomes this share of the present one, or less."""
_LEAST_RUNS, _FURTHEST = 4, 8.0
"""A goal is met with so many runs at least, and with a size that is at most so many times smaller
than that of the goal."""
_MARGIN = 0.97
"""A goal counts as met if the spread is expected to be this share of the one that is needed."""
HOPE = 0.2
"""Ways that meet the goal with a lower probability are no ways towards it."""
_AT_THE_GOAL = 1.5
"""Without a budget, further seeds are for sizes that are at most so many times smaller than that of
the goal: elsewhere, a larger size is worth more."""


@dataclass(frozen=True)
class Way:
    """Further runs of one model: their number by size, sizes rising.

    Attributes
    ----------
    runs : mapping of int to int
    spread : float
        Standard deviation of the log loss at the goal's size, as expected after them; with a
        budget, by the process alone (see `Outlook`).
    price : float
        See `Spending.price`.
    chance : float
        The probability that the goal is met after them.
    """

    runs: Mapping[int, int]
    spread: float
    price: float
    chance: float


@dataclass(frozen=True)
class Ways:
    """Compares the ways to go on.

    Attributes
    ----------
    goal : Goal
    sizes, seeds : sequence of int
        All that a run can have; sizes rise.
    """

    goal: Goal
    sizes: Sequence[int]
    seeds: Sequence[int]
    _made: dict[str, tuple[Standing, Outlook]] = field(default_factory=dict, init=False)

    def best(
        self,
        standing: Standing,
        need: float,
        running: Mapping[int, int],
        spending: Spending,
        sharing: int = 1,
    ) -> Way | None:
        """The cheapest way towards the goal, or the one that narrows the most.

        What a way costs until the goal is met is its price and, with the probability that it does
        not meet the goal, that of the way with the most chance for its price.

        Parameters
        ----------
        standing : Standing
        need : float
            The spread that the goal needs.
        running : mapping of int to int
            The model's runs that are under way, by size.
        spending : Spending
        sharing : int
            Models that what is left of the budget is shared by.

        Returns
        -------
        Way or None
            None if no way helps that the budget allows.
        """
        outlook = self.outlook(standing)
        now = outlook.after(running)
        if running and now <= need * _MARGIN:
            return None
        # At equal cost, larger sizes lower the error by more than they narrow the interval.
        expected = outlook.by_process if spending.is_limited else outlook.after
        ways = []
        for runs in self.possible(standing, running, spending.is_limited):
            further = Counter(runs) + Counter(running)
            chance = 0.0
            if self.is_proven(standing, runs, running):
                chance = outlook.chance(further, need * _MARGIN)
            price = spending.price(listed(standing.model, runs))
            ways.append(Way(runs, expected(further), price, chance))
        if spending.is_limited:
            shared = any(way.price <= 1 / sharing for way in ways)
            ways = [way for way in ways if way.price <= (1 / sharing if shared else 1.0)]
        hopeful = [way for way in ways if way.chance >= HOPE]
        if hopeful:
            rest = min(way.price / way.chance for way in hopeful)
            return min(hopeful, key=lambda way: (way.price + (1 - way.chance) * rest, way.spread))
        helps = HELPS
        if not spending.is_limited:
            # The goal is out of reach: one more run of the largest size is worth trying.
            most = max(n for n in self.sizes if _is_open(standing, n))
            room = 1.01 * spending.price([(standing.model, most)])
            helps, ways = _HELPS_WITHOUT_BUDGET, [way for way in ways if way.price <= room]
        least = min((way.spread for way in ways), default=math.inf)
        if least > helps * expected(running):
            return None
        alike = [way for way in ways if way.spread <= least * _AS_NARROW]
        return min(alike, key=lambda way: (way.price, way.spread))

    def is_proven(self, standing: Standing, *further: Mapping[int, int]) -> bool:
        """Whether the interval is that of enough runs: curves may be flat at small sizes alone.

        Parameters
        ----------
        standing : Standing
        *further : mapping of int to int
            Further runs by size.
        """
        counts = Counter(standing.counts)
        for runs in further:
            counts += Counter(runs)
        most = max(n for n in self.sizes if _is_open(standing, n))
        enough = min((self.goal.at or most) / _FURTHEST, most)
        return sum(counts.values()) >= _LEAST_RUNS and max(counts) >= enough

    def possible(
        self, standing: Standing, running: Mapping[int, int], limited: bool
    ) -> list[dict[int, int]]:
        """All ways: larger sizes, with sizes on the way and seeds; sizes between; and seeds.

        Parameters
        ----------
        standing : Standing
        running : mapping of int to int
            The model's runs that are under way, by size.
        limited : bool
            Whether there is a budget. Without one, no size between is added, and seeds only at
            sizes near that of the goal.
        """
        done = sorted({*standing.counts, *running})
        found: list[dict[int, int]] = []
        for top in self._larger(standing, done[-1]):
            for step in _LEAPS if limited else _STEPS:
                path = self._between(done[-1], top, step)
                for count in _SEEDS[: _MOST_SEEDS_ABOVE if limited or self._is_near(top) else 1]:
                    if len(self.free_seeds(standing, top)) < count + running.get(top, 0):
                        break
                    runs = {**dict.fromkeys(path, 1), top: count}
                    if runs not in found:
                        found.append(runs)
        for ratio in _FILLS if limited else ():
            fill = nearest(self.sizes, done[-1] / ratio)
            if _is_open(standing, fill) and all(
                abs(math.log(n / fill)) > math.log(_NEAR) for n in done
            ):
                found.append({fill: 1})
        repeatable = [
            n
            for n in done
            if n in self.sizes and n not in standing.settled and (limited or self._is_near(n))
        ]
        for sizes in (repeatable[-1:], repeatable[-2:]):
            for count in _SEEDS:
                if sizes and all(
                    _is_open(standing, n)
                    and len(self.free_seeds(standing, n)) >= count + running.get(n, 0)
                    for n in sizes
                ):
                    found.append(dict.fromkeys(sizes, count))
        return found

    def free_seeds(self, standing: Standing, size: int, busy: Sequence[int] = ()) -> list[int]:
        """Seeds of which there is no run of a size; none where all seeds have the same figures."""
        if size in standing.settled:
            return []
        used = standing.seeds.get(size, frozenset()) | set(busy)
        return [seed for seed in self.seeds if seed not in used]

    def outlook(self, standing: Standing) -> Outlook:
        """What to expect of further runs of a model."""
        made = self._made.get(standing.model)
        if made is None or made[0] is not standing:
            size = self.goal.size(self.sizes[-1])
            outlook = Outlook(standing.counts, size, standing.spread, *standing.noise)
            self._made[standing.model] = made = standing, outlook
        return made[1]

    def rows_needed(self, standing: Standing, need: float) -> int | None:
        """The size, beyond the data, of a run that would meet the goal; None where none would."""
        at, size = self.goal.at, float(self.sizes[-1])
        if at is None:
            return None
        outlook = self.outlook(standing)
        while size < at:
            size = min(size * math.sqrt(2), at)
            if outlook.after({int(size): 1}) <= need:
                return int(size)
        return None

    def _is_near(self, size: int) -> bool:
        """Whether a size is near that of the goal, or above it."""
        return size * _AT_THE_GOAL >= self.goal.size(self.sizes[-1])

    def _larger(self, standing: Standing, largest: int) -> list[int]:
        above = [n for n in self.sizes if n > largest and _is_open(standing, n)]
        return [n for n in above if n >= _LEAST_STEP * largest] or above[-1:]

    def _between(self, largest: int, top: int, step: float) -> list[int]:
        if step == math.inf:
            return []
        count = math.ceil(math.log(top / largest) / math.log(step))
        between = {nearest(self.sizes, top / step**i) for i in range(1, count + 1)}
        return sorted(n for n in between if largest * _NEAR < n < top / _NEAR)


def nearest(sizes: Sequence[int], size: float) -> int:
    """The nearest of some sizes, by ratio."""
    return min(sizes, key=lambda each: abs(math.log(each / size)))


def listed(model: str, runs: Mapping[int, int]) -> list[tuple[str, int]]:
    """Runs by size as a list of models with sizes."""
    return [(model, size) for size, count in runs.items() for _ in range(count)]


def _is_open(standing: Standing, size: int) -> bool:
    return standing.too_large is None or size < standing.too_large
