"""What of a study's protocol is not the default: seeds, validation rows, settings by size."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.base import Data, RowNumbers, View
from dataworth.data.splits import Split
from dataworth.errors import StudyError
from dataworth.records.record import RunKey

_OF_THE_LEARNER = ("parameters", "model")
"""Settings that change a learner as a whole."""


@dataclass(frozen=True, eq=False)
class Protocol:
    """Choices of the researcher that are left to the run's seed otherwise.

    Attributes
    ----------
    subset_seed : int, optional
        All runs of a size have the subset of this seed.
    model_seed : int, optional
        The initial weights, and all other random choices of the training, are of this seed.
    validation : ndarray of int64, optional
        Rows for early stopping, in place of a part of each subset.
    settings : mapping of str to mapping
        Options that change with the size: what identifies each, and its values by size.
    """

    subset_seed: int | None = None
    model_seed: int | None = None
    validation: RowNumbers | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def seed_of_subset(self, key: RunKey) -> int:
        """The seed that draws the rows of a run."""
        return key.seed if self.subset_seed is None else self.subset_seed

    def seed_of_model(self, key: RunKey) -> int:
        """The seed of the initial weights and of the training of a run."""
        return key.seed if self.model_seed is None else self.model_seed

    def identity(self) -> dict[str, Any]:
        """What is not the default (JSON values)."""
        found: dict[str, Any] = {}
        if self.subset_seed is not None:
            found["subset_seed"] = self.subset_seed
        if self.model_seed is not None:
            found["model_seed"] = self.model_seed
        if self.validation is not None:
            digest = hashlib.blake2b(self.validation.tobytes(), digest_size=16).hexdigest()
            found["validation_rows"] = digest
        if self.settings:
            found["by_size"] = {name: each["by_size"] for name, each in self.settings.items()}
        return found

    def without_settings(self, identity: dict[str, Any], name: str) -> dict[str, Any]:
        """The identity of a study without the values of settings that change with the size."""
        if not self.settings:
            return identity
        found = dict(identity)
        for part in ("budget", "options", "learner"):
            if isinstance(found.get(part), dict):
                values = found[part].items()
                found[part] = {key: value for key, value in values if key not in self.settings}
        if any(option in self.settings for option in _OF_THE_LEARNER):
            found["learner"] = {"learner": found["learner"].get("learner"), "name": name}
        return found


def checked_validation(data: Data, rows: RowNumbers, parts: Split) -> Split:
    """The split without the user's validation rows, which are not trained on.

    Raises
    ------
    StudyError
        If a row is none of the data's, or is held out, or no row is left to train on.
    """
    outside = rows[(rows < 0) | (rows >= len(data))]
    if len(outside):
        raise StudyError(
            f"validation: row {int(outside[0]):,} is none of the rows 0..{len(data) - 1:,} of "
            f"{data.name}.",
            code="value-out-of-range",
            option="validation",
        )
    if parts.folds:
        raise StudyError(
            "validation and cv: with folds, each row is held out in one of them. Omit one.",
            code="options-conflict",
        )
    both: NDArray[Any] = np.empty(0)
    if not parts.official:
        both = np.intersect1d(rows, parts.held_out.rows)
    if len(both):
        raise StudyError(
            f"validation: row {int(both[0]):,} of {data.name} is held out; expected rows that are "
            "not. Give held_out= the rows that are to be.",
            code="options-conflict",
            option="validation",
        )
    pool = np.setdiff1d(parts.pool.rows, rows)
    if not len(pool):
        raise StudyError(f"validation: no row of {data.name} is left to train on.", code="no-rows")
    return Split(View(data, pool), parts.held_out, parts.how, parts.folds)
