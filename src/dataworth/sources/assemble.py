"""Makes a Dataset of what a recipe's files hold, in memory or from arrays that are there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.dataset import Dataset
from dataworth.errors import DataError
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
    """The data set of `recipe` with these arrays."""
    return Dataset(
        x_train,
        y_train,
        x_test,
        y_test,
        class_names=class_names or recipe.class_names,
        name=recipe.name,
        scale=recipe.scale,
        source={"files": [str(entry) for entry in recipe.entries], **recipe.options},
        known_fingerprint=known_fingerprint,
    )


def require_samples(part: Part, blocks: int) -> None:
    """Refuse files without a single sample."""
    if blocks == 0:
        raise DataError(f"{part.entries[0]} holds no samples. Copy or download it again.")
