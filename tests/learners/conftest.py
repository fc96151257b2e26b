"""Data for learners: scikit-learn's real digits, and what keeps checkpoints in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dataworth.learners import Budget, Epoch, Task
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


@pytest.fixture(scope="session")
def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return (bunch.images * 255 / 16).astype(np.uint8), bunch.target.astype(np.int64)


@pytest.fixture(scope="session")
def task(digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> Task:
    x, y = digits
    budget = Budget(epochs=3, batch_size=32)
    return Task(x, y, np.arange(300), outputs=10, seed=1, budget=budget, scale=1 / 255)


@pytest.fixture(scope="session")
def held_out(task: Task) -> Task:
    return replace(task, rows=np.arange(1300, 1797))
