"""How records and arrays are laid down in the store's tables."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.learners.base import Epoch
from dataworth.metrics.classification import Scores
from dataworth.records.record import METRICS, Record, Run


def record_of(row: tuple[Any, ...]) -> Record:
    """The record that a row of the table ``runs`` holds."""
    key, size, seed, *metrics, confusion, class_losses, history, parameters = row
    # SQLite keeps NaN, the loss of a run that diverged, as NULL.
    filled = (math.nan if value is None else value for value in metrics)
    named = dict(zip(METRICS, filled, strict=True))
    scores = Scores(**named, confusion=unpacked(confusion), class_losses=unpacked(class_losses))
    return Record(Run(size, seed, key), scores, history_of(history), parameters)


def history_json(history: Sequence[Epoch]) -> str:
    """Epochs as JSON."""
    return json.dumps([asdict(epoch) for epoch in history])


def history_of(text: str) -> list[Epoch]:
    """Epochs from JSON."""
    return [Epoch(**epoch) for epoch in json.loads(text)]


def packed(array: NDArray[Any]) -> bytes:
    """An array as bytes that hold its shape and type."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def unpacked(data: bytes) -> NDArray[Any]:
    """The array that was packed."""
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return array
