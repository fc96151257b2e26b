"""Files of named arrays (NPZ, MAT): the roles of their arrays, and reading them in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataError
from dataworth.sources.files import Entry
from dataworth.sources.plan import Block, Part, Shape, as_features

_FEATURES = ("x", "images", "features", "data", "inputs")
_LABELS = ("y", "labels", "label", "target", "targets", "classes")
_BLOCK_BYTES = 1 << 22

Fetch = Callable[[str], NDArray[Any]]


class Names(NamedTuple):
    """The names of one split's two arrays."""

    x: str
    y: str


def names_of(entry: Entry, names: Sequence[str]) -> tuple[Names, Names | None]:
    """Find the arrays of the train split and of the test split by their names.

    Raises
    ------
    DataError
        If the names are not among the known ones.
    """
    train = _pair(names, ("_train", "train_", "")) or _pair(names, ("",))
    if train is None:
        raise DataError(
            f"{entry} holds {', '.join(names) or 'nothing'}; expected the arrays x_train, y_train "
            "and optionally x_test, y_test; or images, labels; or x, y. Rename them.",
            code="column-missing",
        )
    x, y = _found(names, ("_test", "test_"))
    if x and y:
        return train, Names(x, y)
    if x or y:
        lacking = "labels such as y_test" if x else "features such as x_test"
        raise DataError(
            f"{entry} holds {', '.join(names)}: {x or y} of the test split, and no {lacking}. "
            f"Add them, or leave {x or y} out.",
            code="option-missing",
        )
    return train, None


def _pair(names: Sequence[str], affixes: Sequence[str]) -> Names | None:
    x, y = _found(names, affixes)
    return Names(x, y) if x and y else None


def _found(names: Sequence[str], affixes: Sequence[str]) -> tuple[str | None, str | None]:
    """Find the names of the array of features and of the array of labels."""
    lower = {name.lower(): name for name in names}
    x, y = (
        next(
            (
                lower[said]
                for affix in affixes
                for word in words
                if (said := affix + word if affix.endswith("_") else word + affix) in lower
            ),
            None,
        )
        for words in (_FEATURES, _LABELS)
    )
    return x, y


def part(entry: Entry, names: Names, fetch: Fetch, shape: Shape) -> Part:
    """Make one split; `fetch` returns an array by its name, `shape` reshapes samples to images."""

    def blocks(pixels: bool) -> Iterator[Block]:
        x, y = fetch(names.x), _flat(fetch(names.y))
        if x.ndim < 2 or y.ndim < 1 or len(x) != len(y):
            raise DataError(
                f"{entry}: {names.x} has shape {x.shape} and {names.y} shape {y.shape}; expected "
                "one row of features and one label per sample."
                + (" Are the two swapped?" if y.ndim > x.ndim else ""),
                code="shape-mismatch",
            )
        if x.dtype.kind not in "biuf":
            raise DataError(
                f"{entry}: {names.x} holds {x.dtype}; expected numbers.", code="not-numeric"
            )
        step = max(1, _BLOCK_BYTES // max(1, x[:1].nbytes))
        for start in range(0, len(x), step):
            features = shape(as_features(x[start : start + step], pixels))
            yield Block(np.ascontiguousarray(features), y[start : start + step])

    return Part((entry,), blocks)


def _flat(y: NDArray[Any]) -> NDArray[Any]:
    """Flatten labels of shape (n, 1) or (1, n), as in MATLAB files, to (n,)."""
    return y.reshape(-1) if y.ndim == 2 and 1 in y.shape else y
