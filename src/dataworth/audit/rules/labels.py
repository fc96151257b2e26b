"""Targets that can't be learned from: one class, scaled labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dataworth._util.printable import short_name
from dataworth.audit.view import Samples
from dataworth.errors import LabelError
from dataworth.findings import Finding
from dataworth.tasks.labels import LabelColumn

EMNIST_CLASSES = {62: "byclass", 47: "bymerge and balanced", 26: "letters", 10: "digits and mnist"}
_NAMED = 10


def class_findings(samples: Samples) -> list[Finding]:
    """Check the number of output columns, and which classes have samples."""
    return [*_outputs(samples), *_missing(samples), *_single(samples)]


def _outputs(samples: Samples) -> list[Finding]:
    classes = int(samples.source.get("classes_in_file", samples.dataset.classes))
    if samples.outputs == classes:
        return []
    if samples.outputs < classes:
        consequence = (
            f"{classes - samples.outputs} classes can't be distinguished or have no column"
        )
    else:
        consequence = f"{samples.outputs - classes} columns have no class and are trained to be 0"
    return [
        Finding(
            code="outputs-against-classes",
            severity="error" if samples.outputs < classes else "warning",
            where=f"{samples.name}, output layer",
            message=(
                f"The network has {samples.outputs} output columns and the data have {classes} "
                f"classes: {consequence}.{_emnist_hint(samples.outputs, classes)}"
            ),
            evidence={"outputs": samples.outputs, "classes": classes},
            advice=f"Give the network {classes} outputs, or check that this is the right split.",
        )
    ]


def _emnist_hint(outputs: int, classes: int) -> str:
    if outputs not in EMNIST_CLASSES or classes not in EMNIST_CLASSES:
        return ""
    return (
        f" {outputs} is the number of classes of EMNIST {EMNIST_CLASSES[outputs]}; {classes} that "
        f"of {EMNIST_CLASSES[classes]}: were the splits confused?"
    )


def _missing(samples: Samples) -> list[Finding]:
    counts = np.bincount(samples.labels, minlength=samples.dataset.classes)
    held_counts = np.bincount(samples.split.held_out.y, minlength=samples.dataset.classes)
    missing = np.flatnonzero(counts == 0)
    if len(missing) == 0 or np.count_nonzero(counts) == 1:
        return []
    tested = int(held_counts[missing].sum())
    message = f"{len(missing)} of {len(counts)} classes have no training sample: "
    message += f"{_names(samples, missing)}."
    if tested:
        message += f" {tested:,} held-out samples are of these classes and can't be got right."
    return [
        Finding(
            code="classes-missing",
            severity="warning",
            where=f"{samples.name}, training labels",
            message=message,
            evidence={
                "classes": len(counts),
                "without_training_samples": len(missing),
                "class_indices": missing[:_NAMED].tolist(),
                "held_out_samples_of_these": tested,
            },
            advice=(
                "If files are missing, add them. If these classes don't exist, remove them from "
                "the class names, and number the labels of the others from 0 on."
            ),
        )
    ]


def _single(samples: Samples) -> list[Finding]:
    """`class-of-one-row`: classes that are trained on or held out, but not both."""
    dataset = samples.dataset
    counts = np.bincount(dataset.y, minlength=dataset.classes)
    if dataset.y_test is not None:
        counts += np.bincount(dataset.y_test, minlength=dataset.classes)
    single = np.flatnonzero(counts == 1)
    if len(single) == 0 or np.count_nonzero(counts) == 1:
        return []
    have = "class has" if len(single) == 1 else "classes have"
    return [
        Finding(
            code="class-of-one-row",
            severity="warning",
            where=f"{samples.name}, labels",
            message=(
                f"{len(single)} of {len(counts)} {have} one row: {_names(samples, single)}. "
                "It is either trained on or held out, so nothing is measured of such a class."
            ),
            evidence={
                "classes": len(counts),
                "classes_of_one_row": len(single),
                "class_indices": single[:_NAMED].tolist(),
            },
            advice=(
                "Add rows of these classes, join them with others, or remove them; if a label "
                "is misspelt, correct it."
            ),
        )
    ]


def _names(samples: Samples, indices: NDArray[np.int64]) -> str:
    """The names of the first few classes, and how many more there are."""
    names = [short_name(samples.dataset.class_names[index]) for index in indices[:_NAMED]]
    more = "" if len(indices) <= _NAMED else f" and {len(indices) - _NAMED} more"
    return f"{', '.join(names)}{more}"


def label_findings(samples: Samples) -> list[Finding]:
    """Check the targets: how the label column was read, and how many classes it gives."""
    findings = []
    if "labels_as_read" in samples.source:
        column = LabelColumn.from_mapping(samples.source["labels_as_read"])
        findings += column_findings(column, samples.name)
    return findings + one_class_findings(samples.labels, samples)


def column_findings(column: LabelColumn, where: str) -> list[Finding]:
    """Check a raw label column: `labels-scaled` where its values aren't whole numbers."""
    if column.whole:
        return []
    return [
        Finding(
            code="labels-scaled",
            severity="error",
            where=f"{where}, label column",
            message=f"{_what_was_done(column)} {_what_becomes_of_it(column)}",
            evidence=column.to_mapping(),
            advice=(
                "Scale the feature columns alone (x = frame.iloc[:, 1:] / 255) and leave the "
                "label column as it was read."
            ),
        )
    ]


def label_error_findings(error: LabelError, where: str) -> list[Finding]:
    """What labels that `Dataset` refused have to say; nothing where some are not finite."""
    if not np.isfinite(error.labels).all():
        return []
    return column_findings(LabelColumn.of(error.labels), where)


def _what_was_done(column: LabelColumn) -> str:
    seen = (
        f"{column.distinct:,} distinct labels run from {column.minimum:.6g} to {column.maximum:.6g}"
    )
    if column.times_255_whole:
        return (
            f"{seen}, and times 255 all are whole: the label column was divided by 255 together "
            "with the pixels."
        )
    if column.step is not None:
        return (
            f"{seen} in steps of {column.step:.6g}: the label column was scaled or standardised "
            "together with the features."
        )
    return f"{seen} and aren't whole numbers: these are not classes."


def _what_becomes_of_it(column: LabelColumn) -> str:
    if column.classes_after_int == 1:
        return "Cut to whole numbers, as to_categorical does, every target is the same class."
    return f"Cut to whole numbers, {column.classes_after_int:,} classes are left."


def one_class_findings(labels: NDArray[np.int64], samples: Samples) -> list[Finding]:
    """`one-class-targets`: every training target is the same class."""
    present = np.unique(labels)
    if len(present) > 1:
        return []
    only = int(present[0])
    return [
        Finding(
            code="one-class-targets",
            severity="error",
            where=f"{samples.name}, training labels",
            message=(
                f"All {len(labels):,} training targets are class {only} "
                f"({short_name(samples.dataset.class_names[only])}): "
                "a network that always predicts it is right, "
                "and its loss falls to the floor of its arithmetic."
            ),
            evidence={"rows": len(labels), "classes_present": 1, "class_index": only},
            advice="Check the label column: is it scaled, cut off, or the wrong column?",
        )
    ]
