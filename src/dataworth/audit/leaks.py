"""The label visible in a feature: one column that tells the class by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.audit.samples import Samples
from dataworth.findings import Finding

_ROWS = 10_000
_LEAST_ROWS = 40
_VALUES = 256
_RARE = 1e-6
_ERROR, _WARNING = 0.002, 0.01


def leak_findings(samples: Samples) -> list[Finding]:
    """`label-in-feature`: a rule of one feature that is right nearly always.

    On half of up to 10,000 rows each value of a feature (or each of 256 quantile bins) is given
    its most common class; on the other half the rule's errors are counted. The finding needs
    fewer than 1 % (error: 0.2 %) of the errors of always saying the most common class, and a
    binomial probability of so few errors below 1e-6, divided by the number of features.
    """
    from scipy.special import bdtr  # slow to import

    features, labels = samples.some(_ROWS)
    half = len(labels) // 2
    if half < _LEAST_ROWS or len(np.unique(labels[:half])) < 2:
        return []
    most_common = int(np.bincount(labels[:half]).argmax())
    baseline = int((labels[half:] != most_common).sum())
    errors = np.array([_errors(column, labels, half) for column in features.T])
    best = int(errors.argmin())
    share = errors[best] / max(baseline, 1)
    rows = len(labels) - half
    chance = float(bdtr(errors[best], rows, baseline / rows))
    if share >= _WARNING or chance * len(errors) >= _RARE:
        return []
    place = _place(best, samples)
    return [
        Finding(
            code="label-in-feature",
            severity="error" if share < _ERROR else "warning",
            where=f"{samples.name}, {place}",
            message=(
                f"{place.capitalize()} alone tells the class: {int(errors[best]):,} errors on "
                f"{rows:,} rows, where always saying the most common class makes {baseline:,}."
            ),
            evidence={
                "feature": best,
                "errors": int(errors[best]),
                "errors_of_most_common_class": baseline,
                "rows": rows,
                "features_as_good": int((errors <= _WARNING * baseline).sum()),
                "binomial_probability": chance,
            },
            advice="Take the label's column, and whatever was made from it, out of the features.",
        )
    ]


def _errors(column: NDArray[Any], labels: NDArray[np.int64], half: int) -> int:
    """Errors on the second half of the best rule of one feature, learned on the first half."""
    cells, count = _cells(column, half)
    classes = int(labels.max()) + 1
    table = np.bincount(cells[:half] * classes + labels[:half], minlength=count * classes)
    rule = table.reshape(count, classes).argmax(axis=1)
    return int((rule[cells[half:]] != labels[half:]).sum())


def _cells(column: NDArray[Any], half: int) -> tuple[NDArray[np.int64], int]:
    if column.dtype == np.uint8:
        return column.astype(np.int64), _VALUES
    values = np.unique(column)
    if len(values) > _VALUES:
        values = np.unique(np.quantile(column[:half], np.linspace(0, 1, min(_VALUES, half // 8))))
    return np.searchsorted(values, column).astype(np.int64), len(values) + 1


def _place(feature: int, samples: Samples) -> str:
    shape = samples.dataset.shape
    if len(shape) == 1:
        return f"feature {feature}"
    index = ", ".join(str(int(i)) for i in np.unravel_index(feature, shape))
    return f"feature [{index}]"
