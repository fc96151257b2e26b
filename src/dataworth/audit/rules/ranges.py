"""Values that their metric cannot have."""

from __future__ import annotations

import math

import numpy as np

from dataworth.curves.curve import Curve
from dataworth.findings import Finding


def range_findings(curve: Curve, where: str) -> list[Finding]:
    """`metric-out-of-range`: values below the least or above the largest of the metric."""
    low, high = curve.metric.lower, curve.metric.upper
    least, most = -math.inf if low is None else low, math.inf if high is None else high
    rows = np.flatnonzero((curve.values < least) | (curve.values > most))
    if not len(rows):
        return []
    size, seed, value = (
        column[rows[0]].item() for column in (curve.samples, curve.seeds, curve.values)
    )
    return [
        Finding(
            code="metric-out-of-range",
            severity="error",
            where=f"{where}, size {size:,}, seed {seed}",
            message=(
                f"{len(rows)} of {len(curve)} runs report values of {curve.metric} that it cannot "
                f"have, the first {value:g}; it lies {curve.metric.range}."
            ),
            evidence={
                "runs": len(rows),
                "of": len(curve),
                "first": value,
                "lower": low if low is not None and math.isfinite(low) else None,
                "upper": high if high is not None and math.isfinite(high) else None,
            },
            advice=(
                "Correct the values, or name the metric that they are. Shares and per cent do not "
                "mix: give all values in one unit."
            ),
        )
    ]
