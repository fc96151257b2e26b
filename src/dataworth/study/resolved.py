"""A study whose data are loaded and whose model is resolved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataworth.metrics.metric import Metric
from dataworth.records.record import RunKey
from dataworth.study.objectives import FunctionObjective, LearnerObjective


@dataclass(frozen=True, eq=False)
class ResolvedStudy:
    """What the loop that runs a study needs.

    Attributes
    ----------
    name : str
    objective : LearnerObjective or FunctionObjective
    sizes, seeds : tuple of int
    metric : str or Metric, optional
        The curve's metric, where one was chosen.
    values : mapping
        The study's options as values of a study file.
    """

    name: str
    objective: LearnerObjective | FunctionObjective
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    metric: str | Metric | None
    values: Mapping[str, Any]

    def runs(self) -> list[RunKey]:
        """Every size with every seed, sizes rising."""
        identity = self.objective.identity
        return [
            RunKey(self.objective.name, size, seed, digest)
            for (size, seed), digest in zip(
                [(size, seed) for size in self.sizes for seed in self.seeds],
                digests(identity, self.sizes, self.seeds),
                strict=True,
            )
        ]


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
