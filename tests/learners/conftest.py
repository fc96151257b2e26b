"""Tasks on scikit-learn's real digits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dataworth.learners import Budget, Task


@pytest.fixture(scope="session")
def real_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return (bunch.images * 255 / 16).astype(np.uint8), bunch.target.astype(np.int64)


@pytest.fixture(scope="session")
def task(real_digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> Task:
    x, y = real_digits
    budget = Budget(epochs=3, batch_size=32)
    return Task(x, y, np.arange(320), outputs=10, seed=1, budget=budget, scale=1 / 255)


@pytest.fixture(scope="session")
def held_out(task: Task) -> Task:
    return replace(task, rows=np.arange(1300, 1797))
