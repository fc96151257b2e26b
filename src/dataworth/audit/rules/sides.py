"""Rules on the split and the subsets: groups on both sides, classes that small subsets lack."""

from __future__ import annotations

import numpy as np

from dataworth._util.printable import short_name
from dataworth.audit.view import Samples
from dataworth.findings import Finding

_NAMED = 5


def group_findings(samples: Samples) -> list[Finding]:
    """`group-on-both-sides`: groups of which rows are trained on and others are held out."""
    pool, held_out = samples.split.pool, samples.split.held_out
    groups, held_groups = pool.data.groups, held_out.data.groups
    if groups is None or held_groups is None or not len(held_out):
        return []
    trained, held = groups[pool.rows], held_groups[held_out.rows]
    if trained.dtype.kind != held.dtype.kind:
        trained, held = trained.astype(str), held.astype(str)
    shared = np.intersect1d(trained, held)
    if not len(shared):
        return []
    rows = int(np.isin(held, shared).sum())
    named = [str(group) for group in shared[:_NAMED].tolist()]
    return [
        Finding(
            code="group-on-both-sides",
            severity="warning",
            where=f"{samples.name}, held-out samples",
            message=(
                f"{len(shared):,} groups ({', '.join(named)}{', ...' if len(shared) > 5 else ''}) "
                f"have rows on both sides of the split: {rows:,} of {len(held):,} held-out samples "
                "are of groups that are trained on, and the figures may be better than on new "
                "groups."
            ),
            evidence={
                "groups_on_both_sides": len(shared),
                "held_out_samples_of_these": rows,
                "held_out": len(held),
                "groups": named,
            },
            advice=(
                "Hold out whole groups: remove your own held-out rows, or give folds that "
                "respect groups (cv=5)."
            ),
        )
    ]


def rare_class_findings(samples: Samples) -> list[Finding]:
    """`class-rarer-than-subset`: classes of which the smallest subset is expected to have no row.

    A class with m of N rows has its first row in a stratified subset of n as soon as m n / N
    reaches 1/2.
    """
    if not samples.sizes or samples.subset != "nested" or samples.at_least:
        return []
    counts = np.bincount(samples.labels, minlength=samples.dataset.classes)
    there = counts[counts > 0]
    size = min(samples.sizes)
    expected = counts * (size / len(samples.labels))
    lacking = np.flatnonzero((counts > 0) & (expected < 0.5))
    if len(there) < 2 or not len(lacking):
        return []
    names = [short_name(samples.dataset.class_names[index]) for index in lacking[:_NAMED]]
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    needed = int(np.ceil(0.5 * len(samples.labels) / there.min()))
    return [
        Finding(
            code="class-rarer-than-subset",
            severity="info",
            where=f"{samples.name}, subsets of {size:,}",
            message=(
                f"{len(lacking)} of {len(there)} classes are so rare that a subset of {size:,} "
                f"samples has no row of them: {', '.join(names)}{more}. A model trained on it "
                "cannot predict them."
            ),
            evidence={
                "size": size,
                "classes_missed": len(lacking),
                "class_indices": lacking[:_NAMED].tolist(),
                "fewest_rows": int(there.min()),
                "size_that_has_all": needed,
            },
            advice=(
                f"Begin with sizes of {needed:,} or more, or let every subset hold some rows of "
                "each class: at_least=1 (--at-least 1)."
            ),
        )
    ]
