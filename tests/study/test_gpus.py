"""Which studies give each worker a GPU of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dataworth as dw
from dataworth.execution.processes import LocalProcesses
from dataworth.learners import resolve
from dataworth.records.store import Store
from dataworth.study import workers


def train(run: dw.Run) -> dict[str, float]:
    return {"loss": 1.0 / run.size}


class NamesItsGpu:
    """A learner that was told which GPU to use."""

    takes_any_gpu = False

    def __init__(self) -> None:
        self._learner: Any = resolve("mlp:8")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._learner, name)


@pytest.mark.parametrize(
    ("model", "there", "given"),
    [
        ("mlp:8", ["0", "1"], ["0", "1"]),
        ("mlp:8", ["0"], []),
        (train, ["0", "1"], []),
        ("its own", ["0", "1"], []),
    ],
)
def test_workers_of_learners_that_take_any_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any, there: list[str], given: list[str]
) -> None:
    monkeypatch.setattr(workers, "gpus", lambda: there)
    data = dw.Dataset(np.zeros((40, 8, 8), np.uint8), np.arange(40) % 2)
    study = dw.Study(data, NamesItsGpu() if model == "its own" else model, sizes=[8], seeds=2)
    resolved = study.resolve()
    with Store(tmp_path, write=True) as store:
        executor = workers.executor_of(
            resolved,
            store,
            2,
            lambda *_: None,
            resolved.runs(),
            refill=lambda: None,
            notify=lambda _: None,
        )
        assert isinstance(executor, LocalProcesses)
        assert list(executor._gpus) == given
        executor.close()
