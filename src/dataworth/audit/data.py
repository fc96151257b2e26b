"""The audit of data: a data set as a study uses it, or raw arrays as they were read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.audit.figures import worst_first
from dataworth.audit.rules.features import feature_findings
from dataworth.audit.rules.labels import class_findings, label_findings
from dataworth.audit.rules.leaks import duplicate_findings, leak_findings
from dataworth.audit.rules.rows import first_row_findings, header_findings, order_findings
from dataworth.audit.rules.sides import group_findings, rare_class_findings
from dataworth.audit.view import Samples
from dataworth.data import frames
from dataworth.data.dataset import Dataset
from dataworth.data.forms import form
from dataworth.data.splits import DEFAULT_HELD_OUT, Split, split, without_held_out
from dataworth.findings import Finding
from dataworth.tasks.base import Task
from dataworth.tasks.labels import LabelColumn
from dataworth.tasks.missing import as_column

Check = Callable[[Samples], list[Finding]]

_CHECKS: tuple[Check, ...] = (
    label_findings,
    class_findings,
    first_row_findings,
    order_findings,
    feature_findings,
    leak_findings,
    duplicate_findings,
    group_findings,
    rare_class_findings,
)
_OF_CLASSES: frozenset[Check] = frozenset(
    {label_findings, class_findings, order_findings, leak_findings, rare_class_findings}
)
"""Checks of data whose task is classification."""
_OF_ARRAYS: frozenset[Check] = frozenset({first_row_findings, feature_findings, leak_findings})
"""Checks of features that are an array of numbers."""


def audit_dataset(
    dataset: Dataset,
    *,
    parts: Split | None = None,
    outputs: int | None = None,
    subset_method: str | None = None,
    sizes: Sequence[int] = (),
    model_scales: Mapping[str, float] | None = None,
    at_least: int = 0,
    standardized: bool = False,
) -> list[Finding]:
    """Check data before anything is trained on them.

    Every label is checked and every row compared with the held-out samples, block by block; the
    other checks use up to 10,000 rows.

    Parameters
    ----------
    dataset : Dataset
    parts : Split, optional
        The held-out samples; the official ones, or a fifth of the rows, by default.
    outputs : int, optional
        Number of the network's output columns; the number of classes by default.
    subset_method : {"nested", "prefix"}, optional
        How subsets will be taken.
    sizes : sequence of int
        Numbers of training samples that will be taken.
    model_scales : mapping of str to float, optional
        Factors by which layers of the model multiply its features again, by the layer's name.
    at_least : int
        Rows of each class that every subset will hold.
    standardized : bool
        Whether the learner standardises the features, whatever their range.

    Returns
    -------
    list of Finding
        Errors first; empty for data with nothing to say about.
    """
    samples = Samples(
        dataset=dataset,
        split=_parts(dataset) if parts is None else parts,
        outputs=dataset.classes if outputs is None else outputs,
        subset=subset_method,
        sizes=tuple(sizes),
        model_scales=model_scales or {},
        at_least=at_least,
    )
    checks = [
        check
        for check in _CHECKS
        if (dataset.classes or check not in _OF_CLASSES)
        and (dataset.form == "array" or check not in _OF_ARRAYS)
        and not (standardized and check is feature_findings)
    ]
    return worst_first([finding for check in checks for finding in check(samples)])


def audit_arrays(
    x: Any,
    y: ArrayLike,
    x_test: Any = None,
    y_test: ArrayLike | None = None,
    *,
    outputs: int | None = None,
    task: Task | str | None = None,
    name: str = "data",
) -> list[Finding]:
    """Check arrays as they would be given to a network.

    Labels may be anything, fractions included, which `Dataset` refuses.

    Parameters
    ----------
    x : array_like or DataFrame, shape (n, ...)
    y : array_like, shape (n,), (n, 1) or (n, n_classes)
    x_test, y_test : optional
        Held-out samples.
    outputs : int, optional
        Number of the network's output columns; of one-hot labels as many as they have by default.
    task : {"classification", "regression"} or Task, optional
        What is predicted; see `Dataset`.
    name : str
        What findings call the data.

    Raises
    ------
    DataError
        If lengths or shapes disagree, a feature is not finite, or a label is missing.
    LabelError
        If labels look like a quantity, and `task` does not say what they are.
    """
    findings = []
    columns = getattr(x, "columns", None)
    if columns is not None:
        findings += header_findings([str(column) for column in columns], name)
    labels = _one_column(y, "y")
    held_labels = None if y_test is None else _one_column(y_test, "y_test")
    if outputs is None and labels.ndim == 2:
        # One-hot rows: classes without a sample have a column all the same.
        outputs = labels.shape[1]
    names, source = None, {}
    if task is None and _is_fractional(labels):
        source = {"labels_as_read": LabelColumn.of(labels).to_mapping()}
        labels, held_labels, names = _each_value_a_class(labels, held_labels)
    dataset = Dataset(
        _as_numbers(x),
        labels,
        None if x_test is None else _as_numbers(x_test),
        held_labels,
        task=task,
        class_names=names,
        name=name,
        source=source,
    )
    return worst_first(findings + audit_dataset(dataset, outputs=outputs))


def _as_numbers(x: Any) -> Any:
    """Numbers as an array; a frame with other columns, texts and items as they are."""
    if form(x) == "frame":
        is_numeric = set(frames.kinds_of(x).values()) <= {"number", "bool"}
        return np.asarray(x) if is_numeric else x
    return np.asarray(x) if form(x) == "array" else x


def _parts(dataset: Dataset) -> Split:
    if dataset.y_test is not None or round(DEFAULT_HELD_OUT * dataset.samples) > 0:
        return split(dataset)
    return without_held_out(dataset)


def _one_column(y: ArrayLike, which: str) -> NDArray[Any]:
    """Labels as they were read; a single column of a table as one dimension."""
    labels = as_column(y, which)
    return labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _is_fractional(labels: NDArray[Any]) -> bool:
    if labels.ndim != 1 or labels.dtype.kind != "f" or not np.isfinite(labels).all():
        return False
    return bool((labels % 1).any())


def _each_value_a_class(
    labels: NDArray[Any], held_labels: NDArray[Any] | None
) -> tuple[NDArray[Any], NDArray[Any] | None, list[str]]:
    pooled = labels if held_labels is None else np.concatenate([labels, held_labels])
    values, indices = np.unique(pooled, return_inverse=True)
    held = None if held_labels is None else indices[len(labels) :]
    return indices[: len(labels)], held, [str(value) for value in values]
