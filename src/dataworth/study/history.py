"""Epochs as the columns of a record's history, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataworth.learners.base import Arrays, Epoch
from dataworth.records.record import Columns
from dataworth.records.store import Store


def columns_of(epochs: Sequence[Epoch]) -> dict[str, NDArray[np.float64]]:
    """A column for each field of an epoch but its number; none where there are no epochs."""
    if not epochs:
        return {}
    return {
        "steps": np.array([epoch.steps for epoch in epochs], np.float64),
        "samples": np.array([epoch.samples for epoch in epochs], np.float64),
        "loss": np.array([epoch.loss for epoch in epochs], np.float64),
        "seconds": np.array([epoch.seconds for epoch in epochs], np.float64),
        "validation_loss": np.array(
            [math.nan if e.validation_loss is None else e.validation_loss for e in epochs]
        ),
    }


def epochs_of(columns: Columns) -> list[Epoch]:
    """The epochs of a history."""
    rows = zip(*(columns[name].tolist() for name in _COLUMNS), strict=True) if columns else ()
    return [
        Epoch(
            number=number,
            steps=int(steps),
            samples=int(samples),
            loss=loss,
            seconds=seconds,
            validation_loss=None if math.isnan(validation) else validation,
        )
        for number, (steps, samples, loss, seconds, validation) in enumerate(rows, start=1)
    ]


_COLUMNS = ("steps", "samples", "loss", "seconds", "validation_loss")


class StoredCheckpoints:
    """The checkpoints of a store, with their histories as epochs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load_checkpoint(self, key: str) -> tuple[Sequence[Epoch], Arrays] | None:
        """The state that was stored for a run, if any."""
        stored = self._store.load_checkpoint(key)
        return None if stored is None else (epochs_of(stored[0]), stored[1])

    def save_checkpoint(self, key: str, history: Sequence[Epoch], state: Arrays) -> None:
        """Store a run's state at the end of an epoch."""
        self._store.save_checkpoint(key, columns_of(history), state)
