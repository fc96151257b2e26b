"""Construction of a `Dataset` from the files of a recipe, or from arrays read before."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.numbers import is_number
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, LabelError
from dataworth.sources.plan import NotPixelsError, Part, Recipe
from dataworth.tasks.labels import WHOLE_BELOW, label_error
from dataworth.tasks.missing import MISSING, MISSING_NUMBER
from dataworth.tasks.prepare import regression_of

# Whole numbers as written by hand, by pandas (3.0) and by numpy.savetxt (3.000e+00). 007 and 1e5
# are not matched: they may be names.
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,15})(\.0*)?|-?\d\.\d+e[+-]\d\d", re.ASCII)
_STRAY_SHARE = 0.01

Split = tuple[Part, NDArray[Any]]
"""A part and its labels."""


def plain_labels(labels: NDArray[np.str_]) -> NDArray[Any]:
    """Convert text to ``int64`` if all of it is whole numbers; else keep it, with 3.0 as 3.

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
    """The whole number that a text represents, if it is below 2**53; else None."""
    if not _WHOLE.fullmatch(text):
        return None
    value = Decimal(text)
    inside = -WHOLE_BELOW < value < WHOLE_BELOW
    return int(value) if inside and value == value.to_integral_value() else None


def refuse_strays(splits: Sequence[Split]) -> None:
    """Refuse a label that is not a number where most labels are, and fractions.

    Labels are words if half of them, or more than one and more than 1 %, are not numbers.

    Raises
    ------
    DataError
        For the first such label, and for one that is missing; the message names file and row.
    LabelError
        If all labels are numbers and some are fractions.
    """
    if all(y.dtype.kind != "U" for _, y in splits):
        return
    counts = Counter(text for _, y in splits for text in y.astype(str).tolist())
    values = {text: _number(text) for text in counts}
    if _are_words(counts, values):
        _refuse_missing(splits, values)
        return
    for part, y in splits:
        numbers = np.empty(len(y), np.float64)
        for sample, text in enumerate(y.astype(str).tolist()):
            value = values[text]
            if value is None or not math.isfinite(value):
                raise DataError(
                    f"{part.place(sample)}: the label {text!r} {_what_is_wrong(value)}",
                    code="label-not-a-class",
                )
            numbers[sample] = value
        if (numbers % 1).any() and (error := label_error(numbers, part.place)):
            raise error


def _refuse_missing(splits: Sequence[Split], values: Mapping[str, float | None]) -> None:
    """Refuse a word that stands for a missing label."""
    numeric = {text for text, value in values.items() if value is not None}
    signs = MISSING_NUMBER if numeric and set(values) - numeric <= {*MISSING_NUMBER} else MISSING
    for part, y in splits:
        for sample in np.flatnonzero(np.isin(y.astype(str), signs))[:1].tolist():
            raise DataError(
                f"{part.place(sample)}: the label is {str(y[sample])!r}, which stands for a "
                "missing one. Fill it in, or remove the row; a class needs another name.",
                code="value-missing",
            )


def _are_words(counts: Counter[str], values: Mapping[str, float | None]) -> bool:
    words = sum(count for text, count in counts.items() if values[text] is None)
    few = words <= max(1, _STRAY_SHARE * counts.total()) and words < counts.total() - words
    return words > 0 and not few


def _what_is_wrong(value: float | None) -> str:
    if value is not None:
        return "is not finite. Fill the gap, or remove the row."
    return (
        "is not a number, and the other labels are. Correct it, or remove the row; if it is a "
        "class of its own, give it a number too, or give every class a name."
    )


def _number(text: str) -> float | None:
    return float(text or "nan") if is_number(text) else None


def read_to_memory(recipe: Recipe) -> Dataset:
    """Read all files of `recipe` into memory."""
    try:
        return _assemble(recipe, pixels=True)
    except NotPixelsError:
        return _assemble(recipe, pixels=False)


