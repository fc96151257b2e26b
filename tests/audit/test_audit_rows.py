"""Rows: lost, sorted, repeated; each finding by data that have the fault, and by no others."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest
from audit_data import codes, images
from hypothesis import given, settings
from hypothesis import strategies as st

from dataworth import Dataset
from dataworth.audit import audit, audit_arrays, audit_dataset
from dataworth.audit.rules.rows import class_changes, header_findings


def test_first_row_lost_by_known_row_counts() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (18_800, 784), dtype=np.uint8)
    labels = np.random.default_rng(1).integers(0, 47, 18_800)
    assert audit((pixels, labels)) == []
    (finding,) = audit((pixels[1:], labels[1:]))
    assert finding.code == "first-row-as-header"
    assert finding.evidence == {"rows": 18_799, "rows_expected": 18_800}


def test_first_row_lost_by_column_names() -> None:
    text = io.StringIO("7,0,0,0.5\n3,9,8,2\n7,1,1,1\n3,4,5,1\n")
    swallowed = pl.read_csv(text)
    found = audit_arrays(swallowed[:, 1:], swallowed[:, 0].to_numpy())
    assert codes(found)["first-row-as-header"] == "warning"
    text.seek(0)
    whole = pl.read_csv(text, has_header=False)
    assert "first-row-as-header" not in codes(audit_arrays(whole[:, 1:], whole[:, 0].to_numpy()))


@pytest.mark.parametrize(
    ("columns", "swallowed"),
    [
        (["35", "0", "0.1", "0.2", "0.5", "0.5.1"], True),
        (["35", "0", "0_duplicated_0", "0_duplicated_1"], True),
        (["0", "1", "2", "3"], False),
        (["label", "1x1", "1x2", "1x3"], False),
        (["label", "7", "a", "8"], False),
        ([], False),
    ],
)
def test_column_names_that_are_numbers(columns: list[str], swallowed: bool) -> None:
    assert bool(header_findings(columns, "data")) == swallowed


@pytest.mark.parametrize(
    ("shared", "severity"), [(0, None), (1, "warning"), (5, "error"), (100, "error")]
)
def test_held_out_in_training(shared: int, severity: str | None) -> None:
    data, test = images(1_000), images(100, seed=1)
    held = test.x.copy()
    held[:shared] = data.x[:shared]
    found = audit(Dataset(data.x, data.y, held, test.y))
    assert codes(found).get("held-out-in-training") == severity
    if severity:
        assert found[0].evidence["also_in_training"] == shared


def test_held_out_rows_are_also_compared_when_they_come_from_the_same_file() -> None:
    data = images(300)
    doubled = Dataset(np.concatenate([data.x, data.x]), np.tile(data.y, 2), name="doubled")
    assert codes(audit(doubled)) == {"held-out-in-training": "error"}


def test_few_features_coincide_without_an_error() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 4, (1_000, 3)).astype(float)
    assert codes(audit((x, random.integers(0, 2, 1_000)))) == {"held-out-in-training": "warning"}


def test_negative_zero_is_zero() -> None:
    x = np.random.default_rng(0).normal(size=(50, 70)).astype(np.float32)
    x[0, 0] = 0.0
    held = x[:1].copy()
    held[0, 0] = -0.0
    found = audit(Dataset(x, np.arange(50) % 2, held, [0]))
    assert "held-out-in-training" in codes(found)


def test_sorted_rows() -> None:
    data = images(1_000)
    order = np.argsort(data.y, kind="stable")
    rows = Dataset(data.x[order], data.y[order], data.x[:9] ^ 1, data.y[:9])
    assert codes(audit(rows)) == {"rows-sorted-by-class": "info"}
    assert codes(audit_dataset(rows, subset_method="prefix")) == {"rows-sorted-by-class": "warning"}
    (finding,) = audit_dataset(rows, subset_method="prefix", sizes=[200, 1_000])
    assert (finding.code, finding.severity) == ("rows-sorted-by-class", "error")
    assert finding.evidence["classes_missed_by_prefix"] == {"200": 8}


@settings(max_examples=20, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6).filter(lambda c: sum(c) > 20),
    seed=st.integers(0, 2**32),
)
def test_class_changes_has_the_moments_of_random_order(counts: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    random = np.random.default_rng(seed)
    seen = [class_changes(random.permutation(labels))[0] for _ in range(2_000)]
    _, expected, deviation = class_changes(labels)
    assert np.mean(seen) == pytest.approx(expected, abs=6 * deviation / np.sqrt(2_000) + 1e-9)
    assert np.std(seen) == pytest.approx(deviation, rel=0.2, abs=0.05)
