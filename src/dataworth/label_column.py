"""LabelColumn: what a column of labels looked like when it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_MOST_STEPS = 1_000


@dataclass(frozen=True)
class LabelColumn:
    """A summary of a raw column of numeric labels, before anything made classes of it.

    Attributes
    ----------
    rows : int
        Number of labels.
    distinct : int
        Number of different values.
    minimum, maximum : float
    whole : bool
        Whether every value is a whole number.
    times_255_whole : bool
        Whether every value times 255 is a whole number, to 1e-3.
    step : float or None
        The spacing, where the values are `minimum` plus whole multiples (up to 1,000) of one
        spacing; None where there is none.
    classes_after_int : int
        Number of different values after cutting off the fraction, as ``int()`` and
        ``keras.utils.to_categorical`` do.
    """

    rows: int
    distinct: int
    minimum: float
    maximum: float
    whole: bool
    times_255_whole: bool
    step: float | None
    classes_after_int: int

    @classmethod
    def of(cls, labels: ArrayLike) -> LabelColumn:
        """Summarise a one-dimensional column of finite numbers."""
        column = np.asarray(labels)
        values = np.unique(column.astype(np.float64, copy=False))
        return cls(
            rows=len(column),
            distinct=len(values),
            minimum=float(values[0]),
            maximum=float(values[-1]),
            whole=bool((values == np.round(values)).all()),
            times_255_whole=bool(np.abs(values * 255 - np.round(values * 255)).max() < 1e-3),
            step=_step(values),
            classes_after_int=len(np.unique(np.trunc(values))),
        )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> LabelColumn:
        """Read back what `to_mapping` gave."""
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return asdict(self)


def _step(values: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    if len(values) < 2:
        return None
    step = float(np.diff(values).min())
    multiples = (values - values[0]) / step
    # Labels stored as float32 are off by up to 6e-8 of their size; a tenth of a step is far more.
    regular = np.abs(multiples - np.round(multiples)).max() < 0.01 and multiples[-1] <= _MOST_STEPS
    return step if regular else None
