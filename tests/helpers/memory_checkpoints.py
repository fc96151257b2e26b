"""Checkpoints that live in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dataworth.learners import Epoch
from dataworth.learners.base import Arrays


@dataclass
class Memory:
    """Checkpoints that remember the last state only."""

    kept: tuple[Sequence[Epoch], Arrays] | None = None
    saves: int = field(default=0)

    def load(self) -> tuple[Sequence[Epoch], Arrays] | None:
        return self.kept

    def save(self, history: Sequence[Epoch], state: Arrays) -> None:
        self.saves += 1
        self.kept = (list(history), {key: value.copy() for key, value in state.items()})
