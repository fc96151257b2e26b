"""The order of severity."""

from __future__ import annotations

from collections.abc import Sequence

from dataworth.findings import Finding

SEVERITIES = ("error", "warning", "info")


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Errors, then warnings, then what is only worth knowing; otherwise in the order given."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
