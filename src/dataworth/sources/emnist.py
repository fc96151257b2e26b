"""EMNIST in every form that people have: IDX, the official zip, MATLAB, Kaggle's CSV files.

Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to
handwritten letters" (2017), arXiv:1702.05373.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.dataset import Dataset
from dataworth.errors import DataError, DataNotFoundError
from dataworth.sources import csv, idx, mat
from dataworth.sources.cache import read
from dataworth.sources.emnist_variants import VARIANTS, Variant
from dataworth.sources.entry import Entry, listing
from dataworth.sources.location import data_folder
from dataworth.sources.recipe import Block, Part, Recipe

FILE = re.compile(rf"emnist-({'|'.join(VARIANTS)})[-.]")
_SIDE = 28


def load(variant: str, *, folder: str | os.PathLike[str] | None = None) -> Dataset:
    """One of EMNIST's six data sets, its images upright.

    Parameters
    ----------
    variant : {"byclass", "bymerge", "balanced", "letters", "digits", "mnist"}
    folder : path, optional
        A folder or zip archive with the files in any of their forms; the data folder by default.

    Raises
    ------
    DataError
        If no files of `variant` are there, or they cannot be used.
    """
    known = VARIANTS[variant]
    places = [Path(folder)] if folder is not None else default_places()
    found = find(variant, places)
    if not found:
        raise DataNotFoundError(_absent(known, places, asked=folder is not None))
    train, test = _parts(known, found)
    class_names = _class_names(known, found)
    recipe = Recipe(
        f"emnist/{variant}",
        _checked(train, known),
        _checked(test, known),
        class_names=class_names,
        options={"class_names": list(class_names)},
    )
    dataset = read(recipe)
    if dataset.samples == known.test and len(recipe.test.entries if recipe.test else ()):
        _refuse_swapped(dataset, known, recipe)
    return dataset


def default_places() -> list[Path]:
    """Where EMNIST is looked for without a folder: the data folder, and ``emnist`` in it."""
    return [data_folder() / "emnist", data_folder()]


def find(variant: str, places: list[Path]) -> dict[str, Entry]:
    """The files of `variant` by their name in lower case without ``.gz``, from the first place."""
    for place in places:
        entries: dict[str, Entry] = {}
        for entry in listing(place):
            match = FILE.match(entry.stem)
            if match and match[1] == variant:
                entries.setdefault(entry.stem, entry)
        if _forms(variant, entries):
            return entries
    return {}


def _forms(variant: str, found: dict[str, Entry]) -> list[str]:
    """The forms of which all files are there, the quickest to read first."""
    start = f"emnist-{variant}"
    needed = {
        "idx": [
            f"{start}-{split}-{kind}-ubyte"
            for split in ("train", "test")
            for kind in ("images-idx3", "labels-idx1")
        ],
        "mat": [f"{start}.mat"],
        "csv": [f"{start}-train.csv", f"{start}-test.csv"],
    }
    return [form for form, names in needed.items() if all(name in found for name in names)]


def _parts(variant: Variant, found: dict[str, Entry]) -> tuple[Part, Part]:
    start, form = f"emnist-{variant.name}", _forms(variant.name, found)[0]
    if form == "idx":
        train, test = (
            idx.part(
                found[f"{start}-{split}-images-idx3-ubyte"],
                found[f"{start}-{split}-labels-idx1-ubyte"],
                transposed=True,
            )
            for split in ("train", "test")
        )
        return train, test
    if form == "mat":
        first, second = mat.parts(found[f"{start}.mat"], _upright)
        if second is None:
            raise DataError(f"{found[f'{start}.mat']} has no test split. Download it again.")
        return first, second
    train, test = (
        csv.part(found[f"{start}-{split}.csv"], 0, None, _upright) for split in ("train", "test")
    )
    return train, test


def _upright(x: NDArray[Any]) -> NDArray[Any]:
    """Flat transposed images, shape (k, 784), as upright ones, shape (k, 28, 28)."""
    if x.shape[1:] != (_SIDE * _SIDE,):
        raise DataError(
            f"EMNIST's images have {_SIDE * _SIDE} pixels, and these have {x.shape[1:]}; "
            "is the file complete, and is it EMNIST's?"
        )
    return x.reshape(-1, _SIDE, _SIDE).swapaxes(1, 2)


def _checked(part: Part, variant: Variant) -> Part:
    """`part` with labels as class indices from 0; labels of another data set are refused."""

    def blocks(pixels: bool) -> Iterator[Block]:
        first, row = variant.first_label, 0
        for x, y in part.blocks(pixels):
            if y.dtype.kind not in "iu":
                raise DataError(
                    f"{part.entries[-1]} holds the label {y[0]!r}; EMNIST's are whole numbers."
                )
            wrong = (y < first) | (y >= first + len(variant.class_names))
            if wrong.any():
                position = int(wrong.argmax())
                raise DataError(
                    f"{part.entries[-1]}, sample {row + position + 1}: label {y[position]}; "
                    f"expected {first}..{first + len(variant.class_names) - 1} in emnist/"
                    f"{variant.name}. Is the file of another of EMNIST's data sets?"
                )
            row += len(y)
            yield Block(x, y.astype(np.int64) - first)

    return replace(part, blocks=blocks)


def _class_names(variant: Variant, found: dict[str, Entry]) -> tuple[str, ...]:
    """Class names from the mapping file (a label and its ASCII codes per line), or built in."""
    entry = found.get(f"emnist-{variant.name}-mapping.txt")
    if entry is None:
        return variant.class_names
    with entry.open() as file:
        lines = file.read().decode("ascii", errors="replace").split("\n")
    try:
        codes = {int(line.split()[0]): int(line.split()[1]) for line in lines if line.strip()}
        return tuple(chr(codes[variant.first_label + i]) for i in range(len(variant.class_names)))
    except (ValueError, IndexError, KeyError, OverflowError):
        raise DataError(
            f"{entry} is not a mapping of {len(variant.class_names)} classes; expected lines such "
            "as '10 65' (label, ASCII code). Download it again, or remove it: the names are known."
        ) from None


def _refuse_swapped(dataset: Dataset, variant: Variant, recipe: Recipe) -> None:
    if dataset.x_test is not None and len(dataset.x_test) == variant.train:
        files = ", ".join(str(entry) for entry in recipe.entries)
        raise DataError(
            f"The train and test files of emnist/{variant.name} are swapped: train holds "
            f"{variant.test:,} samples and test {variant.train:,}. Exchange their names: {files}."
        )


def _absent(variant: Variant, places: list[Path], asked: bool) -> str:
    start = f"emnist-{variant.name}"
    looked = " and ".join(map(str, places))
    files = (
        f"gzip.zip (the official archive), the four {start}-*-ubyte.gz files, {start}.mat, "
        f"or {start}-train.csv and {start}-test.csv"
    )
    if asked:
        return f"No files of emnist/{variant.name} in {looked}; expected {files}."
    return (
        f"emnist/{variant.name} is not on this machine (looked in {looked}). Either run "
        f"`dataworth data fetch emnist` (about 540 MB), or put {files} into {places[0]} yourself, "
        "or give the folder that has them: folder=..."
    )
