"""The report: one self-contained HTML page."""

from dataworth.report.write import write_comparison, write_report

__all__ = ["write_comparison", "write_report"]
