"""The audit of figures: of finished runs, of a curve, of a run directory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dataworth.audit.figures import (
    SEVERITIES,
    Figure,
    figures_of,
    figures_of_curve,
    groups_of,
    worst_first,
)
from dataworth.audit.rules.curves import rise_findings, seed_findings
from dataworth.audit.rules.losses import bound_findings, floor_findings
from dataworth.curves.curve import Curve
from dataworth.errors import StudyError
from dataworth.findings import Finding
from dataworth.records.meta import checked_entry
from dataworth.records.store import Store

_SHARES = ("accuracy", "macro_f1", "auc")


def audit_figures(figures: Sequence[Figure], where: str = "runs") -> list[Finding]:
    """Look at the figures of finished runs, each by itself and against the others.

    Parameters
    ----------
    figures : sequence of Figure
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

    All checks need a loss. Of an accuracy, a macro F1 or an AUC the rise of one minus it is
    looked at; of any other metric nothing is known.
    """
    where = curve.name or "curve"
    if curve.metric == "loss":
        return audit_figures(figures_of_curve(curve), where)
    if curve.metric in _SHARES:
        figures = [replace(f, loss=1.0 - f.loss) for f in figures_of_curve(curve)]
        return rise_findings(groups_of(figures), f"{where}, 1 - {curve.metric}")
    return []


def audit_run(directory: str | os.PathLike[str]) -> list[Finding]:
    """Look at a run directory: what its study found in the data, and all its figures.

    Raises
    ------
    StudyError
        If the directory holds no results, or they can't be read.
    """
    with Store(Path(directory)) as store:
        return audit_store(store)


def audit_store(store: Store) -> list[Finding]:
    """Look at the results of a run directory; see `audit_run`."""
    meta = {"name": str(store.directory), "findings": [], **store.meta()}
    entries = checked_entry(meta, "findings", list, str(store.path))
    name = checked_entry(meta, "name", str, str(store.path))
    of_data = [_finding(entry, str(store.path)) for entry in entries]
    return worst_first(of_data + audit_figures(figures_of(store.table(), meta), name))


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
            "the fields of a finding. Restore the file from a copy, or run the study again."
        )
    return Finding(**fields)
