"""Output columns against classes: too few, too many, never seen."""

from __future__ import annotations

import numpy as np

from dataworth.audit.samples import Samples
from dataworth.findings import Finding

EMNIST_CLASSES = {62: "byclass", 47: "bymerge and balanced", 26: "letters", 10: "digits and mnist"}
_NAMED = 10


def class_findings(samples: Samples) -> list[Finding]:
    """Look at the number of output columns and at the classes that have samples."""
    return [*_outputs(samples), *_missing(samples)]


def _outputs(samples: Samples) -> list[Finding]:
    classes = int(samples.source.get("classes_in_file", samples.dataset.classes))
    if samples.outputs == classes:
        return []
    if samples.outputs < classes:
        consequence = f"{classes - samples.outputs} classes can't be told apart or have no column"
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
            advice=f"Give the network {classes} outputs, or check that this split was meant.",
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
    held_counts = np.bincount(samples.split.y_test, minlength=samples.dataset.classes)
    missing = np.flatnonzero(counts == 0)
    if len(missing) == 0 or np.count_nonzero(counts) == 1:
        return []
    names = [samples.dataset.class_names[index] for index in missing[:_NAMED]]
    more = "" if len(missing) <= _NAMED else f" and {len(missing) - _NAMED} more"
    tested = int(held_counts[missing].sum())
    message = f"{len(missing)} of {len(counts)} classes have no training sample: "
    message += f"{', '.join(names)}{more}."
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
                "If labels start at 1, subtract 1; if files are missing, add them; otherwise give "
                "the class names of the classes that are there."
            ),
        )
    ]
