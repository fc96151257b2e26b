"""Reads a recipe; keeps what was big as memory-mapped arrays, so that it is read once."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.dataset import Dataset
from dataworth.errors import DataError, DataworthWarning
from dataworth.fingerprint import fingerprint
from dataworth.sources.location import cache_folder
from dataworth.sources.npy import NpyWriter
from dataworth.sources.recipe import NotPixelsError, Part, Recipe

_VERSION = 1
_CACHE_FROM_BYTES = 8_000_000
_ENDS_BYTES = 65_536
_ABANDONED_SECONDS = 3_600.0
_ABOUT = "about.json"


def read(recipe: Recipe) -> Dataset:
    """The data set that `recipe` describes.

    Files of 8 MB and more are kept, after their first read, as ``.npy`` files in the data folder's
    ``cache``; later opens map them into memory, and processes share the pages.

    Raises
    ------
    DataError
        If a file cannot be used, or the disk is full.
    """
    paths = {entry.path for entry in recipe.entries}
    if sum(path.stat().st_size for path in paths if path.exists()) < _CACHE_FROM_BYTES:
        return _read_to_memory(recipe)
    folder = cache_folder() / _key(recipe)
    cached = _open(folder, recipe)
    if cached is not None:
        return cached
    try:
        with _draft(folder) as draft:
            _fill(draft, recipe)
            _publish(draft, folder, recipe)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"The disk is full: {recipe.name} could not be cached in {folder.parent}. Nothing "
                "was left there. Free some space, or set DATAWORTH_DATA to a folder on another "
                "disk."
            ) from None
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise
        warnings.warn(
            f"{folder.parent} cannot be written ({error.strerror}): {recipe.name} is read into "
            "memory, and will be read again next time. Set DATAWORTH_DATA to a folder of yours.",
            DataworthWarning,
            stacklevel=3,
        )
        return _read_to_memory(recipe)
    cached = _open(folder, recipe)
    if cached is None:
        raise DataError(f"The files of {recipe.name} changed while they were read; try again.")
    return cached


def _read_to_memory(recipe: Recipe) -> Dataset:
    try:
        return _assemble(recipe, pixels=True)
    except NotPixelsError:
        return _assemble(recipe, pixels=False)


def _assemble(recipe: Recipe, pixels: bool) -> Dataset:
    x_train, y_train = _gather(recipe.train, pixels)
    x_test, y_test = _gather(recipe.test, pixels) if recipe.test else (None, None)
    return _dataset(recipe, x_train, y_train, x_test, y_test)


def _gather(part: Part, pixels: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    blocks = list(part.blocks(pixels))
    _require_samples(part, len(blocks))
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


def _fill(draft: Path, recipe: Recipe) -> None:
    try:
        _write_arrays(draft, recipe, pixels=True)
    except NotPixelsError:
        _write_arrays(draft, recipe, pixels=False)


def _write_arrays(draft: Path, recipe: Recipe, pixels: bool) -> None:
    before = _sources(recipe)
    x: dict[str, NDArray[Any] | None] = {"train": None, "test": None}
    y: dict[str, NDArray[Any] | None] = {"train": None, "test": None}
    digests = {}
    for split, part in (("train", recipe.train), ("test", recipe.test)):
        if part is None:
            continue
        labels = []
        with NpyWriter(draft / f"x_{split}.npy") as writer:
            for block in part.blocks(pixels):
                writer.append(block.x)
                labels.append(block.y)
            _require_samples(part, len(labels))
        x[split] = np.load(draft / f"x_{split}.npy", mmap_mode="r")
        y[split] = np.concatenate(labels)
        digests[f"x_{split}"] = writer.digest.hexdigest()
    assert x["train"] is not None
    assert y["train"] is not None
    dataset = _dataset(recipe, x["train"], y["train"], x["test"], y["test"])
    arrays = {name: getattr(dataset, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    for name in ("y_train", "y_test"):
        if arrays[name] is not None:
            np.save(draft / f"{name}.npy", arrays[name])
    about = {
        "version": _VERSION,
        "sources": before,
        "class_names": dataset.class_names,
        "fingerprint": fingerprint(dataset.class_names, dataset.scale, arrays, digests),
    }
    (draft / _ABOUT).write_text(json.dumps(about, indent=1))


def _dataset(
    recipe: Recipe,
    x_train: NDArray[Any],
    y_train: NDArray[Any],
    x_test: NDArray[Any] | None,
    y_test: NDArray[Any] | None,
    class_names: tuple[str, ...] | None = None,
    known_fingerprint: str | None = None,
) -> Dataset:
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


def _require_samples(part: Part, blocks: int) -> None:
    if blocks == 0:
        raise DataError(f"{part.entries[0]} holds no samples. Copy or download it again.")


def _open(folder: Path, recipe: Recipe) -> Dataset | None:
    """The cached data set, or None where there is none or the files have changed since."""
    try:
        about = json.loads((folder / _ABOUT).read_text())
        if about["version"] != _VERSION or about["sources"] != _sources(recipe):
            return None
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r" if name[0] == "x" else None)
            for name in ("x_train", "y_train", "x_test", "y_test")
            if recipe.test or name.endswith("train")
        }
        os.utime(folder)
        return _dataset(
            recipe,
            arrays["x_train"],
            arrays["y_train"],
            arrays.get("x_test"),
            arrays.get("y_test"),
            tuple(about["class_names"]),
            about["fingerprint"],
        )
    except (OSError, ValueError, KeyError):
        return None


def _key(recipe: Recipe) -> str:
    said = json.dumps(
        [
            _VERSION,
            recipe.name,
            recipe.scale,
            [[str(entry.path.absolute()), entry.member] for entry in recipe.entries],
            dict(recipe.options),
        ],
        sort_keys=True,
    )
    readable = "".join(sign if sign.isalnum() else "-" for sign in recipe.name)[:40]
    return f"{readable}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _sources(recipe: Recipe) -> list[dict[str, Any]]:
    return [_state(path) for path in dict.fromkeys(entry.path for entry in recipe.entries)]


def _state(path: Path) -> dict[str, Any]:
    """What tells that a file is still the same, without reading all of it."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        ends = hashlib.sha256(file.read(_ENDS_BYTES))
        file.seek(max(0, status.st_size - _ENDS_BYTES))
        ends.update(file.read(_ENDS_BYTES))
    return {
        "path": str(path.absolute()),
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ends": ends.hexdigest(),
    }


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder`, gone at the end whatever happens."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what killed processes left: drafts in which nothing was written for an hour."""
    for draft in parent.glob(".draft-*"):
        try:
            newest = max(file.stat().st_mtime for file in (draft, *draft.iterdir()))
        except OSError:
            continue
        if time.time() - newest > _ABANDONED_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, folder: Path, recipe: Recipe) -> None:
    """Give the draft its name in one step; another process may have done so meanwhile."""
    try:
        draft.rename(folder)
    except OSError:
        if _open(folder, recipe) is not None:
            return
        folder.rename(draft / "replaced")
        shutil.rmtree(draft / "replaced", ignore_errors=True)
        draft.rename(folder)
