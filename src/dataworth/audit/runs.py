"""The audit of figures: of finished runs, of a curve, of a run directory."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dataworth.audit.figures import (
    SEVERITIES,
    ReportedRun,
    groups_of,
    reported_runs,
    reported_runs_of_curve,
    worst_first,
)
from dataworth.audit.rules.curves import rise_findings, seed_findings
from dataworth.audit.rules.losses import bound_findings, floor_findings
from dataworth.audit.rules.ranges import range_findings
from dataworth.audit.rules.rows_of_curves import repeated_findings, unit_findings
from dataworth.audit.rules.training import training_findings
from dataworth.curves.curve import Curve
from dataworth.errors import StudyError
from dataworth.findings import Finding
from dataworth.metrics.registry import canonical
from dataworth.records.meta import checked_entry
from dataworth.records.reader import models
from dataworth.records.store import Store


def audit_figures(figures: Sequence[ReportedRun], where: str = "runs") -> list[Finding]:
    """Check the figures of finished runs, each by itself and against the others.

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
        [
            *floors,
            *bound_findings(figures, where),
            *([] if floors else training_findings(figures, where)),
            *seeds,
            *rise_findings(groups, where),
        ]
    )


def audit_curve(curve: Curve) -> list[Finding]:
    """Check a learning curve of any origin.

    All checks need a cross-entropy. Of any other known metric it is checked whether its
    values are in its range, and, if it has a best value, whether their distance from it rises.
    """
    where = curve.name or "curve"
    rows = repeated_findings(curve, where)
    if canonical(curve.metric.name) == "loss":
        return worst_first([*audit_figures(reported_runs_of_curve(curve), where), *rows])
    beyond = worst_first([*range_findings(curve, where), *unit_findings(curve, where), *rows])
    best = curve.best
    if beyond or best is None or not math.isfinite(best):
        return beyond
    distance = f"{best:g} - {curve.metric}" if curve.higher_is_better else str(curve.metric)
    figures = [replace(f, loss=abs(best - f.loss)) for f in reported_runs_of_curve(curve)]
    return rise_findings(groups_of(figures), f"{where}, {distance}")


def audit_run(directory: str | os.PathLike[str]) -> list[Finding]:
    """Check a run directory: what its study found in the data, and all its figures.

    Raises
    ------
    StudyError
        If the directory holds no results, or they can't be read.
    """
    with Store(Path(directory)) as store:
        return audit_store(store)


def findings_of_training(store: Store) -> list[Finding]:
    """Whether runs of a run directory were not trained to the end; see `audit_run`."""
    several = models(store.meta(), str(store.path))
    if len(several) < 2:
        return training_findings(reported_runs(store, of_training=True), store.directory.name)
    found = [
        training_findings(reported_runs(store, model, of_training=True), model) for model in several
    ]
    return [finding for each in found for finding in each]


def audit_store(store: Store) -> list[Finding]:
    """Check the results of a run directory; see `audit_run`."""
    meta, where = store.meta(), str(store.path)
    entries = checked_entry({"findings": [], **meta}, "findings", list, where)
    name = checked_entry({"name": str(store.directory), **meta}, "name", str, where)
    of_data = [_finding(entry, where) for entry in entries]
    return worst_first(of_data + audit_models(store, name))


def audit_models(store: Store, name: str = "runs") -> list[Finding]:
    """Check the finished runs of each model of a run directory.

    Parameters
    ----------
    store : Store
    name : str
        What findings call the runs of the only model; those of several are called by the model.
    """
    several = models(store.meta(), str(store.path))
    if len(several) < 2:
        return audit_figures(reported_runs(store), name)
    found = [audit_figures(reported_runs(store, model), model) for model in several]
    return worst_first([finding for each in found for finding in each])


def _finding(entry: Any, where: str) -> Finding:
    texts = ("code", "severity", "where", "message", "advice")
    fields: dict[str, Any] = entry if isinstance(entry, dict) else {}
    types = {**dict.fromkeys(texts, str), "evidence": dict}
    if (
        set(fields) != set(types)
        or fields["severity"] not in SEVERITIES
        or not all(isinstance(fields[name], kind) for name, kind in types.items())
    ):
        raise StudyError(
            f"{where}: the entry 'findings' of the table meta holds {str(entry)[:60]!r}; expected "
            "the fields of a finding. Restore the file from a copy, or run the study again.",
            code="entry-invalid",
            entry="findings",
        )
    return Finding(**fields)
