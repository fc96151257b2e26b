"""The audit of figures: of finished runs, of a curve, of a run directory."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataworth.audit.figures import (
    ReportedRun,
    groups_of,
    reported_runs,
    reported_runs_of_curve,
    worst_first,
)
from dataworth.audit.rules.curves import rise_findings, seed_findings
from dataworth.audit.rules.losses import bound_findings, floor_findings
from dataworth.audit.rules.ranges import range_findings
from dataworth.curves.curve import Curve
from dataworth.findings import Finding
from dataworth.metrics.registry import canonical
from dataworth.records.store import Store


def audit_figures(figures: Sequence[ReportedRun], where: str = "runs") -> list[Finding]:
    """Look at the figures of finished runs, each by itself and against the others.

    Parameters
    ----------
    figures : sequence of ReportedRun
    where : str
        What findings call them.

    Returns
    -------
    list of Finding
        Errors first.
    """
    groups = groups_of(figures)
    floors = floor_findings(figures, where)
    # Runs on the floor are equal because of the floor; saying so again would mislead.
    seeds = [] if floors else seed_findings(groups, where)
    return worst_first(
        [*floors, *bound_findings(figures, where), *seeds, *rise_findings(groups, where)]
    )


def audit_curve(curve: Curve) -> list[Finding]:
    """Look at a learning curve from anywhere.

    All checks need a cross-entropy. Of any other metric that is known it is looked at whether its
    values are in its range, and, if it has a best value, whether their distance from it rises.
    """
    where = curve.name or "curve"
    if canonical(curve.metric.name) == "loss":
        return audit_figures(reported_runs_of_curve(curve), where)
    beyond = range_findings(curve, where)
    best = curve.best
    if beyond or best is None or not math.isfinite(best):
        return beyond
    distance = f"{best:g} - {curve.metric}" if curve.higher_is_better else str(curve.metric)
    figures = [replace(f, loss=abs(best - f.loss)) for f in reported_runs_of_curve(curve)]
    return rise_findings(groups_of(figures), f"{where}, {distance}")


def audit_run(directory: str | os.PathLike[str]) -> list[Finding]:
    """Look at a run directory: what its study found in the data, and all its figures.

    Raises
    ------
    StudyError
        If the directory holds no results, or they can't be read.
    """
    with Store(Path(directory)) as store:
        meta, table = store.meta(), store.table()
    of_data = [Finding(**finding) for finding in meta.get("findings", [])]
    figures = reported_runs(table, meta)
    return worst_first(of_data + audit_figures(figures, str(meta.get("name", directory))))
