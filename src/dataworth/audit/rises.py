"""A curve that gets worse with more data."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dataworth.audit.groups import Group
from dataworth.findings import Finding

_PROBABILITY = 0.01
_LEAST_RISE, _LEAST_RISE_ONE_SEED = 0.02, 0.10


def rise_findings(groups: Sequence[Group], where: str) -> list[Finding]:
    """`curve-rises`: each size against the best smaller one.

    With repeated runs: a one-sided t test of the mean log losses, with the standard deviation
    pooled over all sizes, at 1 % divided by the number of comparisons, and a rise of over 2 %.
    Without: a rise of over 10 %.
    """
    from scipy.special import stdtr  # slow to import

    freedom = sum(len(g.losses) - 1 for g in groups)
    pooled = math.sqrt(sum(float(np.var(g.logs)) * len(g.logs) for g in groups) / max(freedom, 1))
    risen = []
    for index in range(1, len(groups)):
        best = min(groups[:index], key=lambda g: float(g.logs.mean()))
        rise = float(groups[index].logs.mean() - best.logs.mean())
        if freedom:
            error = pooled * math.sqrt(1 / len(best.losses) + 1 / len(groups[index].losses))
            probability = float(stdtr(freedom, -rise / error)) if error > 0 else 0.0
            significant = probability * (len(groups) - 1) < _PROBABILITY
            if not (significant and rise > math.log1p(_LEAST_RISE)):
                continue
        elif rise <= math.log1p(_LEAST_RISE_ONE_SEED):
            continue
        risen.append((best.size, groups[index].size, round(math.expm1(rise), 4)))
    if not risen:
        return []
    smaller, larger, share = max(risen, key=lambda rise: rise[2])
    return [
        Finding(
            code="curve-rises",
            severity="warning",
            where=f"{where}, size {larger:,}",
            message=(
                f"The loss at {larger:,} samples is {share:.1%} above that at {smaller:,}: more "
                "data made it worse, beyond what seeds explain."
                if freedom
                else f"The loss at {larger:,} samples is {share:.1%} above that at {smaller:,}; "
                "one run per size can't tell whether it is noise."
            ),
            evidence={
                "rises": [list(rise) for rise in risen],
                "pooled_deviation_of_log_loss": pooled if freedom else None,
                "degrees_of_freedom": freedom,
            },
            advice=(
                "Check that every size trained to the end and on rows of the same kind (a prefix "
                "of sorted rows changes the task); otherwise run more seeds."
            ),
        )
    ]
