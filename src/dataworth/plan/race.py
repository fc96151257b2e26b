"""The choice of the best of several models: a race of equal sizes and seeds.

Two small sizes of each model show what a run costs. Then there are rungs: all models that are left
are trained on the same size with the same seed. After a rung, models are left out

- that are unlikely to be the best at the goal (`compare`);
- and, where the budget has no room for training all that are left at the size of the goal, the
  worse half of them by their losses at the rung: sequential halving (Karnin, Koren and Somekh 2013,
  as Jamieson and Talwalkar 2016 use it), which divides the budget equally among the rungs until one
  model is left.

Who is left follows from the finished runs and from what is left of the budget.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataworth._util.numbers import format_count
from dataworth.plan.choice import Choice, Stop
from dataworth.plan.goal import Goal
from dataworth.plan.needs import contenders, met, state_in_words
from dataworth.plan.paired import compare, shared_sizes
from dataworth.plan.spending import Spending
from dataworth.plan.standing import SIZES_TO_BEGIN, Standing
from dataworth.plan.ways import Ways, nearest
from dataworth.records.record import RunKey

_SPAN, _STEP_TO_BEGIN = 256.0, 4.0
"""The second size is so many times smaller than that of the goal, the first one still smaller."""
_SHARE_TO_BEGIN = 1 / 16
"""The second size of all models costs at most this share of a budget."""
_STEP = 4.2
"""A rung is at most so many times larger than the one before it if the budget has room for all."""
_LEAST_STEP = 1.3
_MOST_SEEDS = 5


@dataclass(frozen=True)
class Race:
    """Chooses the next runs for the best of several models.

    Attributes
    ----------
    goal : Goal
    ways : Ways
        Sizes and seeds that a run can have, and what to expect of them.
    key_of : callable
        The key of the run of a model, a size and a seed.
    """

    goal: Goal
    ways: Ways
    key_of: Callable[[str, int, int], RunKey]

    def plan(
        self, alive: Sequence[Standing], running: Sequence[RunKey], spending: Spending
    ) -> tuple[list[Choice], Stop | None, list[str]]:
        """The next runs in their order, or why there are none, and notes.

        There are neither runs nor a reason while runs are under way that decide what comes next.

        Parameters
        ----------
        alive : sequence of Standing
            The models that were not given up.
        running : sequence of RunKey
        spending : Spending
        """
        able, notes = self._able(alive)
        if not able:
            return [], Stop("no-help", f"No model is left. {' '.join(notes)}"), []
        if any(len(each.counts) < SIZES_TO_BEGIN - 1 for each in able):
            choices = spending.affordable(self._beginning(able, running, spending))
            stop = None if choices or running else self._spent(able, spending)
            return choices, stop, notes
        left = able
        if all(len(each.counts) >= SIZES_TO_BEGIN for each in able):
            if compare(able, self.goal.width).sure >= self.goal.probability:
                return [], Stop("met", met(self.goal, self.size, able)), notes
            left = self._left(able, spending)
        size = self._next_size(left, running, spending) if len(left) > 1 else None
        wanted = [] if size is None else self._at(size, left, running, spending)
        choices = spending.affordable(wanted)
        if choices or running:
            return choices, None, notes
        if size is None or wanted:
            return [], self._spent(able, spending), notes
        said = state_in_words(self.goal, self.size, able)
        return [], Stop("no-help", f"No further run would help enough: {said}."), notes

    @property
    def size(self) -> float:
        """The size of the goal."""
        return self.goal.size(self.ways.sizes[-1])

    @property
    def _top(self) -> int:
        """The largest size that is worth training on."""
        return nearest(self.ways.sizes, min(self.size, self.ways.sizes[-1]))

    def _beginning(
        self, alive: Sequence[Standing], running: Sequence[RunKey], spending: Spending
    ) -> list[Choice]:
        """The small sizes that are neither done nor under way."""
        sizes = self.ways.sizes
        room = [
            n
            for n in sizes
            if sum(spending.share_of_budget(each.model, n) for each in alive) <= _SHARE_TO_BEGIN
        ]
        second = min(self._top / _SPAN, room[-1] if room else sizes[0])
        first = nearest(sizes, second / _STEP_TO_BEGIN)
        above = [n for n in sizes if n > first]
        both = [first, nearest(above, second)] if above else [first]
        reason = "one of the first runs, which show what a run costs"
        return [
            choice
            for size in both
            for each in alive
            if len(each.counts) < SIZES_TO_BEGIN - 1 and size not in each.counts
            for choice in self._choices(each, size, 1, running, spending, reason)
        ]

    def _able(self, alive: Sequence[Standing]) -> tuple[list[Standing], list[str]]:
        """The models that can be compared, and what is said of the others."""
        able, notes = [], []
        for each in alive:
            if each.too_large is not None and each.too_large <= self._top:
                why = f"its runs on {format_count(each.too_large)} samples fail"
            elif len(each.counts) >= SIZES_TO_BEGIN and each.forecast is None:
                why = f"there is no forecast: {each.no_forecast}"
            else:
                able.append(each)
                continue
            notes.append(f"{each.model} is left out: {why}")
        return able, notes

    def _left(self, able: Sequence[Standing], spending: Spending) -> list[Standing]:
        """The models that are still in the race."""
        left, done = list(able), 0
        while len(left) > 1 and not self._has_room_for_all(left, spending):
            shared = shared_sizes(left)
            if not shared or shared[-1] <= done:
                break
            done = shared[-1]
            left.sort(key=lambda each: each.measured[done])
            left = left[: math.ceil(len(left) / 2)]
        likely = contenders(self.goal, able)
        return [each for each in left if each in likely] or left[:1]

    def _has_room_for_all(self, left: Sequence[Standing], spending: Spending) -> bool:
        """Whether the budget allows all models to be trained at the size of the goal."""
        missing = [(each.model, self._top) for each in left if self._top not in each.counts]
        return not spending.is_limited or spending.price(missing) <= 1

    def _next_size(
        self, left: Sequence[Standing], running: Sequence[RunKey], spending: Spending
    ) -> int | None:
        """The size of the present rung; None where the budget has no room for one."""
        shared = shared_sizes(left)
        done = shared[-1] if shared else 0
        if done >= self._top:
            return done
        under_way = {(key.learner, key.size) for key in running}

        def is_within(size: int, share: float) -> bool:
            missing = [
                (each.model, size)
                for each in left
                if size not in each.counts and (each.model, size) not in under_way
            ]
            return not spending.is_limited or spending.price(missing) <= share

        sizes = [n for n in self.ways.sizes if done < n <= self._top]
        begun = {size for _, size in under_way}.union(*(each.counts for each in left))
        for size in sizes:
            if size in begun and is_within(size, 1.0):
                return size
        share = 1.0
        if self._has_room_for_all(left, spending):
            sizes = [n for n in sizes if n <= _STEP * done] or sizes[:1]
        else:
            share = 1 / math.ceil(math.log2(len(left)))
        sizes = [n for n in sizes if n >= min(_LEAST_STEP * done, self._top)]
        fitting = [n for n in sizes if is_within(n, share)]
        # Small steps cost more than a share where few sizes are far below the goal.
        return max(fitting, default=next((n for n in sizes if is_within(n, 1.0)), None))

    def _at(
        self,
        size: int,
        left: Sequence[Standing],
        running: Sequence[RunKey],
        spending: Spending,
    ) -> list[Choice]:
        """The runs of a rung: the same number of seeds of all models."""
        counts = {each.model: each.counts.get(size, 0) for each in left}
        seeds = min(counts.values()) + 1
        what = "the size" if seeds == 1 else "another seed of the size"
        reason = f"{what} at which the {len(left)} models left are compared"
        if seeds > _MOST_SEEDS:
            return []
        return [
            choice
            for each in left
            for choice in self._choices(
                each, size, seeds - counts[each.model], running, spending, reason
            )
        ]

    def _choices(
        self,
        standing: Standing,
        size: int,
        count: int,
        running: Sequence[RunKey],
        spending: Spending,
        reason: str,
    ) -> list[Choice]:
        """So many further runs of a model less those under way, with what is expected of them."""
        model = standing.model
        busy = [key.seed for key in running if key.learner == model and key.size == size]
        choices: list[Choice] = []
        for seed in self.ways.free_seeds(standing, size, busy)[: max(count - len(busy), 0)]:
            key = self.key_of(model, size, seed)
            now, after = standing.width, math.nan
            if standing.forecast is not None:
                outlook = self.ways.outlook(standing)
                after = standing.width_of(outlook.after(Counter({size: len(choices) + 1})))
            choices.append(Choice(key, spending.seconds_of(key), now, after, reason))
        return choices

    def _spent(self, able: Sequence[Standing], spending: Spending) -> Stop:
        """That the budget is spent, and what is known."""
        said = "it has no room for the first runs"
        if all(each.forecast is not None for each in able):
            said = state_in_words(self.goal, self.size, able)
        return Stop("spent", f"The budget is spent: {spending.describe()}; {said}.")
