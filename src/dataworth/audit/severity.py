"""The order of severity."""

from __future__ import annotations

from collections.abc import Sequence

from dataworth.findings import Finding, Findings

SEVERITIES = ("error", "warning", "info")


def worst_first(findings: Sequence[Finding]) -> Findings:
    """Errors, then warnings, then what is only worth knowing; otherwise in the order given."""
    return Findings(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
