"""Rows of a curve: repeated runs, and per cent among shares."""

from __future__ import annotations

from collections import Counter

import numpy as np

from dataworth.curves.curve import Curve
from dataworth.errors import DataError
from dataworth.findings import Finding

_MOSTLY_PERCENT = 10.0
"""Scores in per cent of a model that learns lie well above this."""


def repeated_findings(curve: Curve, where: str) -> list[Finding]:
    """`runs-repeated`: several rows with the same size and seed, or with the same figures."""
    if not curve.seeded:
        return _identical(curve, where)
    counts = Counter(zip(curve.samples.tolist(), curve.seeds.tolist(), strict=True))
    twice = {key: count for key, count in counts.items() if count > 1}
    # One seed for all rows only says that each is a run of its own, as many at each size.
    if not twice or (len(np.unique(curve.seeds)) == 1 and len(set(counts.values())) == 1):
        return []
    (size, seed), count = next(iter(twice.items()))
    return [
        Finding(
            code="runs-repeated",
            severity="warning",
            where=f"{where}, size {size:,}, seed {seed}",
            message=(
                f"{len(twice)} pairs of size and seed occur more than once, the first {count} "
                "times: the rows count as separate runs."
            ),
            evidence={"pairs": len(twice), "size": size, "seed": seed, "times": count},
            advice=(
                "Remove rows that were written twice. If another column distinguishes them, name "
                "it with by= or --by."
            ),
        )
    ]


def _identical(curve: Curve, where: str) -> list[Finding]:
    """Rows without seeds, of which those of each size have the same figure."""
    runs = {size: curve.values[curve.samples == size] for size in curve.sizes.tolist()}
    if any(len(values) < 2 or np.ptp(values) != 0 for values in runs.values()):
        return []
    size, values = next(iter(runs.items()))
    return [
        Finding(
            code="runs-repeated",
            severity="warning",
            where=f"{where}, size {size:,}",
            message=(
                f"The rows of each size report the same {curve.metric}, {len(values)} of them at "
                f"{size:,} samples: they were written twice, or nothing differed between runs."
            ),
            evidence={"sizes": len(runs), "size": size, "times": len(values)},
            advice=(
                "Remove rows that were written twice. If they are runs with several seeds, check "
                "that the seed reaches the model and the subset."
            ),
        )
    ]


def unit_findings(curve: Curve, where: str) -> list[Finding]:
    """`percent-and-shares`: values below 1 among values in per cent."""
    if curve.metric.unit != "%":
        return []
    values = curve.values
    finite = values[np.isfinite(values)]
    rows = np.flatnonzero((values > 0) & (values <= 1))
    if not len(rows) or float(np.median(finite)) < _MOSTLY_PERCENT or not curve.higher_is_better:
        return []
    size, seed, value = (
        column[rows[0]].item() for column in (curve.samples, curve.seeds, curve.values)
    )
    return [
        Finding(
            code="percent-and-shares",
            severity="error",
            where=f"{where}, size {size:,}, seed {seed}",
            message=(
                f"{len(rows)} of {len(curve)} runs report {curve.metric} of at most 1, the first "
                f"{value:g}, among values in per cent: these are shares."
            ),
            evidence={"runs": len(rows), "of": len(curve), "first": value},
            advice="Give all values in one unit.",
        )
    ]


def several_findings(error: DataError, where: str) -> list[Finding]:
    """`rows-of-several-curves`: what the reader of curves refused to pool."""
    if error.code != "several-curves":
        return []
    column, kinds = error.values["column"], error.values["kinds"]
    return [
        Finding(
            code="rows-of-several-curves",
            severity="error",
            where=f"{where}, column {column}",
            message=(
                f"The rows are of several curves: column {column!r} holds {len(kinds)} values, "
                f"such as {kinds[0]} and {kinds[1]}. A mean over them is of no model."
            ),
            evidence={"column": column, "values": kinds[:12]},
            advice=f"Forecast each with --by {column}, or one with --where {column}={kinds[0]}.",
        )
    ]
