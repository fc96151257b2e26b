"""A run's context in memory, for checks of learners."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dataworth.records.run import Checkpoint, History, State


@dataclass
class MemoryContext:
    """A `RunContext` that stores the last checkpoint and all reported steps in memory.

    Attributes
    ----------
    checkpoint : (history, state) or None
    saves : int
        How often a checkpoint was saved.
    steps : list of (int, int or None, mapping)
        The reported steps.
    stop_after : int, optional
        `report` raises KeyboardInterrupt after so many steps.
    """

    folder: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    checkpoint: Checkpoint | None = None
    saves: int = 0
    steps: list[tuple[int, int | None, Mapping[str, float]]] = field(default_factory=list)
    stop_after: int | None = None

    def report(self, step: int, of: int | None = None, **values: float) -> None:
        """Store a step."""
        self.steps.append((step, of, values))
        if self.stop_after is not None and len(self.steps) >= self.stop_after:
            raise KeyboardInterrupt

    def load_checkpoint(self) -> Checkpoint | None:
        """The last checkpoint."""
        return self.checkpoint

    def save_checkpoint(self, history: History, state: State) -> None:
        """Store a copy of a checkpoint."""
        self.saves += 1
        copied = {name: array.copy() for name, array in state.items()}
        self.checkpoint = ({name: column.copy() for name, column in history.items()}, copied)
