"""``dataworth audit``: check results and data for mistakes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dataworth._util.printable import new_console
from dataworth.cli.options import add_output_options, add_table_options, table_options

# What audits and shows is slow to import: only where it is used, not for the parser.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.panel import Panel

    from dataworth.findings import Finding

FOUND_ERRORS = 1
DOCS = "docs/audit"
_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "audit",
        help="check for results that cannot be true and for errors in data",
        description="Audit a run directory, a file of measurements (columns of a number of samples "
        "and of a metric), or data. Exit code: 0 without a finding of severity error, 1 with one, "
        "2 if there is nothing to audit.",
    )
    parser.add_argument(
        "thing", metavar="DIR_OR_DATA", help="a run directory, a file of measurements, or data"
    )
    add_table_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    add_output_options(parser, json=False)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the findings; return 1 if one of them is an error, else 0."""
    from dataworth.audit import audit

    findings = audit(options.thing, data_options=table_options(options))
    if options.json:
        print(json.dumps(as_document(options.thing, findings), indent=2, allow_nan=False))
    else:
        _show(new_console(), options.thing, findings)
    return FOUND_ERRORS if any(f.severity == "error" for f in findings) else 0


def as_document(thing: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "audited": thing,
        "errors": sum(f.severity == "error" for f in findings),
        "findings": [{**asdict(f), "page": page(f.code)} for f in findings],
    }


def page(code: str) -> str:
    """The documentation's page of a code."""
    return f"{DOCS}/{code}.md"


def _show(console: Console, thing: str, findings: Sequence[Finding]) -> None:
    counts = {severity: sum(f.severity == severity for f in findings) for severity in _STYLES}
    totals = ", ".join(f"{severity}: {count}" for severity, count in counts.items() if count)
    for finding in findings:
        if console.is_terminal:
            console.print(_panel(finding))
        else:
            for line in _lines(finding):
                console.print(line, markup=False, highlight=False, soft_wrap=True)
    summary = f"{thing}: {totals or 'nothing found'}"
    console.print(summary, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _panel(finding: Finding) -> Panel:
    from rich.console import Group
    from rich.markup import escape
    from rich.panel import Panel
    from rich.table import Table

    style = _STYLES[finding.severity]
    numbers = Table.grid(padding=(0, 2))
    for _ in range(2):
        numbers.add_column(overflow="fold")
    for name, value in finding.evidence.items():
        numbers.add_row(f"[dim]{escape(name)}[/]", escape(_short(value)))
    return Panel(
        Group(
            f"[dim]{escape(finding.where)}[/]",
            escape(finding.message),
            numbers,
            f"[bold]To do:[/] {escape(finding.advice)}",
        ),
        title=f"[{style}]{finding.severity}[/] [bold]{finding.code}[/]",
        subtitle=f"[dim]{page(finding.code)}[/]",
        title_align="left",
        subtitle_align="right",
    )


def _lines(finding: Finding) -> list[str]:
    evidence = ", ".join(f"{name} = {_short(value)}" for name, value in finding.evidence.items())
    return [
        f"{finding.severity} {finding.code} ({finding.where})",
        f"  {finding.message}",
        f"  evidence: {evidence}",
        f"  to do: {finding.advice}",
        f"  more: {page(finding.code)}",
    ]


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_short(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_short(item) for item in value) or "none"
    return str(value)
