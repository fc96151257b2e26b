"""The report: one self-contained HTML page."""

from typing import TYPE_CHECKING

from dataworth._util.lazy import lazy_attributes

if TYPE_CHECKING:
    from dataworth.report.write import write_comparison, write_report

__all__ = ["write_comparison", "write_report"]

# The sentences of a report are used by the command line, which needs none of the rest.
lazy_attributes(__name__, dict.fromkeys(__all__, "dataworth.report.write"))
