"""Findings about the rows of a curve: repeated runs, mixed units, several curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audit_data import codes

from dataworth import Curve, audit

SIZES = [100, 100, 300, 300, 900, 900]
VALUES = [0.9, 0.91, 0.8, 0.79, 0.7, 0.71]


@pytest.mark.parametrize("row", range(1, 6, 2))
def test_repeated_pairs_of_size_and_seed(row: int) -> None:
    seeds = np.array([0, 1, 0, 1, 0, 1])
    assert audit(Curve(SIZES, VALUES, seeds)) == []
    seeds[row] = 0
    (finding,) = audit(Curve(SIZES, VALUES, seeds))
    assert (finding.code, finding.evidence["pairs"]) == ("runs-repeated", 1)
    assert f"size {SIZES[row]}, seed 0" in finding.where
    assert audit(Curve(SIZES, VALUES, [0] * 6)) == []
    assert codes(audit(Curve(SIZES[1:], VALUES[1:], [0] * 5))) == {"runs-repeated": "warning"}
    assert audit(Curve(SIZES, VALUES)) == []


def test_rows_without_seeds_that_are_identical() -> None:
    (finding,) = audit(Curve(SIZES, np.repeat([0.6, 0.7, 0.8], 2), metric="accuracy"))
    assert (finding.code, finding.evidence["times"]) == ("runs-repeated", 2)
    assert audit(Curve(SIZES, [0.6, 0.61, 0.7, 0.7, 0.8, 0.8], metric="accuracy")) == []


@pytest.mark.parametrize("row", range(3))
def test_shares_among_per_cent(row: int) -> None:
    values = np.array([62.0, 71.0, 77.0, 82.0])
    assert audit(Curve([100, 200, 400, 800], values, metric="accuracy")) == []
    values[row] /= 100
    found = audit(Curve([100, 200, 400, 800], values, metric="accuracy"))
    assert "percent-and-shares" in codes(found)
    values = np.array([0.62, 0.71, 0.77, 0.82])
    values[row] *= 100
    found = audit(Curve([100, 200, 400, 800], values, metric="accuracy"))
    assert "metric-out-of-range" in codes(found)


@pytest.mark.parametrize("column", ["split", "learner", "dataset"])
def test_rows_of_several_curves(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.csv"
    rows = [
        f"{n},{v},{k}"
        for k, by in (("train", 0.5), ("test", 1))
        for n, v in ((100, 0.9 * by), (300, 0.8 * by), (900, 0.7 * by))
    ]
    path.write_text("\n".join([f"samples,value,{column}", *rows]))
    (finding,) = audit(path)
    assert (finding.code, finding.severity) == ("rows-of-several-curves", "error")
    assert finding.evidence == {"column": column, "values": ["train", "test"]}
