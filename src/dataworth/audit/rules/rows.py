"""Rows of the file: the first one swallowed, and an order that a prefix must not meet."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from dataworth.audit.view import Samples
from dataworth.findings import Finding

KNOWN_ROWS = {
    697_932: "the training split of EMNIST byclass and bymerge",
    116_323: "the test split of EMNIST byclass and bymerge",
    112_800: "the training split of EMNIST balanced",
    18_800: "the test split of EMNIST balanced",
    124_800: "the training split of EMNIST letters",
    88_800: "the training split of EMNIST letters in Kaggle's CSV",
    20_800: "the test split of EMNIST letters",
    14_800: "the test split of EMNIST letters in Kaggle's CSV",
    240_000: "the training split of EMNIST digits",
    40_000: "the test split of EMNIST digits",
    60_000: "the training split of MNIST and EMNIST mnist",
    10_000: "the test split of MNIST and EMNIST mnist",
}
_PIXELS = 784
_CERTAIN = 10
"""A class expected so often in a prefix in random order is missing with probability e^-10."""
_LEAST_ROWS = 50
_REPEATED = re.compile(r"_duplicated_\d+$|(?<=\.\d)\.\d+$")
"""What polars and pandas append to a repeated name: "0_duplicated_0", "0.5.1" (not "0.1")."""


def first_row_findings(samples: Samples) -> list[Finding]:
    """`first-row-as-header`: one row fewer than the file, or a known data set, has."""
    findings = []
    in_file = samples.source.get("rows_in_file")
    if in_file is not None and in_file == samples.dataset.samples + 1:
        findings.append(_lost(samples, samples.dataset.samples, "the file's row count"))
    elif samples.features == _PIXELS:
        counts = [samples.dataset.samples]
        if samples.dataset.y_test is not None:
            counts.append(len(samples.dataset.y_test))
        for count in counts:
            if count + 1 in KNOWN_ROWS:
                findings.append(_lost(samples, count, KNOWN_ROWS[count + 1]))
    return findings


def _lost(samples: Samples, rows: int, expected: str) -> Finding:
    return Finding(
        code="first-row-as-header",
        severity="warning",
        where=f"{samples.name}, row 0",
        message=(
            f"{rows:,} rows are one fewer than {rows + 1:,}, {expected}: the first row of a file "
            "without a header was read as its header."
        ),
        evidence={"rows": rows, "rows_expected": rows + 1},
        advice="Read the file with header=None (pandas) or has_header=False (polars).",
    )


def header_findings(columns: list[str], where: str) -> list[Finding]:
    """`first-row-as-header` from column names that are numbers, as a swallowed row leaves them."""
    if columns == [str(index) for index in range(len(columns))]:
        return []
    numbers = sum(_is_number(_REPEATED.sub("", name)) for name in columns)
    if not columns or numbers < 0.9 * len(columns):
        return []
    shown = ", ".join(columns[:5])
    return [
        Finding(
            code="first-row-as-header",
            severity="warning",
            where=f"{where}, row 0",
            message=(
                f"{numbers} of {len(columns)} column names are numbers ({shown}, ...): the first "
                "row of a file without a header was read as its header."
            ),
            evidence={"columns": len(columns), "numeric_names": numbers, "first": columns[:5]},
            advice="Read the file with header=None (pandas) or has_header=False (polars).",
        )
    ]


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def order_findings(samples: Samples) -> list[Finding]:
    """`rows-sorted-by-class`: rows in the order of their classes."""
    labels = samples.labels
    changes, expected, deviation = class_changes(labels)
    limit = min(0.5 * expected, expected - 6 * deviation)
    if len(labels) < _LEAST_ROWS or changes >= limit:
        return []
    gaps = {size: _missed(labels, size) for size in samples.sizes if samples.subset == "prefix"}
    gaps = {size: missed for size, missed in gaps.items() if missed}
    message = (
        f"Neighbouring rows differ in class {changes:,} times where {expected:,.0f} are expected "
        "in random order: the rows are sorted by class."
    )
    if gaps:
        size, missed = next(iter(gaps.items()))
        message += f" The first {size:,} rows miss {missed} classes that a random subset has."
    elif samples.subset != "prefix":
        message += " Nested subsets are not harmed; the first n rows would be."
    return [
        Finding(
            code="rows-sorted-by-class",
            severity="error" if gaps else "warning" if samples.subset == "prefix" else "info",
            where=f"{samples.name}, order of rows",
            message=message,
            evidence={
                "class_changes": changes,
                "expected_in_random_order": round(expected, 1),
                "standard_deviation": round(deviation, 1),
                "classes_missed_by_prefix": {str(size): gap for size, gap in gaps.items()},
            },
            advice='Use subset = "nested" (the default), or shuffle the rows once.',
        )
    ]


def class_changes(labels: NDArray[np.int64]) -> tuple[int, float, float]:
    """Neighbours of different class: their number, and mean and deviation in random order.

    The number of runs less one of the multi-category runs test (Barton and David 1957).
    """
    n = len(labels)
    counts = np.bincount(labels).astype(np.float64)
    squares, cubes = float((counts**2).sum()), float((counts**3).sum())
    changes = int(np.count_nonzero(np.diff(labels)))
    expected = (n * n - squares) / n
    variance = squares * (squares + n * (n + 1.0)) - 2.0 * n * cubes - float(n) ** 3
    variance /= max(1.0, float(n) ** 2 * (n - 1.0))
    return changes, expected, float(np.sqrt(max(variance, 0.0)))


def _missed(labels: NDArray[np.int64], size: int) -> int:
    counts = np.bincount(labels)
    sure = counts * (size / len(labels)) >= _CERTAIN
    return int((sure & (np.bincount(labels[:size], minlength=len(counts)) == 0)).sum())
