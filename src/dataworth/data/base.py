"""What a study needs of data, and a view of some of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

RowNumbers = NDArray[np.int64]
"""Numbers of rows, counted from 0."""


class Data(Protocol):
    """Anything that has rows: a `Dataset`, or `Rows` that are loaded elsewhere."""

    @property
    def name(self) -> str:
        """What tables and pictures call the data."""

    @property
    def strata(self) -> NDArray[np.int64] | None:
        """A class index from 0 for each row, by which subsets are stratified; None for none."""

    @property
    def groups(self) -> NDArray[Any] | None:
        """What each row comes from, such as a customer; None where rows are independent."""

    @property
    def time(self) -> NDArray[Any] | None:
        """When each row was recorded; None where that is unknown."""

    @property
    def official_test(self) -> Data | None:
        """The official held-out rows, where the source has them."""

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of all that the data hold."""

    def __len__(self) -> int:
        """Number of rows."""

    def take(self, rows: RowNumbers) -> tuple[Any, NDArray[Any]]:
        """Features, in the data's own form, and encoded targets of `rows`."""

    def targets(self, rows: RowNumbers) -> NDArray[Any]:
        """Encoded targets of `rows`, without a look at the features."""


@dataclass(frozen=True, eq=False)
class View:
    """Some rows of a data set.

    Attributes
    ----------
    data : Data
    rows : ndarray of int64, shape (n,)
        Their numbers in `data`.
    """

    data: Data
    rows: RowNumbers

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def x(self) -> Any:
        """Features of the rows in the data's own form and in their order.

        An ndarray, a frame of pandas, polars or pyarrow, a CSR matrix, a list of str, or a list of
        items: a copy, made once, unless these are all rows.
        """
        return self.data.take(self.rows)[0]

    @cached_property
    def y(self) -> NDArray[Any]:
        """Encoded targets of the rows, in their order."""
        return self.data.targets(self.rows)
