"""The view of data that the rules of the audit check, for all forms of data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.data.splits import Split

_BLOCK_BYTES = 1 << 25
_SAMPLE_SEED = 20_011


@dataclass(frozen=True, eq=False)
class Samples:
    """A data set with its split, and how a study means to use it.

    Attributes
    ----------
    dataset : Dataset
    split : Split
        The training rows, and the held-out samples.
    outputs : int
        Number of the network's output columns.
    subset : str or None
        "nested", "prefix", or None if there is no study.
    sizes : sequence of int
        Numbers of training samples of the study.
    model_scales : mapping of str to float
        Factors of the layers of the model that scale the features again, by their names.
    at_least : int
        Rows of each class that every subset holds.
    """

    dataset: Dataset
    split: Split
    outputs: int
    subset: str | None = None
    sizes: Sequence[int] = ()
    model_scales: Mapping[str, float] = field(default_factory=dict)
    at_least: int = 0

    @property
    def name(self) -> str:
        """Name of the data in findings."""
        return self.dataset.name

    @property
    def source(self) -> Mapping[str, Any]:
        """The source of the data."""
        return self.dataset.source

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class indices of the training rows, in order."""
        return self.dataset.y[self.split.pool.rows]

    @property
    def features(self) -> int:
        """Number of features of a sample."""
        return int(np.prod(self.dataset.shape))

    def some(self, count: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Draw up to `count` training rows with a fixed seed: (features, labels)."""
        random = np.random.Generator(np.random.Philox(_SAMPLE_SEED))
        rows = self.split.pool.rows
        if len(rows) > count:
            # In file order while reading: random reads of a memory-mapped file are slow.
            rows = np.sort(random.choice(rows, count, replace=False))
        rows = np.asarray(rows)
        order = random.permutation(len(rows))
        features = self.dataset.x[rows].reshape(len(rows), -1)
        return features[order], self.dataset.y[rows][order]


def blocks(x: NDArray[Any], rows: NDArray[np.int64] | None = None) -> Iterator[NDArray[Any]]:
    """Yield samples as flat rows, in blocks of some tens of megabytes."""
    count = len(x) if rows is None else len(rows)
    bytes_per_row = max(1, int(np.prod(x.shape[1:])) * x.dtype.itemsize)
    step = max(1, _BLOCK_BYTES // bytes_per_row)
    for start in range(0, count, step):
        block = x[start : start + step] if rows is None else x[rows[start : start + step]]
        yield np.ascontiguousarray(block).reshape(len(block), -1)
