"""A study whose data are loaded and whose models are resolved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataworth.metrics.metric import Metric
from dataworth.plan.budget import Budget
from dataworth.plan.goal import Goal
from dataworth.records.record import RunKey
from dataworth.study.objectives import FunctionObjective, LearnerObjective, ModelObjectives


@dataclass(frozen=True, eq=False)
class ResolvedStudy:
    """What the loop that runs a study needs.

    Attributes
    ----------
    name : str
    objectives : mapping of str to LearnerObjective or FunctionObjective
        How a run of each model is done, by the model's name. All have the same data, split and
        subsets.
    sizes, seeds : tuple of int
        Of a study with a goal: all that a run can have.
    metric : str or Metric, optional
        The curve's metric, where one was chosen.
    time_limit : float, optional
        Seconds that a run may take.
    values : mapping
        The study's options as values of a study file.
    goal, budget : Goal, Budget, optional
        What the runs are planned for, and what they may cost; without a goal, all are done.
    pool : int, optional
        The size of the whole pool, where all seeds have the same rows of it.
    """

    name: str
    objectives: Mapping[str, LearnerObjective | FunctionObjective]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    metric: str | Metric | None
    time_limit: float | None
    values: Mapping[str, Any]
    goal: Goal | None = None
    budget: Budget | None = None
    pool: int | None = None

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.objectives)

    @property
    def first(self) -> LearnerObjective | FunctionObjective:
        """The objective of the first model: data, split and subsets are those of all."""
        return next(iter(self.objectives.values()))

    @property
    def objective(self) -> ModelObjectives:
        """Does a run of any of the models."""
        return ModelObjectives(self.objectives)

    def runs(self) -> list[RunKey]:
        """Every size with every seed, for each model in turn, sizes rising."""
        return [
            RunKey(name, size, seed, digest)
            for name, objective in self.objectives.items()
            for (size, seed), digest in self._digests(objective).items()
        ]

    @property
    def has_any_size(self) -> bool:
        """Whether runs can have other sizes than `sizes`."""
        by_size = any(objective.at_size for objective in self.objectives.values())
        return "sizes" not in self.values and not by_size

    def key_of(self, model: str, size: int, seed: int) -> RunKey:
        """The key of one run."""
        (digest,) = digests(self.objectives[model].identity_at(size), (size,), (seed,))
        return RunKey(model, size, seed, digest)

    def _digests(
        self, objective: LearnerObjective | FunctionObjective
    ) -> dict[tuple[int, int], str]:
        if not objective.at_size:
            pairs = [(size, seed) for size in self.sizes for seed in self.seeds]
            found = digests(objective.identity, self.sizes, self.seeds)
            return dict(zip(pairs, found, strict=True))
        return {
            (size, seed): digest
            for size in self.sizes
            for seed, digest in zip(
                self.seeds,
                digests(objective.identity_at(size), (size,), self.seeds),
                strict=True,
            )
        }


def digests(
    identity: Mapping[str, Any], sizes: tuple[int, ...], seeds: tuple[int, ...]
) -> list[str]:
    """A digest for every size with every seed; see `dataworth.records.record.run_key`."""
    # The canonical JSON of a study of thousands of runs is written once.
    study = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return [
        hashlib.blake2b(
            f'{{"seed":{seed},"size":{size},"study":{study}}}'.encode(), digest_size=16
        ).hexdigest()
        for size in sizes
        for seed in seeds
    ]
