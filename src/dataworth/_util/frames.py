"""Frames of columns in the library that is there: polars or pandas."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dataworth._util.extras import missing
from dataworth.errors import DataError


def frame_of(columns: Mapping[str, Sequence[Any]]) -> Any:
    """A data frame of polars, or of pandas where that alone is installed or imported.

    Parameters
    ----------
    columns : mapping from name to sequence
        Of equal length.

    Raises
    ------
    MissingDependencyError
        If neither is installed.
    """
    library = importlib.import_module(_library())
    return library.DataFrame(dict(columns))


def write_parquet(columns: Mapping[str, Sequence[Any]], path: str | Path) -> None:
    """Write columns as a Parquet file.

    Raises
    ------
    MissingDependencyError
        If neither polars nor pandas with pyarrow is installed.
    DataError
        If the file cannot be written.
    """
    if find_spec("polars") is None and find_spec("pyarrow") is None:
        raise missing("polars", "Parquet files")
    try:
        if find_spec("polars") is not None:
            importlib.import_module("polars").DataFrame(dict(columns)).write_parquet(path)
        else:
            frame_of(columns).to_parquet(path, index=False)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}.", code="file-not-writable"
        ) from None


def _library() -> str:
    """The library that the program has imported already, else polars, else pandas."""
    for name in ("polars", "pandas"):
        if name in sys.modules:
            return name
    for name in ("polars", "pandas"):
        if find_spec(name) is not None:
            return name
    raise missing("polars", "frames")
