"""Loading of data sets by name, from files and from folders."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dataworth._util.words import did_you_mean, first_line
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, DataworthWarning


def load(spec: str | os.PathLike[str], **options: Any) -> Dataset:
    """Load a data set by its name, or from a file or folder.

    Parameters
    ----------
    spec : str or path
        ``"digits"``, ``"glyphs"``, ``"emnist/byclass"`` and EMNIST's five others; or the path of a
        CSV, Parquet, IDX, MAT or NPZ file, or of a folder or zip archive with such files; or of a
        folder that holds a folder of images, or of ``.txt`` files, for each class. A name
        takes precedence over a path: write ``./digits`` for a file or folder of that name.
        A pattern such as ``shards/*.parquet`` stands for Parquet files that are parts of one data
        set, in the order of their names. Addresses such as ``s3://bucket/shards/*.parquet`` are
        read through fsspec.
    **options
        Options of the reader: ``label``, ``drop``, ``features``, ``groups``, ``time``, ``scale``
        and ``task`` for CSV and Parquet files, ``header`` and ``pixels`` for CSV files too,
        ``size`` and ``grey`` for folders of images, ``scale`` and ``task`` for IDX, MAT
        and NPZ, ``folder`` for EMNIST, ``samples``, ``held_out`` and ``seed`` for glyphs.

    Returns
    -------
    Dataset
        With the official held-out split if the source has one. A table of numbers has ``float32``
        or ``uint8`` features, memory-mapped if the file is large; a table with text, dates or
        missing values is a frame; a folder of images is decoded as its rows are taken.

    Raises
    ------
    DataError
        If `spec` is neither a name nor a path, an option does not apply, or the data are invalid.
    """
    loader, arguments = _resolve(os.fspath(spec))
    known = inspect.signature(loader).parameters
    for option in options:
        if option not in list(known)[len(arguments) :]:
            names = ", ".join(list(known)[len(arguments) :]) or "none"
            raise DataError(
                f"{spec!s} takes no option {option!r}; its options are: {names}.",
                code="unknown-option",
                option=option,
            )
    try:
        dataset = loader(*arguments, **options)
    except MemoryError as error:
        raise DataError(
            f"{spec!s}: memory ran out while it was read ({first_line(error)}). Close other "
            "programs, or give a smaller file; if it should be small, it is damaged.",
            code="out-of-memory",
        ) from None
    if dataset.y_test is not None and len(dataset.y_test) > dataset.samples:
        warnings.warn(
            DataworthWarning(
                f"The test split of {dataset.name} has more samples ({len(dataset.y_test):,}) than "
                f"the train split ({dataset.samples:,}). Are the files swapped?",
                code="test-larger-than-train",
            ),
            stacklevel=2,
        )
    return dataset


def names() -> list[str]:
    """All names that `load` knows."""
    return list(_registry())


def _registry() -> dict[str, Callable[..., Dataset]]:
    from dataworth.sources import digits, emnist, glyphs
    from dataworth.sources.emnist.variants import VARIANTS

    return {
        "digits": digits.load,
        "glyphs": glyphs.load,
        **{f"emnist/{name}": partial(emnist.load, name) for name in VARIANTS},
    }


def _similar_file(path: Path) -> str:
    """The end of a message: the file or folder beside a path whose name is the most similar one."""
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        return ""
    return did_you_mean(path.name, names, lambda name: str(path.with_name(name)))


def _resolve(spec: str) -> tuple[Callable[..., Dataset], tuple[Any, ...]]:
    registry = _registry()
    if spec in registry:
        return registry[spec], ()
    from dataworth.sources import folder
    from dataworth.sources.shards import has_wildcards, is_address

    spec = spec.removeprefix("file://")
    if is_address(spec):
        return folder.resolve_address(spec)
    path = Path(spec).expanduser()
    if path.exists():
        return folder.resolve(path)
    if has_wildcards(spec):
        return folder.resolve_pattern(str(path))
    hint = did_you_mean(spec, registry, str) or _similar_file(path)
    raise DataError(
        f"There is no data set {spec!r}, and no file or folder of that name here. "
        f"Names: {', '.join(registry)}.{hint}",
        code="unknown-data",
    )
