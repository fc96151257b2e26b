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

    On half of up to 10,000 rows each value of a feature is given its most common class (a feature
    of more than 256 values: each row keeps its own); on the other half the errors of that rule
    (of the nearest value's class) are counted. The finding needs
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
    """Errors on the second half of the rule of one feature that the first half teaches."""
    values = np.unique(column)
    if len(values) > _VALUES:
        guesses = _nearest(column[:half], labels[:half], column[half:])
    else:
        cells, classes = np.searchsorted(values, column), int(labels.max()) + 1
        seen = cells[:half] * classes + labels[:half]
        table = np.bincount(seen, minlength=len(values) * classes).reshape(-1, classes)
        guesses = table.argmax(axis=1)[cells[half:]]
    return int((guesses != labels[half:]).sum())


def _nearest(
    known: NDArray[Any], labels: NDArray[np.int64], asked: NDArray[Any]
) -> NDArray[np.int64]:
    """The label of the nearest known value of the feature."""
    order = np.argsort(known)
    known = known[order]
    above = np.clip(np.searchsorted(known, asked), 1, len(known) - 1)
    closer_below = asked - known[above - 1] < known[above] - asked
    guesses: NDArray[np.int64] = labels[order[above - closer_below]]
    return guesses


def _place(feature: int, samples: Samples) -> str:
    shape = samples.dataset.shape
    if len(shape) == 1:
        return f"feature {feature}"
    index = ", ".join(str(int(i)) for i in np.unravel_index(feature, shape))
    return f"feature [{index}]"
