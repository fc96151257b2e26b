"""Search for the one data set in a user's folder or zip archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataworth.data.dataset import Dataset
from dataworth.errors import DataError
from dataworth.sources import class_folders, csv, emnist, idx, mat, npz, parquet, remote
from dataworth.sources.emnist.variants import VARIANTS
from dataworth.sources.files import Entry, listing, refuse_damaged
from dataworth.sources.pairs import is_test
from dataworth.sources.shards import Shards, has_wildcards, local_shards, shards_of

Loader = Callable[..., Dataset]
_ENDINGS: dict[str, Loader] = {
    ".csv": csv.load,
    ".tsv": csv.load,
    ".parquet": parquet.load,
    ".mat": mat.load,
    ".npz": npz.load,
}
_ASIDE = ("label", "submission")
"""Parts of names of files without samples: labels of IDX images, Kaggle's sample submissions."""


def loader_of(entry: Entry) -> Loader | None:
    """The reader of a file, by its suffix."""
    if idx.NAME.search(entry.stem):
        return idx.load
    return next((load for ending, load in _ENDINGS.items() if entry.stem.endswith(ending)), None)


def resolve(path: Path) -> tuple[Loader, tuple[Any, ...]]:
    """Find the reader for `path`, and its arguments.

    Raises
    ------
    DataError
        If there is no readable file, or more than one data set.
    """
    if path.is_file() and not path.name.lower().endswith(".zip"):
        return _resolve_file(Entry(path))
    variants = [name for name in VARIANTS if emnist.find(name, [path])]
    if len(variants) > 1:
        raise DataError(
            f"{path} holds several of EMNIST's data sets ({', '.join(variants)}). Say which: "
            f"emnist/{variants[0]}, with folder={str(path)!r}.",
            code="several-data-sets",
        )
    if variants:
        return _of_variant(variants[0], path)
    found = class_folders.find(path) if path.is_dir() else None
    if found is not None:
        kinds = {"images": class_folders.load_images, "texts": class_folders.load_texts}
        return kinds[found.kind], (found,)
    entries = [entry for entry in listing(path) if loader_of(entry)]
    if not entries:
        refuse_damaged(path)
    starts = [
        entry
        for entry in entries
        if not is_test(entry) and not any(word in entry.stem for word in _ASIDE)
    ]
    if not starts:
        names = ", ".join(entry.name for entry in listing(path)[:8]) or "nothing"
        raise DataError(
            f"{path} holds {names}; expected a CSV, Parquet, IDX, MAT or NPZ file "
            "(train in its name, and a test file beside it if there is one); or a folder of images "
            "or of .txt files for each class.",
            code="data-not-found",
        )
    if len(starts) > 1:
        names = ", ".join(entry.name for entry in starts[:8])
        are_shards = all(entry.stem.endswith(".parquet") for entry in starts)
        raise DataError(
            f"{path} holds several data sets: {names}. Give the path of one of them"
            + (f", or {path / '*.parquet'} if they are parts of one." if are_shards else "."),
            code="several-data-sets",
        )
    return _resolve_file(starts[0])


def resolve_pattern(pattern: str) -> tuple[Loader, tuple[Shards]]:
    """The reader of the Parquet files that match a pattern.

    Raises
    ------
    DataError
        If there are none, or others are among them.
    """
    return parquet.load, (local_shards(pattern),)


def resolve_address(address: str) -> tuple[Loader, tuple[Any, ...]]:
    """Copy the files of an address to the cache folder, and find their reader.

    Raises
    ------
    DataError
        If they cannot be copied, or no reader fits.
    """
    found = remote.copies(address)
    if has_wildcards(address):
        return parquet.load, (shards_of(address, found, remote.copies),)
    (entry,) = found
    return resolve(entry.path) if entry.stem.endswith(".zip") else _resolve_file(entry)


def _resolve_file(entry: Entry) -> tuple[Loader, tuple[Any, ...]]:
    match = emnist.FILE.match(entry.stem)
    if match and emnist.find(match[1], [entry.path.parent]):
        return _of_variant(match[1], entry.path.parent)
    load = loader_of(entry)
    if match and load in (csv.load, idx.load):
        return emnist.load_alone, (entry,)
    if entry.member and load in (npz.load, parquet.load):
        raise DataError(
            f"{entry} must be unpacked first; give the folder that it is then in.",
            code="file-unreadable",
        )
    if load is None:
        raise DataError(
            f"{entry}: what is this? Expected a name that ends in .csv, .tsv, .parquet, .mat, .npz "
            "or -ubyte (IDX), all but .parquet also with .gz; or a .zip or folder with such files.",
            code="file-name-unclear",
        )
    return load, (entry,)


def _of_variant(variant: str, place: Path) -> tuple[Loader, tuple[Any, ...]]:
    def load() -> Dataset:
        return emnist.load(variant, folder=place)

    return load, ()
