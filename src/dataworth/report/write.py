"""Writing a report: the page of a run directory, or of several side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataworth._util.files import atomic_write
from dataworth.records.layout import REPORT_FILE
from dataworth.report.page import page_html
from dataworth.report.study_report import read_runs


def write_report(
    directory: str | os.PathLike[str], out: str | os.PathLike[str] | None = None
) -> Path:
    """Write the page of a run directory.

    Parameters
    ----------
    directory : path
        Of a study that was run.
    out : path, optional
        The file; ``report.html`` in the run directory by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StudyError
        If the directory holds no finished run, or the file cannot be written.
    """
    return write_comparison([directory], Path(directory) / REPORT_FILE if out is None else out)


def write_comparison(
    directories: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]
) -> Path:
    """Write one page of several run directories, each of one model or of several.

    Where two have one name, the paths name them.

    Raises
    ------
    StudyError
        If a directory holds no finished run, or the file cannot be written.
    """
    read = [(directory, read_runs(directory)) for directory in directories]
    reports = [report for _, each in read for report in each]
    if len({report.name for report in reports}) < len(reports):
        reports = [
            replace(
                report, name=str(directory) if len(each) == 1 else f"{directory}: {report.name}"
            )
            for directory, each in read
            for report in each
        ]
    advice = "Free some space, or choose another place (dataworth report DIR -o FILE)."
    return atomic_write(Path(out), page_html(reports), advice)
