"""EMNIST in all its published formats: IDX, the official zip, MATLAB, Kaggle's CSV files.

Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to
handwritten letters" (2017), arXiv:1702.05373.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, DataNotFoundError, DataworthWarning
from dataworth.sources import csv, idx
from dataworth.sources.cache import read
from dataworth.sources.emnist.parts import checked, class_names, forms, parts, upright
from dataworth.sources.emnist.variants import VARIANTS, Variant
from dataworth.sources.files import Entry, listing, refuse_damaged
from dataworth.sources.location import data_folder
from dataworth.sources.pairs import is_test, sibling
from dataworth.sources.plan import Recipe

FILE = re.compile(rf"emnist-({'|'.join(VARIANTS)})[-.]")


def load(variant: str, *, folder: str | os.PathLike[str] | None = None) -> Dataset:
    """Load one of EMNIST's six data sets, with upright images.

    Parameters
    ----------
    variant : {"byclass", "bymerge", "balanced", "letters", "digits", "mnist"}
    folder : path, optional
        A folder or zip archive with the files in any format; the data folder by default.

    Raises
    ------
    DataError
        If there are no files of `variant`, or they are invalid.
    """
    known = VARIANTS[variant]
    places = [Path(folder)] if folder is not None else default_places()
    found = find(variant, places)
    if not found:
        _refuse_damaged(places, asked=folder is not None)
        raise DataNotFoundError(
            _absent(known, places, asked=folder is not None), code="data-not-found"
        )
    train, test = parts(known, found)
    names = class_names(known, found.get(f"emnist-{variant}-mapping.txt"))
    recipe = Recipe(
        f"emnist/{variant}",
        checked(train, known),
        checked(test, known),
        class_names=names,
        options={"class_names": list(names)},
    )
    dataset = read(recipe)
    if dataset.samples == known.test and len(recipe.test.entries if recipe.test else ()):
        _refuse_swapped(dataset, known, recipe)
    return dataset


def load_alone(entry: Entry) -> Dataset:
    """Load one split from a file with a name of EMNIST whose other split is missing.

    Parameters
    ----------
    entry : Entry
        A CSV file, or an IDX file whose images or labels are in the same folder.

    Raises
    ------
    DataError
        If the file is invalid.
    """
    match = FILE.match(entry.stem)
    assert match is not None
    variant, other = VARIANTS[match[1]], "train" if is_test(entry) else "test"
    if entry.stem.endswith(".csv"):
        part, ending = csv.part(entry, 0, None, upright), ".csv"
    else:
        part = idx.part(*idx.pair_of(entry), transposed=True)
        ending = "-images-idx3-ubyte and its labels"
    warnings.warn(
        DataworthWarning(
            f"{entry} is read without an official {other} split, as emnist-{variant.name}-{other}"
            f"{ending} is not there; rows of {entry.name} are held out. Put it beside for the "
            "official split.",
            code="split-missing",
        ),
        stacklevel=2,
    )
    mapping = sibling(entry, f"emnist-{variant.name}-mapping.txt")
    names = class_names(variant, mapping)
    return read(
        Recipe(
            entry.stem.removesuffix(".csv"),
            checked(part, variant),
            class_names=names,
            options={"class_names": list(names)},
        )
    )


def default_places() -> list[Path]:
    """The default places of EMNIST: the data folder, and ``emnist`` in it."""
    return [data_folder() / "emnist", data_folder()]


def find(variant: str, places: list[Path]) -> dict[str, Entry]:
    """The files of `variant` by their name in lower case without ``.gz``, from the first place."""
    for place in places:
        entries = _named(variant, place)
        if forms(variant, entries):
            return entries
    return {}


def _named(variant: str, place: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for entry in listing(place):
        match = FILE.match(entry.stem)
        if match and match[1] == variant:
            entries.setdefault(entry.stem, entry)
    return entries


def _refuse_swapped(dataset: Dataset, variant: Variant, recipe: Recipe) -> None:
    if dataset.x_test is not None and len(dataset.x_test) == variant.train:
        files = ", ".join(str(entry) for entry in recipe.entries)
        raise DataError(
            f"The train and test files of emnist/{variant.name} are swapped: train holds "
            f"{variant.test:,} samples and test {variant.train:,}. Exchange their names: {files}.",
            code="files-swapped",
        )


def _refuse_damaged(places: list[Path], asked: bool) -> None:
    """Report a damaged archive instead of missing files."""
    for place in places:
        try:
            refuse_damaged(place)
        except DataError as error:
            how = "" if asked else " Or run `dataworth data fetch emnist`."
            raise DataNotFoundError(f"{error}{how}", code=error.code) from None


def _absent(variant: Variant, places: list[Path], asked: bool) -> str:
    start = f"emnist-{variant.name}"
    looked = " and ".join(map(str, places))
    files = (
        f"gzip.zip (the official archive), the four {start}-*-ubyte.gz files, {start}.mat, "
        f"or {start}-train.csv and {start}-test.csv"
    )
    there = [str(entry) for place in places for entry in _named(variant.name, place).values()]
    if there:
        return (
            f"Of the files of emnist/{variant.name} there is only {', '.join(there)}; expected "
            f"{files}. Put what is missing beside."
        )
    if asked:
        return f"No files of emnist/{variant.name} in {looked}; expected {files}."
    return (
        f"emnist/{variant.name} is not on this machine (looked in {looked}). Either run "
        f"`dataworth data fetch emnist` (about 540 MB), or put {files} into {places[0]} yourself, "
        "or give the folder that has them: folder=..."
    )
