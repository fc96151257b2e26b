"""When a run is trained to the end: the rule, and the parts of the subset it is judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dataworth.data.base import Data, RowNumbers
from dataworth.data.shuffle import VALIDATION_STREAM, shuffled

DEFAULT_PATIENCE = 5


@dataclass(frozen=True)
class Ending:
    """Trains until the validation loss has stopped falling, then again on the whole subset.

    The first training finds the number of optimizer steps after which the loss on validation
    samples is lowest; their rows are a part of the subset that it does not train on. The second
    one makes as many steps on all rows. Subsets of up to `folded` samples are validated by
    cross-validation: one training for each fold, side by side, judged by the mean over all rows.

    Attributes
    ----------
    patience : int
        Stop after so many epochs without a lower validation loss, but see `least`.
    least : int
        Stop after so many optimizer steps without a lower validation loss at the earliest.
    share : float
        And not before this share of all steps was made without one: slow trainings are given
        longer.
    interval : int
        Optimizer steps from one validation to the next; an epoch where that is longer.
    ceiling_steps, ceiling_epochs : int
        A training makes no more than this, whichever is longer.
    folds, folded : int
        Number of folds, and up to how many samples a subset is divided into them.
    part : float
        The share of a larger subset that it is validated on.
    """

    patience: int = DEFAULT_PATIENCE
    least: int = 500
    share: float = 0.2
    interval: int = 100
    ceiling_steps: int = 50_000
    ceiling_epochs: int = 100
    folds: int = 5
    folded: int = 2_000
    part: float = 0.1

    def steps_per_round(self, samples: int, batch_size: int) -> int:
        """Optimizer steps from one validation to the next."""
        return max(self.interval, steps_per_epoch(samples, batch_size))

    def ceiling(self, samples: int, batch_size: int) -> int:
        """The most optimizer steps of one training, a whole number of rounds."""
        longest = max(
            self.ceiling_steps, self.ceiling_epochs * steps_per_epoch(samples, batch_size)
        )
        return -(-longest // self.steps_per_round(samples, batch_size)) * self.steps_per_round(
            samples, batch_size
        )

    def has_ended(self, losses: Sequence[float], samples: int, batch_size: int) -> bool:
        """Whether the validation losses of all rounds so far have stopped falling."""
        if not losses:
            return False
        steps = self.steps_per_round(samples, batch_size)
        since_best = (len(losses) - 1 - best_round(losses)) * steps
        return since_best >= max(
            self.least,
            self.patience * steps_per_epoch(samples, batch_size),
            self.share * len(losses) * steps,
        )

    def parts(self, data: Data, rows: RowNumbers, seed: int) -> list[tuple[RowNumbers, RowNumbers]]:
        """Divide a subset: a pair of rows to train on and rows to validate on for each training.

        The parts are stratified where the data have classes; rows of a group stay together.
        Empty for a subset of one row, or of one group.
        """
        units = shuffled(rows, data.strata, (VALIDATION_STREAM, seed))
        if data.groups is not None:
            units = _by_group(units, data.groups)
            distinct = len(np.unique(data.groups[rows]))
        else:
            distinct = len(rows)
        if distinct < 2:
            return []
        if len(rows) > self.folded:
            bounds = [0, max(1, round(self.part * len(rows)))]
        else:
            count = min(self.folds, distinct)
            bounds = [len(rows) * fold // count for fold in range(count + 1)]
        if data.groups is not None:
            bounds = _at_group_ends(bounds, data.groups[units])
        return [
            (np.concatenate([units[:start], units[stop:]]), units[start:stop])
            for start, stop in pairwise(bounds)
        ]


def steps_per_epoch(samples: int, batch_size: int) -> int:
    """Optimizer steps of a pass over so many samples."""
    return -(-samples // batch_size)


def best_round(losses: Sequence[float]) -> int:
    """Index of the first round with the lowest validation loss; a NaN is never the lowest."""
    values = np.array(losses, np.float64)
    return int(np.argmin(np.where(np.isnan(values), np.inf, values)))


def _by_group(rows: RowNumbers, groups: np.ndarray) -> RowNumbers:
    """Rows with those of each group together, groups in the order of their first row."""
    _, first, group = np.unique(groups[rows], return_index=True, return_inverse=True)
    return rows[np.argsort(first[group], kind="stable")]


def _at_group_ends(bounds: Sequence[int], groups: np.ndarray) -> list[int]:
    """Move bounds to the next end of a group; bounds that meet become one."""
    ends = np.flatnonzero(np.append(groups[1:] != groups[:-1], True)) + 1
    moved = [0, *(int(ends[np.searchsorted(ends, bound)]) for bound in bounds[1:])]
    kept = sorted(set(moved))
    # At least one group is trained on.
    return kept if len(kept) > 2 or kept[-1] < len(groups) else [0, int(ends[0]), len(groups)]
