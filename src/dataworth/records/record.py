"""Run keys and records: which run it is, and what is known of it when it has ended."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

COMPILE_SECONDS = "compile_seconds"
"""Name of the fact."""
PROTOCOL = 1
"""Raised whenever the same run would give other figures: part of every study's identity, so that
old figures are neither reused nor mixed with new ones."""

Status = Literal["finished", "failed"]
FailureKind = Literal["error", "exit", "killed", "memory", "timeout", "disk"]
Columns = Mapping[str, NDArray[np.float64]]
"""Columns of equal length by name: the history of a run."""
Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name."""


@dataclass(frozen=True)
class RunKey:
    """One run of a study: a model trained on a number of samples with a seed.

    Attributes
    ----------
    learner : str
        Name of the model.
    size : int
        Number of training samples.
    seed : int
    digest : str
        Hash of everything that determines the run's figures: two runs with the same digest are
        the same run.
    """

    learner: str
    size: int
    seed: int
    digest: str

    def describe(self) -> str:
        """The run in words, as "mlp, 1,000 samples, seed 0"."""
        return f"{self.learner}, {self.size:,} samples, seed {self.seed}"


@dataclass(frozen=True)
class Failure:
    """Why a run ended without figures.

    Attributes
    ----------
    kind : {"error", "exit", "killed", "memory", "timeout", "disk"}
        An exception; `sys.exit`; a process that ended by a signal; memory ran out; the time
        limit was passed; the disk was full, which ends the study and is not stored.
    message : str
        One line for the user.
    traceback : str
        Of the exception, where there was one.
    """

    kind: FailureKind
    message: str
    traceback: str = ""


@dataclass(frozen=True, eq=False)
class Record:
    """What is known of a run that has ended.

    Attributes
    ----------
    key : RunKey
    scores : mapping of str to float
        Metrics by name; NaN where a metric has no value, as the loss of a run that diverged.
    history : mapping of str to ndarray of float64, shape (n_epochs,)
        Columns of equal length; without columns where a learner has no epochs. The Keras learner
        gives steps, samples, loss (nats), seconds and validation_loss (NaN without validation).
    facts : mapping of str to float
        What else is known of the trained model, as "parameters", and "compile_seconds".
    standard_errors : mapping of str to float
        Of those `scores` for which it is known, from the held-out rows being a sample.
    arrays : mapping of str to ndarray
        Details that a task gives: "confusion" (int64, counts, rows are the true classes) and
        "class_losses" (float64, nats) of a classification.
    seconds : float
        Time of the run, summed over resumed parts; NaN where it is not known.
    failure : Failure, optional
        Why the run failed.
    attempt : int
        How many times the run has been started so far, this time included.
    """

    key: RunKey
    scores: Mapping[str, float]
    _: KW_ONLY
    history: Columns = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)
    seconds: float = math.nan
    failure: Failure | None = None
    attempt: int = 1

    @property
    def compile_seconds(self) -> float:
        """Seconds of the run in which programs were compiled; 0 where that is not known."""
        return self.facts.get(COMPILE_SECONDS, 0.0)

    @property
    def training_seconds(self) -> float:
        """Seconds without those of compiling: what a further run of this size takes."""
        return max(self.seconds - self.compile_seconds, 0.0)

    @property
    def status(self) -> Status:
        """Whether the run has figures."""
        return "finished" if self.failure is None else "failed"


def run_key(identity: Mapping[str, Any], size: int, seed: int) -> str:
    """The digest of a run: a hash of the study's identity, the size and the seed.

    Parameters
    ----------
    identity : mapping
        JSON values: everything that determines the figures of a run besides its size and seed.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    spec = {"study": identity, "size": size, "seed": seed}
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()
