"""Writing a report: the page of a run directory or a curve, or of several side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataworth._util.files import atomic_write
from dataworth.curves.curve import Curve
from dataworth.curves.read import load_curve
from dataworth.records.layout import REPORT_FILE
from dataworth.report.page import page_html
from dataworth.report.study_report import RunReport, read_runs, report_of_curve

Reportable = str | os.PathLike[str] | Curve
"""A run directory, a file of measurements, or a curve."""


def write_report(thing: Reportable, out: str | os.PathLike[str] | None = None) -> Path:
    """Write the page of a run directory or of a curve.

    Parameters
    ----------
    thing : path or Curve
        The directory of a study that was run; a file of measurements (see `load_curve`); or a
        curve.
    out : path, optional
        The file; ``report.html`` in the run directory by default, for a curve in the current
        folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the file of measurements cannot be read as a curve.
    StudyError
        If the directory holds no finished run, or the page cannot be written.
    """
    if out is None:
        if isinstance(thing, Curve) or os.path.isfile(thing):
            out = REPORT_FILE
        else:
            out = Path(thing) / REPORT_FILE
    return write_comparison([thing], out)


def write_comparison(things: Sequence[Reportable], out: str | os.PathLike[str]) -> Path:
    """Write one page of several run directories, each of one model or of several, or of curves.

    Where two have one name, the paths name them.

    Raises
    ------
    DataError
        If a file of measurements cannot be read as a curve.
    StudyError
        If a directory holds no finished run, or the page cannot be written.
    """
    read = [(thing, _reports(thing)) for thing in things]
    reports = [report for _, each in read for report in each]
    if len({report.name for report in reports}) < len(reports):
        reports = [
            replace(
                report, name=_place(thing) if len(each) == 1 else f"{_place(thing)}: {report.name}"
            )
            for thing, each in read
            for report in each
        ]
    advice = "Free some space, or choose another place (dataworth report DIR -o FILE)."
    return atomic_write(Path(out), page_html(reports), advice)


def _reports(thing: Reportable) -> list[RunReport]:
    if isinstance(thing, Curve):
        return [report_of_curve(thing)]
    return [report_of_curve(load_curve(thing))] if os.path.isfile(thing) else read_runs(thing)


def _place(thing: Reportable) -> str:
    return thing.name if isinstance(thing, Curve) else str(thing)
