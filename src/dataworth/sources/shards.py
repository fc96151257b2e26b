"""Shards: one table in several Parquet files, given by a pattern such as ``shards/*.parquet``."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataworth._util.extras import require
from dataworth.errors import DataError
from dataworth.sources.files import Entry
from dataworth.sources.pairs import as_test, is_test
from dataworth.sources.plan import Part
from dataworth.sources.tables import Table

_SUFFIX = ".parquet"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")


@dataclass(frozen=True)
class Shards:
    """The files of one data set, in the order of their names, which is that of their rows.

    Attributes
    ----------
    pattern : str
        As it was given.
    entries : tuple of Entry
    test : tuple of Entry
        The official held-out split; empty without one.
    """

    pattern: str
    entries: tuple[Entry, ...]
    test: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class ShardedPart(Part):
    """One split in several files."""

    def place(self, sample: int, entry: int = -1) -> str:
        """The file and row of a sample, given its index from 0."""
        return place_of(self.entries, sample)


@dataclass(frozen=True)
class ShardedTable(Table):
    """A table that was read from several files."""

    entries: tuple[Entry, ...] = ()

    @property
    def files(self) -> list[str]:
        """The files it was read from, as they are called."""
        return [str(entry) for entry in self.entries]

    def place(self, row: int) -> str:
        """What an error calls a row of the frame."""
        return place_of(self.entries, row)


def has_wildcards(spec: str) -> bool:
    """Whether a path or an address is a pattern for several files."""
    return glob.has_magic(spec)


def is_address(spec: str) -> bool:
    """Whether data are given by an address such as ``s3://bucket/file.parquet``."""
    return bool(_ADDRESS.match(spec))


def name_of(spec: str) -> str:
    """What data are called that are given by a path, an address or a pattern.

    The name of the file without its ending and without wildcards, or else that of its folder.
    """
    parts = [part for part in re.split(r"[/\\]", spec) if part]
    for part in reversed(parts):
        bare = re.sub(r"\[[^]]*\]|[*?]", "", part.removesuffix(_SUFFIX)).strip("-_. ")
        if bare and not bare.endswith(":"):
            return bare
    return "data"


def local_shards(pattern: str) -> Shards:
    """The files that match a pattern.

    Raises
    ------
    DataError
        If there are none, or others than Parquet files are among them.
    """
    return shards_of(pattern, _matching(pattern), _matching)


def _matching(pattern: str) -> list[Entry]:
    paths = sorted(Path(each) for each in glob.glob(pattern, recursive=True))
    return [Entry(path) for path in paths if path.is_file()]


def shards_of(
    pattern: str, found: Sequence[Entry], matching: Callable[[str], Sequence[Entry]]
) -> Shards:
    """Divide files that match a pattern into those of the train split and of the test split.

    Parameters
    ----------
    pattern : str
    found : sequence of Entry
        Sorted by their names.
    matching : callable
        Gives the files of another pattern: that of the test split.

    Raises
    ------
    DataError
        If there are none, or others than Parquet files are among them.
    """
    if not found:
        raise DataError(
            f"{pattern}: no file matches this pattern. Put it in quotes on a command line.",
            code="data-not-found",
        )
    refuse_others(list(map(str, found)))
    train = tuple(entry for entry in found if not is_test(entry))
    test = tuple(entry for entry in found if is_test(entry))
    if not train:
        return Shards(pattern, test)
    other = "" if test else as_test(pattern)
    return Shards(pattern, train, test or tuple(matching(other) if other else ()))


def refuse_others(names: Sequence[str]) -> None:
    """Refuse files of another kind among those that match a pattern.

    Raises
    ------
    DataError
        For the first that is no Parquet file by its name.
    """
    for name in names:
        if not name.lower().endswith(_SUFFIX):
            raise DataError(
                f"{name}: a pattern stands for Parquet files that are parts of one data set, and "
                f"this is none. Give a pattern that ends in {_SUFFIX}, or the path of one file.",
                code="file-name-unclear",
            )


def place_of(entries: Sequence[Entry], row: int) -> str:
    """The file and the row, counted from 1 in that file, of a row of several Parquet files."""
    require("polars", "Parquet files")
    import polars as pl

    for entry in entries:
        scan = pl.scan_parquet(entry.path, glob=False)
        count = int(scan.select(pl.len()).collect().item())
        if row < count:
            return f"{entry}, row {row + 1}"
        row -= count
    return f"{entries[-1]}, row {row + 1} after its last"


def refuse_differing(entries: Sequence[Entry], schemas: Sequence[dict[str, Any]]) -> None:
    """Refuse shards with other columns than the first, or with columns of another type.

    Numbers may differ in their type.

    Raises
    ------
    DataError
        For the first shard that differs; the message names it and the column.
    """
    first = schemas[0]
    for entry, schema in zip(entries, schemas, strict=True):
        for name in [*first, *schema]:
            one, other = first.get(name), schema.get(name)
            if one == other or (one and other and one.is_numeric() and other.is_numeric()):
                continue
            what = [f"no column {name!r}" if each is None else f"{each}" for each in (other, one)]
            raise DataError(
                f"{entry}, column {name!r}: {what[0]} here, and {what[1]} in {entries[0]}. All "
                "files that match a pattern must have the same columns; write it again, or give a "
                "pattern that leaves it out.",
                code="column-missing" if None in (one, other) else "shape-mismatch",
                column=name,
            )