def _assemble(recipe: Recipe, pixels: bool) -> Dataset:
    x, y = _gather(recipe.train, pixels)
    x_test, y_test = _gather(recipe.test, pixels) if recipe.test else (None, None)
    return dataset_of(recipe, x, y, x_test, y_test)


def _gather(part: Part, pixels: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    blocks = list(part.blocks(pixels))
    require_samples(part, len(blocks))
    y = np.concatenate([block.y for block in blocks])
    features = [block.x for block in blocks]
    del blocks
    if len(features) == 1:
        return features[0], y
    x = np.empty((len(y), *features[0].shape[1:]), features[0].dtype)
    start = 0
    while features:
        block = features.pop(0)
        x[start : start + len(block)] = block
        start += len(block)
    return x, y


def dataset_of(
    recipe: Recipe,
    x: NDArray[Any],
    y: NDArray[Any],
    x_test: NDArray[Any] | None,
    y_test: NDArray[Any] | None,
    class_names: tuple[str, ...] | None = None,
    known_fingerprint: str | None = None,
) -> Dataset:
    """Make the data set of `recipe` from these arrays.

    Raises
    ------
    DataError
        If a label or a feature cannot be used; the message names the file, and the row.
    """
    splits: list[tuple[Part, NDArray[Any], NDArray[Any]]] = [(recipe.train, x, y)]
    if recipe.test is not None and x_test is not None and y_test is not None:
        splits.append((recipe.test, x_test, y_test))
    number = regression_of(recipe.task) is not None
    if number:
        y, y_test = _values(recipe.train, y), _values(recipe.test, y_test)
    else:
        refuse_strays([(part, y) for part, _, y in splits])
    files = [str(entry) for entry in recipe.entries]
    try:
        return Dataset(
            x,
            y,
            x_test,
            y_test,
            task=recipe.task,
            class_names=class_names or recipe.class_names,
            name=recipe.name,
            scale=recipe.scale,
            source={"files": files, **recipe.identity},
            known_fingerprint=known_fingerprint,
        )
    except DataError as error:
        raise _first_fault(splits, number) or _in_files(error, files) from None


def _in_files(error: DataError, files: Sequence[str]) -> DataError:
    """The same error, with the files before its message."""
    message = f"{', '.join(dict.fromkeys(files))}: {error}"
    if isinstance(error, LabelError):
        return LabelError(message, code=error.code, labels=error.labels)
    return DataError(message, code=error.code)


def _first_fault(
    splits: Sequence[tuple[Part, NDArray[Any], NDArray[Any]]], number: bool
) -> DataError | None:
    """The error for the first invalid value, with its file and row."""
    for part, x, y in splits:
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            sample, feature = map(int, np.argwhere(~np.isfinite(x.reshape(len(x), -1)))[0])
            return DataError(
                f"{part.place(sample, 0)}: feature {feature + 1} is NaN, infinite or beyond "
                "float32. Fill the gap, or remove the row.",
                code="not-finite",
            )
        error = None if number else label_error(y, part.place)
        if error is not None:
            return error
    return None


def _values(part: Part | None, y: NDArray[Any] | None) -> Any:
    """The numbers of a target column, which may be read as text."""
    if part is None or y is None or y.dtype.kind not in "Uf":
        return y
    values = np.empty(len(y), np.float64)
    for sample, text in enumerate(y.tolist()):
        value = _number(text) if isinstance(text, str) else text
        if value is None or not math.isfinite(value):
            raise DataError(
                f"{part.place(sample)}: the target is {text!r}; regression expects finite numbers. "
                "Correct it, or remove the row.",
                code="not-finite" if value is not None else "not-numeric",
            )
        values[sample] = value
    return values


def require_samples(part: Part, blocks: int) -> None:
    """Refuse files without a single sample."""
    if blocks == 0:
        raise DataError(
            f"{part.entries[0]} holds no samples. Copy or download it again.", code="no-rows"
        )
