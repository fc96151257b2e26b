"""Record: what is known of one finished run, and the key that says when two runs are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataworth.learners.base import Epoch
from dataworth.metrics.classification import Scores

PROTOCOL = 1
"""Raised whenever the same run would give other figures: part of every study's identity, so that
old figures are neither reused nor mixed with new ones."""

METRICS = ("loss", "accuracy", "macro_f1", "brier", "ece")


@dataclass(frozen=True)
class Run:
    """One training of a study: a number of samples and a seed.

    Attributes
    ----------
    size : int
        Number of training samples.
    seed : int
    key : str
        32 hexadecimal digits of all that determines the run's figures.
    """

    size: int
    seed: int
    key: str


@dataclass(frozen=True, eq=False)
class Record:
    """One finished run.

    Attributes
    ----------
    run : Run
    scores : Scores
        Of the held-out samples (of the training samples where a study does so on purpose).
    history : sequence of Epoch
    parameters : int
        Number of trainable weights.
    """

    run: Run
    scores: Scores
    history: Sequence[Epoch]
    parameters: int

    @property
    def train_loss(self) -> float:
        """Mean training loss over the last epoch's batches, nats per sample."""
        return self.history[-1].loss

    @property
    def seconds(self) -> float:
        """Training time, compilation included, summed over resumed parts."""
        return sum(epoch.seconds for epoch in self.history)

    @property
    def samples_per_second(self) -> float:
        """Training samples passed per second of training time."""
        trained = sum(epoch.samples for epoch in self.history)
        return trained / self.seconds if self.seconds > 0 else float("nan")


def run_key(identity: Mapping[str, Any], size: int, seed: int) -> str:
    """The key of a run: a hash of the study's identity, the size and the seed."""
    spec = {"study": identity, "size": size, "seed": seed}
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()
