"""`audit`: dispatch on what is audited."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth.audit.data import audit_arrays, audit_dataset
from dataworth.audit.rules.labels import label_error_findings
from dataworth.audit.rules.rows_of_curves import several_findings
from dataworth.audit.runs import audit_curve, audit_run
from dataworth.curves import names
from dataworth.curves.curve import Curve
from dataworth.curves.read import load_curve
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, LabelError
from dataworth.findings import Finding
from dataworth.metrics.registry import find
from dataworth.records.layout import RESULTS_FILE, STUDY_FILE
from dataworth.sources import load
from dataworth.sources.columns import LABEL_NAMES
from dataworth.tasks.base import Task

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def audit(
    thing: Any = None,
    *,
    x: Any = None,
    y: ArrayLike | None = None,
    x_test: Any = None,
    y_test: ArrayLike | None = None,
    outputs: int | None = None,
    task: Task | str | None = None,
    data_options: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Look for what makes figures untrue: in data, in a curve, in a run directory.

    Parameters
    ----------
    thing : Dataset, Curve, (x, y), path or str
        A data set; a curve; a pair of arrays; a run directory; a file of measurements (see
        `load_curve`), known by its columns of a number of samples and of a metric; or data by
        name, file or folder (`dataworth.load`).
    x, y, x_test, y_test : array_like, optional
        Arrays in place of `thing`. Labels may be fractions, which `Dataset` refuses.
    outputs : int, optional
        Number of output columns of the network to be trained; for data only.
    task : {"classification", "regression"} or Task, optional
        What is predicted, for arrays; see `Dataset`.
    data_options : mapping, optional
        Further options of `dataworth.load`, such as ``{"label": 0}``, where `thing` is a name or
        a path of data.

    Returns
    -------
    list of Finding
        Errors first; empty without findings.

    Raises
    ------
    DataError, StudyError
        If there is nothing to check, or it can't be read.
    """
    if data_options and not isinstance(thing, str | os.PathLike):
        raise DataError(
            f"data_options: {', '.join(data_options)}; only for data that `thing` names.",
            code="options-conflict",
        )
    if thing is None:
        if x is None or y is None:
            raise DataError(
                "audit() was given nothing to check: give a thing, or x and y.",
                code="nothing-given",
            )
        return audit_arrays(x, y, x_test, y_test, outputs=outputs, task=task)
    if isinstance(thing, Dataset):
        return audit_dataset(thing, outputs=outputs)
    if isinstance(thing, Curve):
        return audit_curve(thing)
    if isinstance(thing, str | os.PathLike):
        return _audit_place(thing, outputs, data_options or {})
    if isinstance(thing, tuple) and len(thing) == 2:
        return audit_arrays(*thing, outputs=outputs, task=task)
    raise DataError(
        f"audit() cannot check {type(thing).__name__}; expected a Dataset, a Curve, a pair "
        "(x, y), a run directory, a file of measurements, or data by name or path.",
        code="wrong-type",
    )


def _audit_place(
    place: str | os.PathLike[str], outputs: int | None, data_options: Mapping[str, Any]
) -> list[Finding]:
    path = Path(place)
    # A run directory without results is reported as such: its curve.csv is no data.
    if (path / RESULTS_FILE).exists() or (path / STUDY_FILE).is_file():
        if data_options:
            raise DataError(
                f"{place} is a run directory, and {', '.join(data_options)} says how data are "
                "read. Omit it.",
                code="options-conflict",
            )
        return audit_run(path)
    # With options for data it is data, also if its columns are named as those of measurements.
    if not data_options and path.is_file() and _is_measurements(path):
        try:
            return audit_curve(load_curve(path))
        except DataError as error:
            found = several_findings(error, str(place))
            if not found:
                raise
            return found
    try:
        dataset = load(place, **data_options)
    except LabelError as error:
        found = label_error_findings(error, str(place))
        if not found:
            raise
        return found
    return audit_dataset(dataset, outputs=outputs)


def _is_measurements(path: Path) -> bool:
    """Whether a file holds a curve, by its form or by the names of its columns."""
    # No data are read from these.
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson", ".xlsx"):
        return True
    with path.open("rb") as file:
        line = file.readline(4096).decode("utf-8-sig", "replace")
    # As R writes them, names are quoted.
    header = [cell.strip().strip('"') for cell in re.split("[,;\t]", line)]
    if {"samples", "value"} <= set(header):
        return True
    keys = {names.key(name) for name in header}
    # Without a label such a table could not be read as data.
    is_data = not keys.isdisjoint(LABEL_NAMES)
    return not is_data and bool(keys & names.SAMPLES) and any(map(find, header))
