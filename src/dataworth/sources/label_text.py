"""Labels that were read as text: which of them are whole numbers, and which are no labels."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.class_labels import WHOLE_BELOW, label_error
from dataworth.errors import DataError
from dataworth.sources.csv_columns import is_number
from dataworth.sources.recipe import Part

# As people, pandas (3.0) and numpy.savetxt (3.000e+00) write a whole number, and nothing else:
# 007 and 1e5 are names just as well.
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,15})(\.0*)?|-?\d\.\d+e[+-]\d\d", re.ASCII)
_STRAY_SHARE = 0.01

Split = tuple[Part, NDArray[Any]]
"""A part and its labels."""


def plain_labels(labels: NDArray[np.str_]) -> NDArray[Any]:
    """Text as ``int64`` if all of it is plainly whole numbers; else as it is, with 3.0 as 3.

    Parameters
    ----------
    labels : ndarray of str, shape (n,)

    Returns
    -------
    ndarray of int64 or str, shape (n,)
        Different texts stay different labels, unless both are plain forms of one number.
    """
    texts = labels.tolist()
    numbers = {text: whole_number(text) for text in set(texts)}
    if None not in numbers.values():
        return np.array([numbers[text] for text in texts], np.int64)
    names = {text: text if value is None else str(value) for text, value in numbers.items()}
    return np.array([names[text] for text in texts])


def whole_number(text: str) -> int | None:
    """The whole number that a text plainly is, if it is one below 2**53; else None."""
    if not _WHOLE.fullmatch(text):
        return None
    value = Decimal(text)
    inside = -WHOLE_BELOW < value < WHOLE_BELOW
    return int(value) if inside and value == value.to_integral_value() else None


def refuse_strays(splits: Sequence[Split]) -> None:
    """Refuse a label that is no number where the others are, and fractions.

    Labels are words if half of them, or more than one and more than 1 %, are no numbers.

    Raises
    ------
    DataError
        For the first stray label; the message names file and row.
    LabelError
        If all labels are numbers and some are fractions.
    """
    if all(y.dtype.kind != "U" for _, y in splits):
        return
    counts = Counter(text for _, y in splits for text in y.astype(str).tolist())
    values = {text: _number(text) for text in counts}
    if _are_words(counts, values):
        return
    for part, y in splits:
        numbers = np.empty(len(y), np.float64)
        for sample, text in enumerate(y.astype(str).tolist()):
            value = values[text]
            if value is None or not math.isfinite(value):
                raise DataError(f"{part.place(sample)}: the label {text!r} {_what_is_wrong(value)}")
            numbers[sample] = value
        if (numbers % 1).any() and (error := label_error(numbers, part.place)):
            raise error


def _are_words(counts: Counter[str], values: Mapping[str, float | None]) -> bool:
    words = sum(count for text, count in counts.items() if values[text] is None)
    few = words <= max(1, _STRAY_SHARE * counts.total()) and words < counts.total() - words
    return words > 0 and not few


def _what_is_wrong(value: float | None) -> str:
    if value is not None:
        return "is not finite. Fill the gap, or remove the row."
    return (
        "is no number, and the other labels are. Correct it, or remove the row; if it is a class "
        "of its own, give it a number too, or give every class a name."
    )


def _number(text: str) -> float | None:
    return float(text or "nan") if is_number(text) else None
