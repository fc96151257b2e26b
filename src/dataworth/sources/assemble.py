"""Makes a Dataset of what a recipe's files hold, in memory or from arrays that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.class_labels import label_error
from dataworth.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources.label_text import refuse_strays
from dataworth.sources.recipe import NotPixelsError, Part, Recipe


def read_to_memory(recipe: Recipe) -> Dataset:
    """Read all files of `recipe` into memory."""
    try:
        return _assemble(recipe, pixels=True)
    except NotPixelsError:
        return _assemble(recipe, pixels=False)


def _assemble(recipe: Recipe, pixels: bool) -> Dataset:
    x_train, y_train = _gather(recipe.train, pixels)
    x_test, y_test = _gather(recipe.test, pixels) if recipe.test else (None, None)
    return dataset_of(recipe, x_train, y_train, x_test, y_test)


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
    x_train: NDArray[Any],
    y_train: NDArray[Any],
    x_test: NDArray[Any] | None,
    y_test: NDArray[Any] | None,
    class_names: tuple[str, ...] | None = None,
    known_fingerprint: str | None = None,
) -> Dataset:
    """The data set of `recipe` with these arrays.

    Raises
    ------
    DataError
        If a label or a feature cannot be used; the message names the file, and the row.
    """
    splits: list[tuple[Part, NDArray[Any], NDArray[Any]]] = [(recipe.train, x_train, y_train)]
    if recipe.test is not None and x_test is not None and y_test is not None:
        splits.append((recipe.test, x_test, y_test))
    refuse_strays([(part, y) for part, _, y in splits])
    files = [str(entry) for entry in recipe.entries]
    try:
        return Dataset(
            x_train,
            y_train,
            x_test,
            y_test,
            class_names=class_names or recipe.class_names,
            name=recipe.name,
            scale=recipe.scale,
            source={"files": files, **recipe.options},
            known_fingerprint=known_fingerprint,
        )
    except DataError as error:
        placed = _first_fault(splits) or DataError(f"{', '.join(dict.fromkeys(files))}: {error}")
        raise placed from None


def _first_fault(splits: Sequence[tuple[Part, NDArray[Any], NDArray[Any]]]) -> DataError | None:
    """The error for the first value that no data set may hold, with its file and row."""
    for part, x, y in splits:
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            sample, feature = map(int, np.argwhere(~np.isfinite(x.reshape(len(x), -1)))[0])
            return DataError(
                f"{part.place(sample, 0)}: feature {feature + 1} is NaN, infinite or beyond "
                "float32. Fill the gap, or remove the row."
            )
        error = label_error(y, part.place)
        if error is not None:
            return error
    return None


def require_samples(part: Part, blocks: int) -> None:
    """Refuse files without a single sample."""
    if blocks == 0:
        raise DataError(f"{part.entries[0]} holds no samples. Copy or download it again.")
