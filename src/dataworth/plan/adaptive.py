"""The adaptive plan: the next run is the one that narrows the requested interval most cheaply.

The plan is made again after every run, from the runs that have ended and nothing else:

1. Three small sizes of each model show the slope, the noise and the cost of a run.
2. From then on, ways to go on are compared: a larger largest size, with or without sizes on the
   way and further seeds, or further seeds of the largest sizes. `Outlook` says how wide the
   interval will be after each, and how surely, `Costs` what each costs. The way that is expected to
   meet the goal at the lowest cost is taken, or else the one with the narrowest interval that the
   budget allows. A goal is not met by a few small sizes alone, however narrow their interval is: it
   would hold the truth less often than it says (benchmarks/planner.py).
3. The smallest run of that way is done first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dataworth._util.numbers import format_count, format_count_rounded, format_share
from dataworth.forecast.api import forecast
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Choice, Stop
from dataworth.plan.cost import Costs
from dataworth.plan.goal import Goal
from dataworth.plan.needs import met, needs_of
from dataworth.plan.race import Race
from dataworth.plan.spending import Spending
from dataworth.plan.standing import (
    SIZES_TO_BEGIN,
    CurveOf,
    Forecaster,
    Standing,
    Standings,
)
from dataworth.plan.ways import HELPS, HOPE, Way, Ways, nearest
from dataworth.records.record import Record, RunKey

KeyOf = Callable[[str, int, int], RunKey]

_FIRST_STEPS = (4.0, 2.83, 2.0)
"""Ratios of the first three sizes: the largest one that the budget has room for."""
_SPAN = 256.0
"""The first size is so many times smaller than the size of the goal."""
_SHARE_TO_BEGIN = 0.08
"""The third run costs at most this share of a budget."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is known, and what comes next.

    Attributes
    ----------
    standings : sequence of Standing
    choices : sequence of Choice
        The runs of the plan in their order.
    stop : Stop or None
        Why there are none.
    given_up : sequence of str
        Models that nothing more is run of, and why.
    notes : sequence of str
        Models without a forecast, and data that are too few.
    costs : Costs
    spending : Spending
    """

    standings: Sequence[Standing]
    choices: Sequence[Choice]
    stop: Stop | None
    given_up: Sequence[str]
    notes: Sequence[str]
    costs: Costs
    spending: Spending


@dataclass(eq=False)
class Adaptive:
    """Plans the runs of a study for a goal within a budget.

    Parameters
    ----------
    goal : Goal
    budget : Budget or None
    models : sequence of str
    sizes : sequence of int
        All sizes that a run can have, rising; see `size_ladder`. Finished runs may have others.
    seeds : sequence of int
        All seeds that a run can have, in the order in which they are used.
    key_of : callable
        The key of the run of a model, a size and a seed.
    curve_of : callable
        The curve of some finished runs of a model.
    forecaster : callable
        The forecast of a curve.
    whole : int, optional
        The size of the whole pool, of which every seed has the same rows.
    """

    goal: Goal
    budget: Budget | None
    models: Sequence[str]
    sizes: Sequence[int]
    seeds: Sequence[int]
    key_of: KeyOf
    curve_of: CurveOf
    forecaster: Forecaster = forecast
    whole: int | None = None
    last: Plan | None = field(default=None, init=False)
    """The plan that `next` made last."""
    size: float = field(init=False)
    """The size of the goal."""

    def __post_init__(self) -> None:
        self.size = self.goal.size(self.sizes[-1])
        self._ways = Ways(self.goal, self.sizes, self.seeds)
        self._race = Race(self.goal, self._ways, self.key_of)
        self._standings = Standings(
            self.goal, self.size, self.models, self.curve_of, self.forecaster, self.whole
        )

    def next(
        self, records: Sequence[Record], running: Sequence[RunKey], free: int
    ) -> Sequence[RunKey]:
        """The runs to start now; see `Planner`."""
        self.last = self.plan(records, running, free)
        return [choice.key for choice in self.last.choices[: max(free, 0)]]

    def expected(self) -> None:
        """Not known: each run may change the plan."""

    def plan(
        self, records: Sequence[Record], running: Sequence[RunKey] = (), free: int = 1
    ) -> Plan:
        """The next runs, and why; there may be more of them than are free.

        Parameters
        ----------
        records, running, free
            As for `next`.
        """
        standings = self._standings(records)
        costs = Costs(records, self.models)
        slots = max(free + len(running), 1)
        alive = [each for each in standings if not each.given_up]
        given_up = [f"{each.given_up}. It is given up." for each in standings if each.given_up]

        def spending_with(busy: Sequence[RunKey]) -> Spending:
            return Spending(self.budget, costs, records, busy, slots)

        spending = spending_with(running)
        if not alive:
            stop = None if running else Stop("failed", f"{given_up[0]} No model is left.")
            return Plan(standings, [], stop, given_up, [], costs, spending)
        choices, stop, notes = self._chosen(alive, running, spending)
        more = choices
        while more and len(choices) < free:
            # What comes next if these turn out as expected is there for the other workers.
            busy = [*running, *(choice.key for choice in choices)]
            more, _, _ = self._chosen(alive, busy, spending_with(busy))
            choices = [*choices, *more]
        return Plan(standings, choices, None if running else stop, given_up, notes, costs, spending)

    def _chosen(
        self, alive: Sequence[Standing], running: Sequence[RunKey], spending: Spending
    ) -> tuple[list[Choice], Stop | None, list[str]]:
        """The next runs, or why there are none, and notes."""
        if self.goal.kind == "best":
            return self._race.plan(alive, running, spending)
        choices = [c for each in alive for c in self._beginning(each, running, spending)]
        if choices:
            first = choices[0].key
            choices = spending.affordable(choices)
            room = f"a run of {first.learner} on {format_count(first.size)} samples"
            stop = Stop("spent", f"{_spent(spending)} It has no room for {room}.")
            return choices, None if choices else stop, []
        if running and any(len(each.counts) < SIZES_TO_BEGIN for each in alive):
            return [], None, []
        return self._going_on(alive, running, spending)

    def _beginning(
        self, standing: Standing, running: Sequence[RunKey], spending: Spending
    ) -> list[Choice]:
        """The first runs of a model that are neither done nor under way."""
        if len(standing.counts) >= SIZES_TO_BEGIN:
            return []
        choices = []
        for size in self._first_sizes(standing.model, spending):
            if standing.too_large is not None and size >= standing.too_large:
                break
            busy = _busy(running, standing.model, size)
            if busy or size in standing.counts:
                continue
            for seed in self._ways.free_seeds(standing, size)[:1]:
                key = self.key_of(standing.model, size, seed)
                reason = "one of the first runs, which show slope, noise and cost"
                seconds = spending.seconds_of(key)
                choices.append(Choice(key, seconds, math.nan, math.nan, reason))
        return choices

    def _first_sizes(self, model: str, spending: Spending) -> list[int]:
        """Three sizes, as small as the distance to the goal and the budget make them."""
        most = self.sizes[-1]
        share = _SHARE_TO_BEGIN / len(self.models)
        room = [n for n in self.sizes if spending.share_of_budget(model, n) <= share]
        third = room[-1] if room else self.sizes[0]
        for step in _FIRST_STEPS:
            wanted = min((self.goal.at or most) / _SPAN, most / step**3, third / step**2)
            if wanted >= self.sizes[0]:
                break
        wanted = max(wanted, self.sizes[0])
        first: list[int] = []
        for i in range(SIZES_TO_BEGIN):
            # Three different ones also of few sizes that are far apart.
            left = [n for n in self.sizes if n > max(first, default=0)]
            if left:
                first.append(nearest(left, wanted * step**i))
        return first

    def _going_on(
        self, alive: Sequence[Standing], running: Sequence[RunKey], spending: Spending
    ) -> tuple[list[Choice], Stop | None, list[str]]:
        """The next runs from the forecasts, or why there are none, and notes."""
        usable = [each for each in alive if each.forecast is not None]
        if not usable:
            return [], Stop("no-help", f"There is no forecast: {alive[0].no_forecast}"), []
        left_out = [
            f"{each.model}: there is no forecast, so that it is left out: {each.no_forecast}"
            for each in alive
            if each.forecast is None
        ]
        needs = needs_of(self.goal, self.size, usable)
        wanting = [
            each
            for each in usable
            if each.model in needs
            and (each.spread > needs[each.model] or not self._ways.is_proven(each))
        ]
        if not wanting:
            return [], Stop("met", met(self.goal, self.size, usable)), left_out
        found = []
        for each in wanting:
            mine = Counter(key.size for key in running if key.learner == each.model)
            way = self._ways.best(each, needs[each.model], mine, spending, len(wanting))
            if way is not None:
                found.append((self._rank(each, way), each, way))
        notes = [note for each in wanting if (note := self._too_few(each, needs[each.model]))]
        choices: list[Choice] = []
        for _, each, way in sorted(found, key=lambda item: item[0]):
            choices += self._choices(each, way, running, spending)
        choices = spending.affordable(choices)
        stop = None if choices else self._stop(wanting, needs, spending)
        return choices, stop, left_out + notes

    def _rank(self, standing: Standing, way: Way) -> tuple[float, str]:
        """Smallest first."""
        rate = math.log(standing.spread / way.spread) / max(way.price, 1e-12)
        return -rate, standing.model

    def _choices(
        self,
        standing: Standing,
        way: Way,
        running: Sequence[RunKey],
        spending: Spending,
    ) -> list[Choice]:
        """The runs of a way, with what is expected after each."""
        outlook, model = self._ways.outlook(standing), standing.model
        done = Counter(key.size for key in running if key.learner == model)
        largest = max({*standing.counts, *done})
        why = "narrows the interval the most"
        if way.chance >= HOPE:
            why = "is the cheapest way towards the goal"
        found = []
        for size, count in sorted(way.runs.items()):
            known = size in done or size in standing.counts
            what = "another seed" if known else "a size between"
            if size > largest:
                what = "a step to a larger size"
            if size > largest and size == max(way.runs):
                what = "a larger size"
            busy = _busy(running, model, size)
            for seed in self._ways.free_seeds(standing, size, busy)[:count]:
                done[size] += 1
                after = standing.width_of(outlook.after(done))
                key = self.key_of(model, size, seed)
                seconds = spending.seconds_of(key)
                found.append(Choice(key, seconds, standing.width, after, f"{what} {why}"))
        return found

    def _stop(
        self, wanting: Sequence[Standing], needs: Mapping[str, float], spending: Spending
    ) -> Stop:
        """Why there is no run for models that are not known well enough."""
        if all(each.spread <= needs[each.model] for each in wanting):
            return Stop("met", met(self.goal, self.size, wanting))
        if spending.is_limited:
            for each in wanting:
                outlook = self._ways.outlook(each)
                ways = [outlook.after(runs) for runs in self._ways.possible(each, {}, True)]
                if min(ways, default=math.inf) <= HELPS * each.spread:
                    return Stop("spent", f"{_spent(spending)} It has no room for a run that helps.")
        worst = max(wanting, key=lambda each: each.spread / needs[each.model])
        return Stop(
            "no-help",
            f"No further run would help enough: the goal is {self.goal.describe()}; the interval "
            f"of {worst.model} is within {format_share(worst.width)}.{self._all_used(worst)}",
        )

    def _all_used(self, standing: Standing) -> str:
        """That the largest size has been run, and what a larger one takes, in a sentence."""
        most = self.sizes[-1]
        if not standing.counts.get(most):
            return ""
        if most == self.whole:
            return (
                f" All {format_count(most)} rows that are not held out were used: more rows would "
                "narrow it."
            )
        return f" The largest size, {format_count(most)}, was used: a larger one would narrow it."

    def _too_few(self, standing: Standing, need: float) -> str:
        """That a larger size than there are data would meet the goal, where one would."""
        most = self.sizes[-1]
        needed = self._ways.rows_needed(standing, need)
        if needed is None:
            return ""
        return (
            f"{standing.model}: the plan would need {format_count_rounded(needed, 2)} rows; there "
            f"are {format_count(most)}: the forecast goes on from there."
        )


def size_ladder(smallest: int, largest: int) -> list[int]:
    """Sizes a factor of about 1.41 apart, rising to the largest.

    Parameters
    ----------
    smallest, largest : int
        1 or more.
    """
    steps = max(0, math.floor(2 * math.log2(max(largest / smallest, 1.0)) + 1e-9))
    return sorted({max(1, round(largest / 2 ** (i / 2))) for i in range(steps + 1)})


def _busy(running: Sequence[RunKey], model: str, size: int) -> list[int]:
    return [key.seed for key in running if key.learner == model and key.size == size]


def _spent(spending: Spending) -> str:
    return f"The budget is spent: {spending.describe()}."
