"""Audit: figures that can't be true, and data that can't be trusted.

Each code of a finding has a page of its name in the documentation.
"""

from dataworth.audit.api import audit
from dataworth.audit.data import audit_arrays, audit_dataset
from dataworth.audit.figures import ReportedRun, reported_runs
from dataworth.audit.runs import audit_curve, audit_figures, audit_models, audit_run

__all__ = [
    "ReportedRun",
    "audit",
    "audit_arrays",
    "audit_curve",
    "audit_dataset",
    "audit_figures",
    "audit_models",
    "audit_run",
    "reported_runs",
]
