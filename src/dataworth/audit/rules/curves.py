"""Rules on curves: rises, and seeds that disagree or agree too well."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dataworth._util.numbers import format_percent
from dataworth.audit.figures import Group
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
                f"The loss at {larger:,} samples is {format_percent(share, 1)} above that at "
                f"{smaller:,}: more data made it worse, beyond what seeds explain."
                if freedom
                else f"The loss at {larger:,} samples is {format_percent(share, 1)} above that at "
                f"{smaller:,}; one run per size can't tell whether it is noise."
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


_SPREAD = 0.3
_OUTLIER_SCALES, _OUTLIER_SHARE = 8.0, 0.25
_ROUNDED_DIGITS = 5


def seed_findings(groups: Sequence[Group], where: str) -> list[Finding]:
    """Compare the runs of each size with each other."""
    return [*_identical(groups, where), *_disagree(groups, where)]


def _identical(groups: Sequence[Group], where: str) -> list[Finding]:
    same = [
        g
        for g in groups
        if len(g.losses) > len(np.unique(g.losses))
        and _digits(float(g.losses[0])) > _ROUNDED_DIGITS
    ]
    others = [g for g in groups[:-1] if len(g.losses) > 1]
    if not same or (same == [groups[-1]] and others):
        # All seeds have the same rows where a run is on all of the data.
        return []
    return [
        Finding(
            code="seeds-identical",
            severity="warning",
            where=f"{where}, size {same[0].size:,}",
            message=(
                f"Runs of different seeds report the same loss to the last digit at "
                f"{len(same)} of {len(groups)} sizes: the seed changes nothing, so the spread "
                "over seeds says nothing about noise."
            ),
            evidence={
                "sizes": [g.size for g in same],
                "seeds": list(same[0].seeds),
                "loss": float(same[0].losses[0]),
            },
            advice=(
                "Let the seed choose the subset and the initial weights; a prefix subset and a "
                "model without randomness leave it nothing to choose."
            ),
        )
    ]


def _digits(loss: float) -> int:
    """Number of significant digits: values rounded to few digits may be equal by chance."""
    return len(repr(loss).partition("e")[0].replace(".", "").strip("0"))


def _disagree(groups: Sequence[Group], where: str) -> list[Finding]:
    repeated = [g for g in groups if len(g.losses) > 1]
    if not repeated:
        return []
    spreads = {g.size: float(np.std(g.losses, ddof=1) / np.mean(g.losses)) for g in repeated}
    wide = {size: round(spread, 4) for size, spread in spreads.items() if spread > _SPREAD}
    outliers = _outliers(repeated)
    if not (wide or outliers):
        return []
    if wide:
        size = max(wide, key=lambda s: wide[s])
        place = f"{where}, size {size:,}"
        message = (
            f"The seeds disagree: at size {size:,} their standard deviation is "
            f"{format_percent(wide[size])} of their mean loss."
        )
    else:
        size, seed, ratio = outliers[0]
        place = f"{where}, size {size:,}, seed {seed}"
        message = (
            f"Seed {seed} at size {size:,} reports {ratio:.2f} times the median loss of its size, "
            "far outside the spread of all other runs."
        )
    return [
        Finding(
            code="seeds-disagree",
            severity="warning",
            where=place,
            message=message,
            evidence={
                "relative_deviation": wide,
                "outliers": [list(outlier) for outlier in outliers],
            },
            advice="Check that run's history: did it diverge? Otherwise run more seeds.",
        )
    ]


def _outliers(groups: Sequence[Group]) -> list[tuple[int, int, float]]:
    """Runs over 25 % and over 8 pooled robust deviations from the median of their size."""
    found: list[tuple[int, int, float]] = []
    deviations = [g.logs - np.median(g.logs) for g in groups if len(g.losses) > 2]
    if not deviations:
        return found
    moved = np.abs(np.concatenate(deviations))
    scale = 1.4826 * float(np.median(moved[moved > 0])) if (moved > 0).any() else 0.0
    limit = max(_OUTLIER_SCALES * scale, math.log1p(_OUTLIER_SHARE))
    for group in (g for g in groups if len(g.losses) > 2):
        for seed, deviation in zip(group.seeds, group.logs - np.median(group.logs), strict=True):
            if abs(deviation) > limit:
                found.append((group.size, seed, round(float(np.exp(deviation)), 4)))
    return found
