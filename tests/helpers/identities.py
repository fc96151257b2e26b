"""The identity that a model has for data of a given form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dataworth.data.dataset import Dataset


def data_of(shape: tuple[int, ...] = (8, 8), classes: int = 10) -> Dataset:
    """Blank samples of a shape, with so many classes."""
    names = [str(index) for index in range(classes)]
    return Dataset(np.zeros((2, *shape), np.uint8), [0, 1], class_names=names)


def identity_of(
    learner: Any, shape: tuple[int, ...] = (8, 8), classes: int = 10
) -> Mapping[str, Any]:
    """The identity of a learner for samples of a shape and a number of classes."""
    data = data_of(shape, classes)
    found: Mapping[str, Any] = learner.identity(data, data.task)
    return found
