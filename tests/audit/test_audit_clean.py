"""Data without a fault, scikit-learn's digits and real EMNIST among them: nothing is found."""

from __future__ import annotations

import pytest
from audit_data import digits, emnist, images, needs_emnist

from dataworth.audit import audit, audit_dataset


def test_nothing_is_found_in_clean_data() -> None:
    assert audit(digits()) == []
    assert audit(images()) == []


@needs_emnist
@pytest.mark.parametrize("part", ["byclass_test", "bymerge_test_minus_byclass_test"])
def test_nothing_is_found_in_real_emnist(part: str) -> None:
    data = emnist(part)
    assert audit_dataset(data, subset_method="prefix", sizes=[1_000, 9_000, 27_000]) == []
