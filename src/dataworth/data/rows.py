"""Rows: data that are loaded elsewhere, known here by their row numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.validation import check_int
from dataworth.data.base import RowNumbers
from dataworth.data.columns import column_of_rows, times_of_rows
from dataworth.data.fingerprint import fingerprint
from dataworth.errors import StudyError


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of data that a user's function or command loads itself.

    Parameters
    ----------
    n : int
        Number of rows.
    stratify : array_like, shape (n,), optional
        The class of each row; subsets then hold each class in proportion to its share.
    groups, time : array_like, shape (n,), optional
        See `Dataset`.
    name : str
        What tables and pictures call the data.

    Raises
    ------
    StudyError
        If `n` is not a whole number of at least 1.
    DataError
        If a column has another length, or a missing value.
    """

    n: int
    strata: NDArray[np.int64] | None
    groups: NDArray[Any] | None
    time: NDArray[Any] | None
    name: str

    def __init__(
        self,
        n: int,
        *,
        stratify: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        time: ArrayLike | None = None,
        name: str = "rows",
    ) -> None:
        count = check_int("rows", n)
        classes = column_of_rows(stratify, "stratify", count)
        if classes is not None:
            classes = np.unique(classes, return_inverse=True)[1].astype(np.int64)
        values = {
            "n": count,
            "strata": classes,
            "groups": column_of_rows(groups, "groups", count),
            "time": times_of_rows(time, count),
            "name": name,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __len__(self) -> int:
        return self.n

    @property
    def official_test(self) -> None:
        """None: all rows are of one kind."""

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits (SHA-256) of the number of rows and all columns."""
        columns = {"strata": self.strata, "groups": self.groups, "time": self.time}
        return fingerprint(("rows", f"{self.n}", *_names(columns)), None, columns)

    def take(self, rows: RowNumbers) -> NoReturn:
        """Refused: there are no samples here.

        Raises
        ------
        StudyError
            Always.
        """
        raise StudyError(
            f"{self.name} holds row numbers alone, without samples ({len(rows):,} were asked for). "
            "A model that is a function or a command loads the samples of its rows itself; for "
            "other models give a Dataset.",
            code="model-needs-samples",
        )

    def targets(self, rows: RowNumbers) -> NoReturn:
        """Refused, as `take`.

        Raises
        ------
        StudyError
            Always.
        """
        self.take(rows)

    def __repr__(self) -> str:
        words = [f"{self.n:,}", *_names(vars(self)), f"name={self.name!r}"]
        return f"Rows({', '.join(words)})"


def _names(columns: dict[str, Any]) -> list[str]:
    return [name for name in ("strata", "groups", "time") if columns.get(name) is not None]
