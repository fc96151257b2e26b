from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth.data.base import View
from dataworth.data.rows import Rows
from dataworth.errors import DataError, StudyError


def test_rows_are_counted() -> None:
    rows = Rows(12, name="photos")
    assert len(rows) == 12
    assert repr(rows) == "Rows(12, name='photos')"
    assert (rows.strata, rows.groups, rows.time, rows.official_test) == (None, None, None, None)


def test_strata_are_class_indices_of_any_labels() -> None:
    rows = Rows(4, stratify=["b", "a", "b", "c"])
    assert rows.strata is not None
    assert rows.strata.tolist() == [1, 0, 1, 2]


@pytest.mark.parametrize("n", [0, -1, 1.5, "12", True])
def test_other_than_a_number_of_rows_is_refused(n: Any) -> None:
    with pytest.raises(StudyError, match="rows"):
        Rows(n)


@pytest.mark.parametrize("column", ["stratify", "groups", "time"])
def test_columns_have_a_value_for_each_row(column: str) -> None:
    short: dict[str, Any] = {column: [1, 2]}
    gap: dict[str, Any] = {column: ["a", None, "b"]}
    with raises("shape-mismatch", DataError, rf"{column}.*\(2,\).*3"):
        Rows(3, **short)
    with raises("value-missing", DataError, f"{column}, row 1"):
        Rows(3, **gap)


def test_there_are_no_samples() -> None:
    view = View(Rows(12, name="photos"), np.arange(3))
    assert len(view) == 3
    with raises("model-needs-samples", StudyError, "photos.*3"):
        _ = view.x
    with raises("model-needs-samples", StudyError, "photos.*3"):
        _ = view.y


def test_the_fingerprint_changes_with_all_that_decides_which_rows_are_taken() -> None:
    values = ["2023", "2024", "2023"]
    kinds: list[Rows] = [
        Rows(3),
        Rows(4),
        Rows(3, stratify=values),
        Rows(3, groups=values),
        Rows(3, time=values),
        Rows(3, groups=["a", "b", "c"]),
        Rows(3, groups=values, time=values),
    ]
    assert len({rows.fingerprint for rows in kinds}) == len(kinds)
    assert Rows(3, name="others").fingerprint == Rows(3).fingerprint
