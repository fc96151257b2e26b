"""The loop over epochs, for any library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dataworth as dw
from dataworth.data.base import View
from dataworth.execution.base import Context
from dataworth.learners import training
from dataworth.learners.base import FitRequest, TrainingOptions
from dataworth.records.run import History, State
from dataworth.testing.contexts import MemoryContext


class Counter:
    """A network of one number, which counts its epochs."""

    def __init__(self) -> None:
        self.epochs = np.zeros(1)
        self.calls: list[tuple[str, int]] = []

    def prepare(self, order: np.ndarray[Any, Any]) -> None:
        self.calls.append(("prepare", id(order)))

    def train(self, order: np.ndarray[Any, Any], batch_size: int) -> float:
        self.epochs += 1
        self.calls.append(("train", id(order)))
        return 1 / float(self.epochs[0])

    def loss(self, rows: np.ndarray[Any, Any]) -> float:
        return 1 / float(self.epochs[0])

    def state(self) -> State:
        return {"epochs": self.epochs}

    def fits(self, state: State) -> bool:
        return list(state) == ["epochs"]

    def load(self, state: State) -> None:
        self.epochs = state["epochs"].copy()


@pytest.mark.parametrize("every", [0.0, 3_600.0])
def test_columns_of_the_history_are_made_for_checkpoints_that_are_stored(
    every: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the time of a training would grow with the square of its epochs."""
    made = []
    column = training._Columns.__getitem__

    def counted(self: training._Columns, name: str) -> np.ndarray[Any, Any]:
        made.append(name)
        return column(self, name)

    monkeypatch.setattr(training._Columns, "__getitem__", counted)
    monkeypatch.setattr("dataworth.execution.base.SECONDS_BETWEEN_CHECKPOINTS", every)
    stored: list[History] = []
    context = Context(
        tmp_path, None, lambda history, state: stored.append(history), lambda step, of, values: None
    )
    data = dw.Dataset(np.ones((40, 2)), np.arange(40) % 2)
    request = FitRequest(
        View(data, np.arange(32)), data.task, 0, options=TrainingOptions(epochs=50)
    )
    trained = training.train(Counter, request, context)
    assert trained.history["loss"].tolist() == [1 / n for n in range(1, 51)]
    assert [len(each["loss"]) for each in stored] == (list(range(1, 51)) if every == 0 else [])
    assert len(made) == (len(stored) + 1) * len(trained.history)


@pytest.mark.parametrize("epochs", [1, 4])
def test_the_order_of_an_epoch_is_prepared_an_epoch_before(epochs: int, tmp_path: Path) -> None:
    data = dw.Dataset(np.ones((40, 2)), np.arange(40) % 2)
    request = FitRequest(
        View(data, np.arange(32)), data.task, 0, options=TrainingOptions(epochs=epochs)
    )
    trained = training.train(Counter, request, MemoryContext(tmp_path))
    network = trained.trainer
    assert isinstance(network, Counter)
    prepared = [order for call, order in network.calls if call == "prepare"]
    expected = [("prepare", prepared[0])]
    for epoch in range(epochs):
        expected += [("prepare", each) for each in prepared[epoch + 1 : epoch + 2]]
        expected.append(("train", prepared[epoch]))
    assert network.calls == expected
    assert len(prepared) == epochs
