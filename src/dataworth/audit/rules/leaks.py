"""Rules on leakage: held-out samples in the training set, and the label among the features."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import format_percent
from dataworth.audit.row_digests import row_digests
from dataworth.audit.view import Samples
from dataworth.data.dataset import Dataset
from dataworth.findings import Finding, Severity

_SHARED_WARNING, _SHARED_ERROR = 0.001, 0.02
_FEW_FEATURES = 64


def duplicate_findings(samples: Samples) -> list[Finding]:
    """`held-out-in-training`: count held-out samples whose features also are a training row's.

    Rows are compared by 128-bit BLAKE2b digests, for which a chance match among a million rows
    has a probability below 1e-26; rows of frames by 64-bit hashes, for which it is below 1e-6.
    """
    pool, held_out = samples.split.pool, samples.split.held_out
    official = samples.split.official
    held_data = cast(Dataset, held_out.data)
    held = list(row_digests(held_data.x, None if official else held_out.rows))
    if not held:
        return []
    wanted = set(held)
    trained = row_digests(samples.dataset.x, None if official else pool.rows)
    shared = {digest for digest in trained if digest in wanted}
    if not shared:
        return []
    rows = [row for row, digest in enumerate(held) if digest in shared]
    share = len(rows) / len(held)
    return [
        Finding(
            code="held-out-in-training",
            severity=_severity(share, samples.features),
            where=f"{samples.name}, held-out row {rows[0]}",
            message=(
                f"{len(rows):,} of {len(held):,} held-out samples ({format_percent(share, 2)}) "
                "have exactly the features of a training sample: the loss may be better than on "
                "new data."
            ),
            evidence={
                "held_out": len(held),
                "also_in_training": len(rows),
                "share": share,
                "distinct": len(shared),
                "first_held_out_rows": rows[:5],
            },
            advice=(
                "Drop repeated samples before splitting, or split by what they come from (writer, "
                "patient, day)."
            ),
        )
    ]


def _severity(share: float, features: int) -> Severity:
    # Samples with few features can coincide by chance.
    if share < _SHARED_WARNING:
        return "info"
    return "error" if share >= _SHARED_ERROR and features >= _FEW_FEATURES else "warning"


_ROWS = 10_000
_LEAST_ROWS = 40
_VALUES = 256
_RARE = 1e-6
_LABEL_ERROR, _LABEL_WARNING = 0.002, 0.01


def leak_findings(samples: Samples) -> list[Finding]:
    """`label-in-feature`: a single feature that predicts the class nearly perfectly.

    On half of up to 10,000 rows a rule is learned for each feature: the most common class of each
    value, or, for a feature with more than 256 values, the class of the nearest value. Its errors
    are counted on the other half. The finding needs fewer than 1 % (error: 0.2 %) of the errors of
    always predicting the most common class, and a binomial probability of so few errors below 1e-6,
    divided by the number of features.
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
    if share >= _LABEL_WARNING or chance * len(errors) >= _RARE:
        return []
    place = _place(best, samples)
    return [
        Finding(
            code="label-in-feature",
            severity="error" if share < _LABEL_ERROR else "warning",
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
                "features_as_good": int((errors <= _LABEL_WARNING * baseline).sum()),
                "binomial_probability": chance,
            },
            advice="Remove from the features the label's column and all columns computed from it.",
        )
    ]


def _errors(column: NDArray[Any], labels: NDArray[np.int64], half: int) -> int:
    """Errors on the second half, of the rule of one feature that is learned on the first half."""
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
